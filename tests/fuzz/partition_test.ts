/**
 * However the bytes of a connection are cut into pieces, it goes the same way.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { runConnection } from "./_connection.ts";
import type { Pass } from "./_memory_transport.ts";
import { countOperations } from "./_quiet.ts";
import {
  protectedScenarios,
  type Scenario,
  unprotectedScenarios,
} from "./_scenarios.ts";

countOperations();

async function assertGoesWell(scenario: Scenario, pass: Pass): Promise<void> {
  assertEquals(await runConnection(scenario, { pass }), {
    client: "clean",
    server: "clean",
    isComplete: true,
  });
}

/** Pieces of the same length. */
function piecesOf(length: number): Pass {
  return (bytes) => {
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; at += length) {
      pieces.push(bytes.subarray(at, at + length));
    }
    return pieces;
  };
}

for (const scenario of [...unprotectedScenarios, ...protectedScenarios]) {
  Deno.test(`${scenario.name} goes the same way in pieces of 1, 2, 3, 5 and 6 bytes and in whole`, async () => {
    for (const length of [1, 2, 3, 5, 6, Infinity]) {
      await assertGoesWell(scenario, piecesOf(length));
    }
  });
}

/** The lengths of what is written until both have all keys. */
async function flights(scenario: Scenario): Promise<number[]> {
  const lengths: number[] = [];
  await assertGoesWell(scenario, (bytes) => {
    lengths.push(bytes.length);
    return [bytes];
  });
  return lengths.slice(0, 4);
}

for (const name of ["1.3", "1.2"]) {
  Deno.test(`${name} has the same outcome for each cut of its handshake into two`, async () => {
    const scenario = unprotectedScenarios.find((one) => one.name === name);
    assert(scenario);
    let cuts = 0;
    for (const [flight, length] of (await flights(scenario)).entries()) {
      // All of the small ones, and every fifth place of what is large.
      for (let at = 1; at < length; at += length > 600 ? 5 : 1) {
        let index = 0;
        await assertGoesWell(
          scenario,
          (bytes) =>
            index++ === flight
              ? [bytes.subarray(0, at), bytes.subarray(at)]
              : [bytes],
        );
        cuts++;
      }
    }
    assert(cuts > 300, `${cuts} cuts`);
  });
}
