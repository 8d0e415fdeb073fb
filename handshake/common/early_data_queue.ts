/**
 * Early data that a server has accepted, until it is read: never more than the
 * ticket promised.
 *
 * @module
 */

import type { EarlyDataIn } from "./server_connection.ts";

/** A queue of early data, bounded by what its filler accepts. */
export class EarlyDataQueue implements EarlyDataIn {
  /** What came and was not read, and how much of the buffer that is. */
  #buffer = new Uint8Array(FIRST_ROOM);
  #length = 0;
  #hasCome = false;
  #isOver = false;
  #isCancelled = false;
  #waiter: PromiseWithResolvers<Uint8Array | null> | undefined;

  get hasCome(): boolean {
    return this.#hasCome;
  }

  next(): Uint8Array | null | Promise<Uint8Array | null> {
    if (this.#length > 0) return this.#take();
    if (this.#isOver || this.#isCancelled) return null;
    this.#waiter ??= Promise.withResolvers();
    return this.#waiter.promise;
  }

  cancel(): void {
    this.#isCancelled = true;
    this.#take();
    this.#wake(null);
  }

  /** Adds what has come. */
  push(bytes: Uint8Array): void {
    this.#hasCome = true;
    if (this.#isCancelled) return;
    // One buffer: a record of one byte costs no more than that byte.
    const length = this.#length + bytes.length;
    if (length > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(length, 2 * this.#buffer.length));
      larger.set(this.#buffer.subarray(0, this.#length));
      this.#buffer = larger;
    }
    this.#buffer.set(bytes, this.#length);
    this.#length = length;
    if (this.#waiter !== undefined) this.#wake(this.#take());
  }

  /** No more will come. */
  end(): void {
    this.#isOver = true;
    this.#wake(null);
  }

  #take(): Uint8Array {
    const bytes = this.#buffer.subarray(0, this.#length);
    this.#buffer = new Uint8Array(0);
    this.#length = 0;
    return bytes;
  }

  #wake(value: Uint8Array | null): void {
    this.#waiter?.resolve(value);
    this.#waiter = undefined;
  }
}

/** Bytes: a small request. */
const FIRST_ROOM = 1024;
