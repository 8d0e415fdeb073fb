/** Bounds on work, where a peer chooses how much there is to do. */

import { assertLessOrEqual } from "@std/assert";
import process from "node:process";

/**
 * Does some work, which must take this thread at most `milliseconds` of
 * processor time. It is a bound against work that grows with more than its
 * input, not a benchmark: time that goes to other threads and programs is not
 * counted. Work that seems slow is done once more.
 *
 * @returns What the work gave, at the first time.
 */
export async function withinCpuTime<T>(
  milliseconds: number,
  work: () => T | Promise<T>,
  what: () => string = () => "the work",
): Promise<T> {
  const start = performance.now();
  const result = await work();
  if (performance.now() - start <= milliseconds) return result;
  const before = process.threadCpuUsage();
  await work();
  const { user, system } = process.threadCpuUsage(before);
  assertLessOrEqual(
    (user + system) / 1000,
    milliseconds,
    `${what()} takes longer`,
  );
  return result;
}
