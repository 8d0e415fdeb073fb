/**
 * Time limits that leave no timer and no listener behind.
 *
 * @module
 */

/** Calls back once, when time is up or the signal is aborted. */
export class Deadline {
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #signal: AbortSignal | undefined;
  /** There where there is a signal. */
  #onAbort: (() => void) | undefined;
  /** Called with the signal's reason, or without one if time is up. */
  onEnd: (reason?: unknown) => void;

  /**
   * Starts the clock.
   *
   * @param timeout In milliseconds; 0 or undefined for none.
   * @param signal Ends it early, if there is one.
   * @param onEnd Called with the signal's reason, or `undefined` if time is up.
   */
  constructor(
    timeout: number | undefined,
    signal: AbortSignal | undefined,
    onEnd: (reason?: unknown) => void,
  ) {
    this.#signal = signal;
    this.onEnd = onEnd;
    if (timeout) {
      this.#timer = setTimeout(() => {
        this.clear();
        this.onEnd();
      }, timeout);
    }
    if (signal === undefined) return;
    const onAbort = this.#onAbort = () => {
      this.clear();
      this.onEnd(signal.reason);
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort);
  }

  /** Stops the clock, and keeps nothing of it. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#onAbort === undefined) return;
    this.#signal?.removeEventListener("abort", this.#onAbort);
    this.#onAbort = undefined;
  }
}

/** Calls back once nothing has moved for a while. */
export class StallWatch {
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * Starts watching.
   *
   * @param timeout In milliseconds.
   * @param progress Grows while something moves.
   * @param onStall Called once nothing has moved for that long.
   */
  constructor(timeout: number, progress: () => number, onStall: () => void) {
    let last = progress();
    const look = () => {
      const now = progress();
      if (now === last) return onStall();
      last = now;
      this.#timer = setTimeout(look, timeout);
    };
    this.#timer = setTimeout(look, timeout);
  }

  /** Stops watching. */
  clear(): void {
    clearTimeout(this.#timer);
  }
}

/** Waits for some work, up to a number of milliseconds. Never throws. */
export async function within(
  time: number,
  work: Promise<unknown>,
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const deadline = new Deadline(time, undefined, () => resolve());
  try {
    await Promise.race([work, promise]);
  } catch {
    // Another caller of the work gets its error.
  } finally {
    deadline.clear();
  }
}

/**
 * What some work results in, unless a signal is aborted before.
 *
 * @param work Started in any case; what it results in too late is dropped.
 * @throws What the work throws, or the reason of the signal.
 */
export async function untilAborted<T>(
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(signal?.reason);
  signal?.addEventListener("abort", onAbort);
  try {
    if (signal?.aborted) onAbort();
    // Started in a function of its own: what throws at once rejects like the rest,
    // and the race has seen the other promise then.
    const working = (async () => await work())();
    return await Promise.race([aborted.promise, working]);
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
}
