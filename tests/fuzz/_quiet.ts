/**
 * When nothing is left to do: no clock says so, but that no byte moves, no task
 * is queued and no operation of WebCrypto is under way.
 *
 * @module
 */

import { setImmediate } from "node:timers";

let pending = 0;

/** Counts the operations of WebCrypto from here on, in the whole process. */
export function countOperations(): void {
  const prototype = SubtleCrypto.prototype as unknown as Record<
    string,
    (...args: unknown[]) => Promise<unknown>
  >;
  for (const name of Object.getOwnPropertyNames(prototype)) {
    const original = name === "constructor" ? undefined : prototype[name];
    if (typeof original !== "function") continue;
    prototype[name] = function (this: SubtleCrypto, ...args: unknown[]) {
      pending++;
      const done = () => void pending--;
      const result = original.apply(this, args);
      result.then(done, done);
      return result;
    };
  }
}

/** Lets the event loop turn once. */
export function turn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

/**
 * Waits until nothing moves.
 *
 * @param moved Counts what moved so far.
 * @throws {Error} If it goes on and on.
 */
export async function quiet(moved: () => number): Promise<void> {
  let last = -1;
  let idle = 0;
  for (let turns = 0; idle < IDLE_TURNS;) {
    // The threads of WebCrypto may take what time they like.
    if (pending === 0 && ++turns > MAX_TURNS) {
      throw new Error("It goes on and on");
    }
    await turn();
    const now = moved();
    idle = pending === 0 && now === last ? idle + 1 : 0;
    last = now;
  }
}

/** Turns without any movement that are enough. */
const IDLE_TURNS = 3;

/** More than any connection with so little to say needs. */
const MAX_TURNS = 20_000;
