/**
 * The time that a client has for the head of a request: its request line and
 * fields. One that sends them drop by drop would otherwise hold its connection
 * for as long as it likes.
 *
 * @module
 */

import { unrefTimer } from "../platform/platform.ts";

/** Runs while the server waits for a request of HTTP/1.1. */
export class HeadClock {
  readonly #limit: number;
  readonly #onOverdue: () => void;
  /** When the wait began; `undefined` while a request is under way. */
  #since: number | undefined;
  /** A busy connection has one a limit, and not one a request. */
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * Stands still.
   *
   * @param limit Milliseconds; 0 for no limit.
   * @param onOverdue Called once, when they are over.
   */
  constructor(limit: number, onOverdue: () => void) {
    this.#limit = limit;
    this.#onOverdue = onOverdue;
  }

  /** The wait begins, unless it has begun. */
  start(): void {
    if (this.#limit === 0 || this.#since !== undefined) return;
    this.#since = performance.now();
    if (this.#timer === undefined) this.#arm(this.#limit);
  }

  /** A request is there. */
  stop(): void {
    this.#since = undefined;
  }

  /** There are no more requests. */
  end(): void {
    this.stop();
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #arm(time: number): void {
    this.#timer = setTimeout(() => this.#look(), time);
    unrefTimer(this.#timer);
  }

  #look(): void {
    this.#timer = undefined;
    if (this.#since === undefined) return;
    const left = this.#since + this.#limit - performance.now();
    if (left > 0) return this.#arm(left);
    this.#onOverdue();
  }
}

/** The response to a client that is too slow. */
export const REQUEST_TIMEOUT: Uint8Array = new TextEncoder().encode(
  "HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
);
