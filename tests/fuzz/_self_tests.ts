/**
 * Targets with a known fault each, which the watcher must find.
 *
 * @module
 */

import { runConnection } from "./_connection.ts";
import { unprotectedScenarios } from "./_scenarios.ts";
import type { Target } from "./_target.ts";

const [scenario] = unprotectedScenarios;
const kept: Uint8Array[] = [];

/** A fault in every case. */
function faulty(name: string, run: Target["run"]): Target {
  return { name: `self-test: ${name}`, weight: 1, run };
}

/** All of them; they belong to no run but that of their own test. */
export const selfTests: readonly Target[] = [
  faulty("another class of error", async () => {
    if (scenario === undefined) return "";
    const random = () => {
      throw new TypeError("A fault inside");
    };
    return (await runConnection(scenario, { random })).client;
  }),
  faulty("a connection that does not settle", async () => {
    if (scenario === undefined) return "";
    const never = () => new Promise<never>(() => {});
    const client = { ...scenario.client, verify: never };
    return (await runConnection({ ...scenario, client }, {})).client;
  }),
  faulty("a rejection", async () => {
    Promise.reject(new Error("Nobody looks"));
    await Promise.resolve();
    return "";
  }),
  faulty("a loop", () => {
    for (;;);
  }),
  faulty("memory", async () => {
    for (let left = 2000; left > 0; left--) kept.push(new Uint8Array(8));
    await new Promise((resolve) => setTimeout(resolve, 20));
    return "";
  }),
];
