/**
 * The time limits of closing in order, all by one timer: most closes are over
 * long before any of them counts.
 *
 * @module
 */

/** What a close waits for. */
export interface CloseStage {
  /** Grows while something moves. */
  readonly progress: () => number;
  /** Called once nothing has moved for `stall`, or after `total`. */
  readonly onLate: (time: number) => void;
  /** In milliseconds, a multiple of {@linkcode CLOSE_TICK}. */
  readonly stall: number;
  /** The same; none where it is missing. */
  readonly total?: number;
}

/** Watches one close, stage after stage. */
export class CloseWatch {
  #stage: CloseStage;
  #last: number;
  /** Ticks in which nothing moved, and all of the stage. */
  #still = 0;
  #ticks = 0;
  #started = performance.now();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Starts with the first stage. */
  constructor(stage: CloseStage) {
    this.#stage = stage;
    this.#last = stage.progress();
    this.#timer = setTimeout(this.#look, CLOSE_TICK);
  }

  /** Goes on to another stage. */
  enter(stage: CloseStage): void {
    this.#stage = stage;
    this.#last = stage.progress();
    this.#still = this.#ticks = 0;
    // A timer that has just been started is as good as one that starts now.
    if (performance.now() - this.#started < CLOSE_TICK / 50) return;
    this.clear();
    this.#timer = setTimeout(this.#look, CLOSE_TICK);
  }

  /** Stops watching. */
  clear(): void {
    clearTimeout(this.#timer);
  }

  readonly #look = (): void => {
    const { progress, stall, total = Infinity, onLate } = this.#stage;
    const now = progress();
    this.#still = now === this.#last ? this.#still + 1 : 0;
    this.#last = now;
    if (this.#still * CLOSE_TICK >= stall) return onLate(stall);
    if (++this.#ticks * CLOSE_TICK >= total) return onLate(total);
    this.#timer = setTimeout(this.#look, CLOSE_TICK);
  };
}

/** Milliseconds from one look to the next. */
export const CLOSE_TICK = 5000;
