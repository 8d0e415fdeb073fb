/**
 * All targets, and how one case of one is run.
 *
 * @module
 */

import { connectionTargets } from "./_connections.ts";
import { turn } from "./_quiet.ts";
import { caseRandom, type Random, someBytes } from "./_random.ts";
import { readerTargets } from "./_readers.ts";
import { recordTargets } from "./_records.ts";
import { selfTests } from "./_self_tests.ts";
import type { Target } from "./_target.ts";

/** All targets. */
export const targets: readonly Target[] = [
  ...connectionTargets,
  ...recordTargets,
  ...readerTargets,
];

/** Which case: enough to run it again. */
export interface CaseId {
  readonly target: string;
  readonly seed: number;
  readonly index: number;
}

/** How a case is written down. */
export function caseName({ target, seed, index }: CaseId): string {
  return `--target="${target}" --seed=${seed} --case=${index}`;
}

/** The target of a name. */
export function targetOf(name: string): Target {
  const target = [...targets, ...selfTests]
    .find((target) => target.name === name);
  if (target === undefined) {
    throw new TypeError(`There is no target "${name}"`);
  }
  return target;
}

let unhandled: unknown[] = [];

/** Has rejections that nobody handles, and errors, count for the case. */
export function watchRejections(): void {
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    unhandled.push(event.reason);
  });
}

/** Has the platform's random bytes come from the case. */
function seedPlatform(random: Random): void {
  const fill = <T>(array: T): T => {
    const view = array as ArrayBufferView;
    const { buffer, byteOffset, byteLength } = view;
    new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength)
      .set(someBytes(random, byteLength));
    return array;
  };
  Object.defineProperty(crypto, "getRandomValues", {
    value: fill,
    configurable: true,
    writable: true,
  });
}

/**
 * Runs one case.
 *
 * @returns What came out.
 * @throws {Error} If something does not hold.
 */
export async function runCase(target: Target, id: CaseId): Promise<string> {
  const random = caseRandom(id.seed, id.index);
  seedPlatform(caseRandom(id.seed ^ 0x5bd1e995, id.index));
  const started = performance.now();
  const result = target.run(random);
  if (typeof result === "string") return timed(result, started);
  const outcome = await result;
  if (target.weight < 20) await turn();
  if (unhandled.length > 0) {
    const [cause] = unhandled;
    unhandled = [];
    throw new Error("A rejection that nobody handles", { cause });
  }
  return timed(outcome, started);
}

function timed(outcome: string, started: number): string {
  const took = performance.now() - started;
  if (took > SLOW) throw new SlowCase(`It took ${Math.round(took)} ms`);
  return outcome;
}

/** A case that takes its time; it may be the machine's, not the case's. */
export class SlowCase extends Error {
  override readonly name = "SlowCase";
}

/** In milliseconds. */
export const SLOW = 5000;
