/**
 * Application data that was read and not taken yet: the one place where a
 * connection keeps it.
 *
 * @module
 */

/** A bounded queue of chunks. */
export class LeftOver {
  #chunks: Uint8Array[] | undefined;
  /** What the chunks that were read ahead cost, in bytes. */
  #size = 0;
  /** Whether the first chunk is the rest of one that was taken in part. */
  #isBegun = false;
  #taken: PromiseWithResolvers<void> | undefined;

  /** Puts a copy of a chunk that was read ahead behind the others. */
  push(bytes: Uint8Array): void {
    (this.#chunks ??= []).push(bytes.slice());
    this.#size += sizeOf(bytes);
  }

  /** Keeps the rest of the chunk that was taken last, as the next one. */
  keepRest(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    (this.#chunks ??= []).unshift(bytes);
    this.#isBegun = true;
  }

  /** Takes the first chunk, if there is one. */
  take(): Uint8Array | undefined {
    const bytes = this.#chunks?.shift();
    if (this.#isBegun) this.#isBegun = false;
    else if (bytes !== undefined) this.#size -= sizeOf(bytes);
    this.#taken?.resolve();
    this.#taken = undefined;
    return bytes;
  }

  /** Drops all chunks. */
  clear(): void {
    while (this.take() !== undefined);
  }

  /** Whether nothing is left. */
  get isEmpty(): boolean {
    return this.#length === 0;
  }

  /** Whether the first chunk is the rest of one that was taken in part. */
  get isBegun(): boolean {
    return this.#isBegun;
  }

  /** Whether nothing was read ahead: at most the rest of a chunk is left. */
  get hasNoneAhead(): boolean {
    return this.#length === (this.#isBegun ? 1 : 0);
  }

  get #length(): number {
    return this.#chunks?.length ?? 0;
  }

  /** Whether there is no room for more. */
  get isFull(): boolean {
    return this.#size >= MAX_SIZE;
  }

  /** Resolves when the next chunk is taken. */
  taken(): Promise<void> {
    this.#taken ??= Promise.withResolvers();
    return this.#taken.promise;
  }
}

/** A record of one byte costs more memory than that byte. */
function sizeOf({ length }: Uint8Array): number {
  return length + CHUNK_OVERHEAD;
}

/** Most bytes that are read ahead, as many as a socket's buffer holds. */
const MAX_SIZE = 65_536;

/** Bytes that a chunk takes besides its own, about. */
const CHUNK_OVERHEAD = 256;
