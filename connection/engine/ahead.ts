/**
 * Data of the peer that were read before anybody wanted them, in order.
 *
 * @module
 */

/** A queue with so much room and no more. */
export class Ahead {
  readonly #chunks: Uint8Array[] = [];
  #size = 0;
  #taken: PromiseWithResolvers<void> | undefined;

  /** Puts bytes last; they are copied. */
  push(bytes: Uint8Array): void {
    this.#chunks.push(bytes.slice());
    this.#size += sizeOf(bytes);
  }

  /** Puts bytes first that were taken and not wanted. */
  putBack(bytes: Uint8Array): void {
    this.#chunks.unshift(bytes);
    this.#size += sizeOf(bytes);
  }

  /** Takes the first; nothing, where there are none. */
  take(): Uint8Array | undefined {
    const bytes = this.#chunks.shift();
    if (bytes !== undefined) this.#size -= sizeOf(bytes);
    this.#taken?.resolve();
    this.#taken = undefined;
    return bytes;
  }

  /** Takes all, which nobody wants. */
  clear(): void {
    while (this.take() !== undefined);
  }

  /** Whether nothing is there. */
  get isEmpty(): boolean {
    return this.#chunks.length === 0;
  }

  /** Whether there is no room for more. */
  get isFull(): boolean {
    return this.#size >= MAX_SIZE;
  }

  /** Resolves when the next bytes are taken. */
  taken(): Promise<void> {
    this.#taken ??= Promise.withResolvers();
    return this.#taken.promise;
  }
}

/** A record of one byte costs us more than that. */
function sizeOf({ length }: Uint8Array): number {
  return length + CHUNK_OVERHEAD;
}

/** Bytes that are kept at the most: as a socket's buffer. */
const MAX_SIZE = 65_536;

/** Bytes that a chunk takes besides its own, about. */
const CHUNK_OVERHEAD = 256;
