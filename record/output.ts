/**
 * The queue of sealed records. They are written in batches, one write of the
 * transport each, while the records of the next batch are being sealed.
 *
 * @module
 */

import { type BufferPool, freeOwned, poolFor } from "./buffers.ts";
import { RECORD_HEADER_LENGTH, writeHeader } from "./plaintext.ts";
import { EMPTY, type SealedRecord } from "./protection.ts";
import {
  PIECE_LENGTH,
  type Share,
  type Streamer,
  writeShare,
} from "./share.ts";
import type { ByteSink, RecordObserver, RecordStats } from "./transport.ts";

/** A record that is sealed, or is being sealed. */
interface OutgoingRecord extends SealedRecord {
  readonly tag: Uint8Array;
  readonly version: number;
  /** Length with the header, or more. */
  readonly size: number;
}

/** A caller that waits until a number of records were written. */
interface FlushWaiter extends PromiseWithResolvers<void> {
  readonly records: number;
}

/** A queue of records that writes them to the transport. */
export class RecordOutput {
  /** Called for each record when it is written. */
  onRecord: RecordObserver | undefined;
  readonly #sink: ByteSink;
  #queue: OutgoingRecord[] = [];
  /** What is queued or being written: a sum of sizes and costs. */
  #queued = 0;
  /** Records that were queued, that are to leave, and that have left. */
  #added = 0;
  #wanted = 0;
  #written = 0;
  #bytes = 0;
  #isSending = false;
  #room: PromiseWithResolvers<void> | undefined;
  #flushes: FlushWaiter[] | undefined;
  #failure: { readonly error: unknown } | undefined;
  readonly #share: Share;
  #streamer: Streamer | undefined;

  constructor(
    sink: ByteSink,
    onRecord: RecordObserver | undefined,
    share: Share = writeShare,
  ) {
    this.#sink = sink;
    this.onRecord = onRecord;
    this.#share = share;
  }

