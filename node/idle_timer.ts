/**
 * The time without activity after which a socket has its event `timeout`.
 *
 * @module
 */

import { clearTimeout, setTimeout } from "node:timers";

/** Calls back once when nothing has happened for some time. */
export class IdleTimer {
  readonly #onIdle: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #duration = 0;

  constructor(onIdle: () => void) {
    this.#onIdle = onIdle;
  }

  /** The time, in milliseconds; 0 if it is off. */
  get duration(): number {
    return this.#duration;
  }

  /**
   * Sets the time, and starts it.
   *
   * @param duration In milliseconds; 0 turns it off.
   * @throws {TypeError} If it is not a number.
   * @throws {RangeError} If it is negative or not finite.
   */
  set(duration: unknown): void {
    if (typeof duration !== "number") {
      throw new TypeError(
        `Cannot set the timeout: expected a number, got ${typeof duration}`,
      );
    }
    if (!(duration >= 0) || !Number.isFinite(duration)) {
      throw new RangeError(
        `Cannot set the timeout: expected 0 or more milliseconds, got ${duration}`,
      );
    }
    this.#duration = Math.min(duration, MAX_DURATION);
    this.stop();
    if (duration > 0) this.#start();
  }

  /** Something has happened: the time starts again. */
  refresh(): void {
    if (this.#duration === 0) return;
    if (this.#timer === undefined) this.#start();
    else this.#timer.refresh();
  }

  /** Stops the time that runs. */
  stop(): void {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #start(): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#onIdle();
    }, this.#duration);
    // As in Node: a timeout alone does not keep the process alive.
    this.#timer.unref();
  }
}

/** The longest time that a timer takes. */
const MAX_DURATION = 2 ** 31 - 1;
