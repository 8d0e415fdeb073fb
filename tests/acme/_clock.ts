/**
 * A clock that a test moves on.
 *
 * @module
 */

import { type Clock, systemClock } from "../../acme/clock.ts";

/** Begins with the real time. Short waits, for a CA to do its work, are real. */
export class TestClock implements Clock {
  #ahead = 0;
  readonly #waiting = new Set<{ until: number; done(): void }>();
  /** The long waits that began, in milliseconds. */
  readonly waits: number[] = [];

  now(): number {
    return Date.now() + this.#ahead;
  }

  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (ms <= LONGEST_REAL) return await systemClock.sleep(ms, signal);
    signal.throwIfAborted();
    this.waits.push(ms);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiting = { until: this.now() + ms, done: resolve };
    const abort = () => reject(signal.reason);
    this.#waiting.add(waiting);
    signal.addEventListener("abort", abort, { once: true });
    await promise.finally(() => {
      this.#waiting.delete(waiting);
      signal.removeEventListener("abort", abort);
    });
  }

  /** Has time pass. */
  advance(ms: number): void {
    this.#ahead += ms;
    for (const { until, done } of this.#waiting) {
      if (until <= this.now()) done();
    }
  }
}

/** A CA's Retry-After of a second or two. */
const LONGEST_REAL = 2_500;
