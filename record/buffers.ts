/**
 * Buffers for the transport's bytes, shared by all connections: a fresh one of
 * 64 KiB costs more than reading into it.
 *
 * @module
 */

/** Buffers of one size that are not in use. */
export class BufferPool {
  /** Of each buffer, in bytes. */
  readonly size: number;
  readonly #spare: Uint8Array<ArrayBuffer>[] = [];
  readonly #limit: number;

  /** Keeps `limit` buffers at the most. */
  constructor(size: number, limit: number) {
    this.size = size;
    this.#limit = limit;
  }

  /** A buffer with any contents. */
  take(): Uint8Array<ArrayBuffer> {
    return this.#spare.pop() ?? new Uint8Array(this.size);
  }

  /** Takes a buffer back that nobody reads or writes any more. */
  give(buffer: Uint8Array<ArrayBuffer>): void {
    if (this.#spare.length < this.#limit) this.#spare.push(buffer);
  }
}

/** The smallest pool whose buffers hold so many bytes. */
export function poolFor(length: number): BufferPool | undefined {
  return BUFFER_POOLS.find((pool) => pool.size >= length);
}

/**
 * From what an idle connection waits with to what a fast one reads or writes at
 * once, as many as busy connections need side by side: 2.75 MiB stay allocated
 * at the most.
 */
export const BUFFER_POOLS: readonly [BufferPool, BufferPool, BufferPool] = [
  new BufferPool(4 * 1024, 64),
  new BufferPool(64 * 1024, 8),
  new BufferPool(256 * 1024, 8),
];
