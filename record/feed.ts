/**
 * The reads of the transport: one at a time, into the input's room.
 *
 * @module
 */

import type { RecordInput } from "./input.ts";
import type { ByteSource } from "./transport.ts";

/** Who gets what was read. */
export interface FeedListener {
  /** There is more, or the source has ended. */
  onMore(): void;
}

/** Fills an input from a source. */
export class RecordFeed {
  readonly #source: ByteSource;
  readonly #input: RecordInput;
  readonly #listener: FeedListener;
  #reading: Promise<number | null> | undefined;
  #room: Uint8Array = NO_ROOM;
  #isStopped = false;
  #bytes: number;
  #ended: { readonly error?: unknown } | undefined;
  // Once for all reads.
  readonly #onReceived = (length: number | null) => this.#received(length);
  readonly #onFailed = (error: unknown) => this.#failed(error);

  constructor(
    source: ByteSource,
    input: RecordInput,
    listener: FeedListener,
  ) {
    this.#source = source;
    this.#input = input;
    this.#listener = listener;
    this.#bytes = input.length;
  }

  /** How many bytes came. */
  get bytes(): number {
    return this.#bytes;
  }

  /** How the source ended: with an error, without, or not yet. */
  get ended(): { readonly error?: unknown } | undefined {
    return this.#ended;
  }

  /** Starts a read, unless one is under way; `length` bytes are needed. */
  read(length: number): void {
    if (this.#reading !== undefined || this.#ended !== undefined) return;
    this.#room = this.#input.room(length);
    try {
      this.#reading = this.#source.read(this.#room);
    } catch (error) {
      this.#reading = Promise.reject(error);
    }
    this.#reading.then(this.#onReceived, this.#onFailed);
  }

  /** Stops reading; returns the promise of a read in progress. */
  stop(): Promise<Uint8Array | null> | undefined {
    this.#isStopped = true;
    const room = this.#room;
    const rest = this.#reading?.then((length) =>
      length === null ? null : room.slice(0, length)
    );
    rest?.catch(() => {});
    return rest;
  }

  #received(length: number | null): void {
    if (length === null) return this.#end({});
    if (length > this.#room.length) {
      const error = new RangeError(
        `Cannot read: expected at most ${this.#room.length} bytes from the source, got ${length}`,
      );
      return this.#end({ error });
    }
    this.#reading = undefined;
    if (this.#isStopped) return;
    this.#bytes += length;
    this.#input.filled(length);
    this.#listener.onMore();
  }

  #failed(error: unknown): void {
    this.#source.readFailed?.(error);
    this.#end({ error });
  }

  #end(ended: { readonly error?: unknown }): void {
    this.#reading = undefined;
    this.#ended = ended;
    if (this.#isStopped) return;
    this.#input.filled(0);
    this.#listener.onMore();
  }
}

const NO_ROOM: Uint8Array = new Uint8Array();
