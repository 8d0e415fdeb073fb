/**
 * Time, and waiting for it: in one place, so that tests can have days pass.
 *
 * @module
 */

import { unrefTimer } from "../platform/platform.ts";

/** What tells the time. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /**
   * Waits.
   *
   * @param ms How long, in milliseconds.
   * @returns Rejects with the signal's reason when it aborts.
   */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** The runtime's clock. What waits for it keeps no process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  async sleep(ms, signal) {
    const end = Date.now() + ms;
    // In steps: the clock of a laptop that slept has moved on meanwhile.
    for (let left = ms; left > 0; left = end - Date.now()) {
      await wait(Math.min(left, LONGEST_WAIT), signal);
    }
  },
};

function wait(ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const abort = () => reject(signal.reason);
  const timer: unknown = setTimeout(resolve, ms);
  unrefTimer(timer);
  signal.addEventListener("abort", abort, { once: true });
  return promise.finally(() => {
    clearTimeout(timer as number);
    signal.removeEventListener("abort", abort);
  });
}

/** In milliseconds. */
const LONGEST_WAIT = 60_000;
