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

  /** Keeps at most `limit` buffers. */
  constructor(size: number, limit: number) {
    this.size = size;
    this.#limit = limit;
  }

  /** A buffer with any contents. */
  take(): Uint8Array<ArrayBuffer> {
    return this.#spare.pop() ?? new Uint8Array(this.size);
  }

  /** Takes a buffer back that is no longer in use. */
  give(buffer: Uint8Array<ArrayBuffer>): void {
    if (this.#spare.length < this.#limit) this.#spare.push(buffer);
  }
}

/**
 * Frees bytes that a key has made, in a buffer of their own, and that nobody
 * needs any more: until the collector came by, half a gigabyte a second would
 * wait for it, and it would come by often.
 */
export function freeOwned({ buffer }: Uint8Array): void {
  if (buffer.byteLength < LEAST_FREED) return;
  if (buffer instanceof ArrayBuffer) buffer.transfer?.(0);
}

/** The smallest pool whose buffers hold `length` bytes. */
export function poolFor(length: number): BufferPool | undefined {
  return BUFFER_POOLS.find((pool) => pool.size >= length);
}

/**
 * From the size for an idle connection to the size that a fast one reads or
 * writes at once. The middle one holds two full records and what follows them.
 * At most 4.25 MiB stay allocated.
 */
export const BUFFER_POOLS: readonly [BufferPool, BufferPool, BufferPool] = [
  new BufferPool(4 * 1024, 64),
  new BufferPool(36 * 1024, 56),
  new BufferPool(256 * 1024, 8),
];

/** The index of the middle pool. */
export const MEDIUM_BUFFERS = 1;

/** The index of the last pool. */
export const LARGE_BUFFERS = 2;

/** In bytes: of less than this the collector is not in a hurry. */
const LEAST_FREED = 4096;
