/**
 * Notices that an application does not go on reading.
 *
 * @module
 */

/** What is checked, and the callback. */
export interface IdleListener {
  /** Grows with each read of the application. */
  activity(): number;
  /** Whether the application waits for something. */
  isBusy(): boolean;
  /** Called once the application does not read on. */
  onIdle(): void;
}

/**
 * A check without a clock: an application that reads in a loop, or pipes, asks
 * again in the same turn of the event loop.
 */
export class IdleCheck {
  readonly #listener: IdleListener;
  #isRunning = false;
  #isStopped = false;

  constructor(listener: IdleListener) {
    this.#listener = listener;
  }

  /** Starts, unless it runs. */
  start(): void {
    if (this.#isRunning || this.#isStopped) return;
    this.#isRunning = true;
    this.#run();
  }

  /** Stops for good. */
  stop(): void {
    this.#isStopped = true;
  }

  async #run(): Promise<void> {
    const listener = this.#listener;
    let last = listener.activity();
    for (let steps = 0; steps < IDLE_STEPS; steps++) {
      await undefined;
      // What it waits for starts the check again.
      if (this.#isStopped || listener.isBusy()) break;
      if (listener.activity() === last) continue;
      last = listener.activity();
      steps = 0;
    }
    this.#isRunning = false;
    if (!this.#isStopped && !listener.isBusy()) listener.onIdle();
  }
}

/**
 * Microtasks: `pipeTo`, an async iterator and a loop take fewer from one chunk to
 * the next.
 */
const IDLE_STEPS = 32;
