/**
 * The npm package on the other runtimes that are promised: its checks are in
 * `_program.mjs` and `_http.mjs`, which are written as a user writes them.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { hasPebble } from "../acme/_pebble.ts";
import {
  installed,
  missing,
  type Outcome,
  PROGRAMS,
  runAcme,
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
      const user = await installed();
      for (const program of PROGRAMS) {
        const outcomes = await runProgram(runtime, user, program);
        for (const { name, error } of outcomes) {
          await t.step(name, () => assertEquals(error, undefined));
        }
        assertAll(outcomes, CHECKS[program]);
      }
    },
  });
}

for (const runtime of runtimes.filter(({ name }) => /22|Bun/.test(name))) {
  const reason = missing(runtime) ?? (hasPebble() ? undefined : "no pebble");
  Deno.test({
    name: `acme() on ${runtime.name}` +
      (reason === undefined ? "" : ` (ignored: ${reason})`),
    ignore: reason !== undefined,
    fn: async (t) => {
      const outcomes = await runAcme(
        runtime,
        await installed(),
      );
      for (const { name, error } of outcomes) {
        await t.step(name, () => assertEquals(error, undefined));
      }
      assertAll(outcomes, 2);
    },
  });
}

/** A program that ends early has checked too little. */
function assertAll(outcomes: readonly Outcome[], least: number): void {
  assertEquals(outcomes.at(-1)?.name, "end");
  assert(outcomes.length > least, `only ${outcomes.length} checks`);
}

/** How many checks each program has at least. */
const CHECKS = { program: 60, http: 14, node: 6 };