  /** What has left. */
  get stats(): RecordStats {
    return { bytes: this.#bytes, records: this.#written };
  }

  /** How many records were queued, those that have left included. */
  get added(): number {
    return this.#added;
  }

  /** The first error, with which all later calls reject. */
  get failure(): { readonly error: unknown } | undefined {
    return this.#failure;
  }

  /** Whether the queue is full. */
  get isFull(): boolean {
    return this.#queued >= QUEUED_BATCHES * this.#share.bufferSize;
  }

  /** Queues a record of at most `size` bytes, header included. */
  add(sealed: SealedRecord, version: number, size: number): void {
    const { type, prefix, body, tag = EMPTY } = sealed;
    if (body instanceof Promise) observed(body);
    this.#queue.push({ type, prefix, body, tag, version, size });
    this.#queued += size + RECORD_COST;
    this.#added++;
  }

  /** Writes everything that is queued. */
  send(): void {
    this.#wanted = this.#added;
    if (this.#isSending) return;
    this.#isSending = true;
    this.#sendAll();
  }

  /** Writes everything that is queued; resolves when it is written. */
  flush(): Promise<void> {
    if (this.#failure !== undefined) return rejected(this.#failure.error);
    if (this.#written === this.#added) return Promise.resolve();
    const waiter = { ...Promise.withResolvers<void>(), records: this.#added };
    observed(waiter.promise);
    (this.#flushes ??= []).push(waiter);
    this.send();
    return waiter.promise;
  }

  /** Resolves when there is room for more. */
  whenRoom(): Promise<void> {
    if (this.#failure !== undefined) return rejected(this.#failure.error);
    if (!this.isFull) return Promise.resolve();
    if (this.#room === undefined) {
      this.#room = Promise.withResolvers();
      observed(this.#room.promise);
    }
    return this.#room.promise;
  }

  /** Keeps the first error and drops everything. */
  fail(failure: { readonly error: unknown }): void {
    if (this.#failure !== undefined) return;
    this.#failure = failure;
    this.#queue.length = 0;
    this.#room?.reject(failure.error);
    for (const waiter of this.#flushes?.splice(0) ?? []) {
      waiter.reject(failure.error);
    }
  }

  async #sendAll(): Promise<void> {
    try {
      while (this.#written < this.#wanted) {
        const batch = this.#nextBatch();
        const bodies: Uint8Array[] = [];
        for (const { body } of batch) {
          bodies.push(body instanceof Promise ? await body : body);
        }
        if (this.#failure !== undefined) return;
        const { buffer, length, pool } = this.#assemble(batch, bodies);
        if (length >= PIECE_LENGTH) {
          this.#share.note(this.#streamer ??= { pieces: 0 });
        }
        await this.#sink.write(buffer.subarray(0, length));
        this.#bytes += length;
        // Not after an error: the transport may hold on to it then.
        pool?.give(buffer);
        this.#settle(batch);
      }
    } catch (error) {
      this.fail({ error });
    } finally {
      this.#isSending = false;
    }
  }

  /** The records that are written together. */
  #nextBatch(): OutgoingRecord[] {
    const { bufferSize } = this.#share;
    let count = 0;
    for (let size = 0; count < this.#queue.length; count++) {
      size += (this.#queue[count] as OutgoingRecord).size;
      if (size > bufferSize) break;
    }
    if (count < this.#queue.length) {
      return this.#queue.splice(0, Math.max(1, count));
    }
    const all = this.#queue;
    this.#queue = [];
    return all;
  }

  /** Puts a batch together in one buffer. */
  #assemble(
    batch: readonly OutgoingRecord[],
    bodies: readonly Uint8Array[],
  ): {
    buffer: Uint8Array<ArrayBuffer>;
    length: number;
    pool: BufferPool | undefined;
  } {
    let length = 0;
    batch.forEach(({ prefix, tag }, index) => {
      const body = bodies[index] as Uint8Array;
      length += RECORD_HEADER_LENGTH + prefix.length + body.length + tag.length;
    });
    const pool = this.#sink.retains ? undefined : poolFor(length);
    const buffer = pool?.take() ?? new Uint8Array(length);
    let at = 0;
    batch.forEach((record, index) => {
      at = this.#put(buffer, at, record, bodies[index] as Uint8Array);
    });
    return { buffer, length, pool };
  }

  /** Puts one record at `at`; gives where the next one goes. */
  #put(
    into: Uint8Array,
    at: number,
    { type, version, prefix, tag }: OutgoingRecord,
    body: Uint8Array,
  ): number {
    const length = prefix.length + body.length + tag.length;
    const header = { type, version, length };
    writeHeader(into, at, header);
    this.onRecord?.("write", header);
    at += RECORD_HEADER_LENGTH;
    into.set(prefix, at);
    into.set(body, at + prefix.length);
    into.set(tag, at + prefix.length + body.length);
    if (tag.length > 0) freeOwned(body);
    return at + length;
  }

  /** Resolves the promises of callers that waited for these records. */
  #settle(batch: readonly OutgoingRecord[]): void {
    this.#written += batch.length;
    for (const { size } of batch) this.#queued -= size + RECORD_COST;
    if (!this.isFull) {
      this.#room?.resolve();
      this.#room = undefined;
    }
    const flushes = this.#flushes;
    if (flushes === undefined) return;
    while (flushes[0] !== undefined && flushes[0].records <= this.#written) {
      flushes.shift()?.resolve();
    }
    if (flushes.length === 0) this.#flushes = undefined;
  }
}

/** The same promise, which need not be awaited. */
export function observed<T>(promise: Promise<T>): Promise<T> {
  promise.catch(ignore);
  return promise;
}

/** A rejected promise, which need not be awaited. */
export function rejected(error: unknown): Promise<never> {
  return observed(Promise.reject(error));
}

function ignore(): void {}

/**
 * What may be queued, in buffers of this connection's share: a peer that does
 * not read stops the writer here. One is on its way, one is sealed and one is
 * being so.
 */
const QUEUED_BATCHES = 3;

/** What a record costs besides its bytes, so that small ones are bounded too. */
const RECORD_COST = 256;
