/**
 * Bytes from the transport until they are records: the buffers that they are
 * read into. Nothing is copied but a record that a buffer's end cuts in two.
 *
 * @module
 */

import { BUFFER_POOLS, type BufferPool, poolFor } from "./buffers.ts";
import { readHeader, RECORD_HEADER_LENGTH } from "./plaintext.ts";
import { PIECE_LENGTH, readShare, type Share, type Streamer } from "./share.ts";
import type { RecordHeader } from "./transport.ts";

/** A piece of the input that stays as it is until it is released. */
export interface InputSlice {
  /** The bytes. */
  readonly bytes: Uint8Array;
  /** Where they are. */
  readonly chunk: Chunk;
}

/** A buffer, and who needs what is in it. */
interface Chunk {
  readonly buffer: Uint8Array<ArrayBuffer>;
  /** Where it comes from; `undefined` for one that is not ours to reuse. */
  readonly pool: BufferPool | undefined;
  /** How many slices are not released. */
  slices: number;
}

/** A queue of bytes. */
export class RecordInput {
  /** The buffer that is being filled, and the unread part of it. */
  #chunk: Chunk | undefined;
  #start = 0;
  #end = 0;
  /** How large the next buffer is: an index of `BUFFER_POOLS`. */
  #size = 0;
  /** The room that was given out last and is not filled yet. */
  #room = 0;
  readonly #share: Share;
  #streamer: Streamer | undefined;

  /** Starts with bytes that were read elsewhere. */
  constructor(initialData?: Uint8Array, share: Share = readShare) {
    this.#share = share;
    if (initialData === undefined) return;
    this.#chunk = {
      // The slice() of a Buffer of Node would be no copy.
      buffer: new Uint8Array(initialData),
      pool: undefined,
      slices: 0,
    };
    this.#end = initialData.length;
  }

  /** How many bytes are there. */
  get length(): number {
    return this.#end - this.#start;
  }

  /** Returns at most `length` of the next bytes, without taking them. */
  peek(length: number): Uint8Array {
    if (this.#chunk === undefined || this.length === 0) return NOTHING;
    const end = Math.min(this.#start + length, this.#end);
    return this.#chunk.buffer.subarray(this.#start, end);
  }

  /** The header that the next bytes are, if all of it is there. */
  get header(): RecordHeader | undefined {
    if (this.#chunk === undefined || this.length < RECORD_HEADER_LENGTH) {
      return undefined;
    }
    return readHeader(this.#chunk.buffer, this.#start);
  }

  /** Takes the next `length` bytes, which must be there. */
  take(length: number): InputSlice {
    const chunk = this.#chunk;
    if (chunk === undefined || length > this.length) {
      throw new RangeError(
        `Cannot take ${length} bytes: ${this.length} are there`,
      );
    }
    chunk.slices++;
    const start = this.#start;
    this.#start += length;
    return { bytes: chunk.buffer.subarray(start, this.#start), chunk };
  }

  /** Releases a slice: its bytes are not needed any more. */
  release({ chunk }: InputSlice): void {
    chunk.slices--;
    if (chunk !== this.#chunk) giveBack(chunk);
  }

  /**
   * Room for bytes to come. `length` are needed, counted from the next one, of
   * which some may be there. Until `filled` the room is the transport's.
   */
  room(length: number): Uint8Array {
    const chunk = this.#roomy(length);
    const room = this.#end === 0
      ? chunk.buffer
      : chunk.buffer.subarray(this.#end);
    this.#room = room.length;
    return room;
  }

  /**
   * Adds `length` bytes that were read into the room. A source that fills the
   * room gets a larger one, and one that does not a smaller one: an idle
   * connection keeps little memory.
   */
  filled(length: number): void {
    if (length > this.#room) {
      throw new RangeError(
        `Cannot fill ${length} bytes: there was room for ${this.#room}`,
      );
    }
    this.#end += length;
    if (length >= PIECE_LENGTH) {
      this.#share.note(this.#streamer ??= { pieces: 0 });
    }
    const smaller = BUFFER_POOLS[this.#size - 1];
    const isLargest = this.#size === BUFFER_POOLS.length - 1;
    if (length === this.#room) {
      if (!isLargest) this.#size++;
    } else if (
      smaller !== undefined && length <= smaller.size / (isLargest ? 1 : 2)
    ) {
      this.#size--;
    }
    this.#room = 0;
  }

  /** Makes the next buffer as small as possible. */
  shrink(): void {
    this.#size = 0;
  }

  /** Drops everything but a buffer that the transport is reading into. */
  clear(): void {
    const chunk = this.#chunk;
    this.#chunk = undefined;
    this.#start = this.#end = 0;
    if (this.#room === 0) giveBack(chunk);
  }

  /** The current buffer where it has room enough, or another one. */
  #roomy(length: number): Chunk {
    const chunk = this.#chunk;
    const size = Math.min(this.#size, this.#share.largestPool);
    const wanted = BUFFER_POOLS[size] as BufferPool;
    if (chunk === undefined) return this.#replace(length, wanted);
    if (this.length === 0 && chunk.slices === 0) {
      this.#start = this.#end = 0;
      // The same one, if its size is the wanted one: back first, then out.
      return this.#replace(length, wanted);
    }
    const most = chunk.buffer.length / LEAST_ROOM;
    if (chunk.pool === wanted && chunk.slices === 0 && this.length <= most) {
      if (length <= wanted.size) return this.#moveToFront(chunk);
    }
    // None of initial data: its buffer is as long as they are.
    const free = chunk.buffer.length - this.#end;
    const missing = length - this.length;
    if (free >= missing && free >= chunk.buffer.length / LEAST_ROOM) {
      return chunk;
    }
    return this.#replace(length, wanted);
  }

  /** Makes room for a large read behind the few bytes that are there. */
  #moveToFront(chunk: Chunk): Chunk {
    chunk.buffer.copyWithin(0, this.#start, this.#end);
    this.#end -= this.#start;
    this.#start = 0;
    return chunk;
  }

  /** Starts another buffer with the bytes that are there. */
  #replace(length: number, wanted: BufferPool): Chunk {
    const left = this.peek(this.length);
    const least = Math.max(length, left.length + 1, wanted.size);
    const pool = poolFor(least) ?? wanted;
    const old = this.#chunk;
    // Back first, so that an empty one may come right out again.
    if (left.length === 0) giveBack(old);
    const chunk = { buffer: pool.take(), pool, slices: 0 };
    chunk.buffer.set(left);
    this.#chunk = chunk;
    this.#start = 0;
    this.#end = left.length;
    if (left.length > 0) giveBack(old);
    return chunk;
  }
}

function giveBack(chunk: Chunk | undefined): void {
  if (chunk?.slices === 0) chunk.pool?.give(chunk.buffer);
}

const NOTHING: Uint8Array<ArrayBuffer> = new Uint8Array(0);

/** A buffer is read on into while this part of it is free. */
const LEAST_ROOM = 8;
