/**
 * Clocks that a test holds.
 *
 * @module
 */

/** Timers of one duration, which run out when the test says so. */
export class Timers implements Disposable {
  readonly #set = globalThis.setTimeout;
  readonly #clear = globalThis.clearTimeout;
  readonly #running = new Map<unknown, () => void>();

  constructor(duration: number) {
    this.#replace(
      (callback: () => void, delay?: number) => {
        const id = this.#set(delay === duration ? () => {} : callback, delay);
        if (delay === duration) this.#running.set(id, callback);
        return id;
      },
      (id: Parameters<typeof clearTimeout>[0]) => {
        this.#running.delete(id);
        this.#clear(id);
      },
    );
  }

  /** How many have been set and not cleared. */
  get count(): number {
    return this.#running.size;
  }

  /** Lets all of them run out. */
  fire(): void {
    for (const [id, callback] of [...this.#running]) {
      this.#running.delete(id);
      this.#clear(id as Parameters<typeof clearTimeout>[0]);
      callback();
    }
  }

  [Symbol.dispose](): void {
    this.#replace(this.#set, this.#clear);
  }

  #replace(set: unknown, clear: unknown): void {
    Object.assign(globalThis, { setTimeout: set, clearTimeout: clear });
  }
}
