/**
 * A time limit and a signal in one, that leave nothing behind.
 *
 * @module
 */

/** Calls back once, when time is up or the signal is aborted. */
export class Deadline {
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort: () => void;

  /**
   * Starts the clock.
   *
   * @param timeout In milliseconds; 0 or undefined for none.
   * @param signal Ends it early, if there is one.
   * @param onEnd Takes the signal's reason, or nothing if time is up.
   */
  constructor(
    timeout: number | undefined,
    signal: AbortSignal | undefined,
    onEnd: (reason?: unknown) => void,
  ) {
    this.#signal = signal;
    this.#onAbort = () => {
      this.clear();
      onEnd(signal?.reason);
    };
    if (timeout) {
      this.#timer = setTimeout(() => {
        this.clear();
        onEnd();
      }, timeout);
    }
    if (signal?.aborted) this.#onAbort();
    else signal?.addEventListener("abort", this.#onAbort);
  }

  /** Stops the clock. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#signal?.removeEventListener("abort", this.#onAbort);
  }
}
