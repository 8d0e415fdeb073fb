/**
 * The npm package on the other runtimes that are promised: its checks are in
 * `_program.mjs`, which is written as a user writes it.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import {
  installed,
  missing,
  type Outcome,
  runProgram,
  runtimes,
} from "./_package.ts";

for (const runtime of runtimes) {
  const reason = missing(runtime);
  Deno.test({
    name: `the package on ${runtime.name}` +
      (reason === undefined ? "" : ` (ignored: ${reason})`),
    ignore: reason !== undefined,
    fn: async (t) => {
      const outcomes = await runProgram(runtime, await installed());
      for (const { name, error } of outcomes) {
        await t.step(name, () => assertEquals(error, undefined));
      }
      assertAll(outcomes);
    },
  });
}

/** A program that ends early has checked too little. */
function assertAll(outcomes: readonly Outcome[]): void {
  assertEquals(outcomes.at(-1)?.name, "end");
  assert(outcomes.length > 60, `only ${outcomes.length} checks`);
}
