/**
 * What can be fuzzed: something that makes an input of random numbers, gives it
 * to the module, and throws if it does not hold what it should.
 *
 * @module
 */

import type { Random } from "./_random.ts";

/** A target. */
export interface Target {
  /** Its name, as the command line takes it. */
  readonly name: string;
  /** How often its turn comes, in comparison with the others. */
  readonly weight: number;
  /**
   * Runs one case.
   *
   * @returns What came out, in words: cases of one kind have the same.
   * @throws {Error} If something does not hold.
   */
  run(random: Random): string | Promise<string>;
}
