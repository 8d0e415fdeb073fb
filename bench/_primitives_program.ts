/**
 * Measures all primitives in the runtime that runs it, and prints them as JSON:
 * the number of rounds is its argument.
 *
 * @module
 */

import process from "node:process";
import {
  measure,
  type Primitive,
  primitives,
  type Who,
} from "./_primitives.ts";

const WARM_UP = 64;

/**
 * Microseconds that one round of one implementation takes, about: few enough
 * for some rounds to pass without another program in between.
 */
const ROUND = 2000;

const rounds = Number(process.argv[2] ?? 25);
const rows: object[] = [];
for (const primitive of primitives) {
  const times = await timesOf(primitive);
  const { name, inFlight } = primitive;
  rows.push({ name, inFlight, times, chosen: await primitive.chosen() });
}
console.log(JSON.stringify(rows));
process.exit();

/** The least of all rounds, in which the implementations take turns. */
async function timesOf(
  primitive: Primitive,
): Promise<Partial<Record<Who, number>>> {
  const runs: { who: Who; run: () => Promise<number> }[] = [];
  for (const [who, prepare] of Object.entries(primitive.by)) {
    try {
      const once = await prepare();
      const measured = (count: number) =>
        measure(once, primitive, { count, time: () => performance.now() });
      // The code is compiled by then, and its time is known.
      await measured(WARM_UP);
      const first = await measured(WARM_UP);
      const count = Math.ceil(Math.max(1, ROUND / first));
      runs.push({ who: who as Who, run: () => measured(count) }); // Its keys.
    } catch {
      // This runtime cannot do it.
    }
  }
  const least: Partial<Record<Who, number>> = {};
  for (let round = 0; round < rounds; round++) {
    for (const { who, run } of runs) {
      least[who] = Math.min(least[who] ?? Infinity, await run());
    }
  }
  return least;
}
