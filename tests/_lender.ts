/**
 * Bytes as users of Node.js have them: `Buffer`s that are parts of one pool, used
 * again for other things once a call has returned.
 *
 * @module
 */

import { Buffer } from "node:buffer";

/** Lends bytes; one that does not change them afterwards shows what is right. */
export class Lender {
  /** Whether it does. */
  readonly changes: boolean;
  #pool = new Uint8Array(POOL);
  #used = 8;

  constructor(changes: boolean) {
    this.changes = changes;
  }

  /** A part of the pool with these bytes. */
  lend(bytes: Uint8Array): Buffer {
    const at = this.#used;
    if (at + bytes.length > POOL) throw new RangeError("The pool is too small");
    this.#used += bytes.length;
    this.#pool.set(bytes, at);
    return Buffer.from(this.#pool.buffer, at, bytes.length);
  }

  /** The call has returned: all that was lent is used for something else. */
  reuse(): void {
    if (this.changes) this.#pool.fill(0xa5);
  }

  /** What a callback returns, and uses for something else soon after. */
  answer(bytes: Uint8Array): Buffer {
    const own = new Lender(this.changes);
    setTimeout(() => own.reuse(), 0);
    return own.lend(bytes);
  }
}

const POOL = 32_768;
