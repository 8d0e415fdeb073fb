/**
 * Records out: from content to the transport's bytes, in order. Records are
 * sealed as they are written, several at once where that takes promises, and
 * leave in batches: while one batch is on its way the next is being sealed.
 *
 * @module
 */

import { concat } from "@std/bytes";
import { ContentType, ProtocolVersion } from "../registry.ts";
import { poolFor } from "./buffers.ts";
import {
  MAX_PLAINTEXT_LENGTH,
  RECORD_HEADER_LENGTH,
  writeHeader,
} from "./plaintext.ts";
import { noProtection, type RecordProtection } from "./protection.ts";
import { RecordSizing } from "./record_sizing.ts";
import type { ByteSink, RecordObserver, RecordStats } from "./transport.ts";

/**
 * Says how many zeros to put behind the content of a record of TLS 1.3
 * (RFC 8446 section 5.4), by its type and length in bytes. More than there is
 * room for in the record are left out.
 */
export type PaddingPolicy = (type: number, length: number) => number;

/** Options of {@linkcode RecordWriter}. */
export interface RecordWriterOptions {
  /** Most content of a record, in bytes. @default {16384} */
  readonly maxFragmentSize?: number | undefined;
  /** Padding in TLS 1.3; without one there is none. */
  readonly padding?: PaddingPolicy | undefined;
  /** Whether a burst begins with small records. @default {false} */
  readonly dynamicRecordSizing?: boolean | undefined;
  /** Is told of each record as it is sealed. */
  readonly onRecord?: RecordObserver | undefined;
  /** The time in milliseconds, for `dynamicRecordSizing`. */
  readonly now?: (() => number) | undefined;
}

/** A record that is sealed, or is being sealed. */
interface OutgoingRecord {
  readonly type: number;
  readonly version: number;
  readonly prefix: Uint8Array;
  body: Uint8Array | undefined;
  readonly sealing: Promise<void> | undefined;
  /** What it counts for in the queue. */
  readonly size: number;
}

/** Somebody who waits until so many records have been written. */
interface FlushWaiter extends PromiseWithResolvers<void> {
  readonly records: number;
}

/** Writes records. */
export class RecordWriter {
  /** The record_size_limit of the peer (RFC 8449), as it sent it, in bytes. */
  recordSizeLimit: number = Infinity;
  readonly #sink: ByteSink;
  readonly #padding: PaddingPolicy | undefined;
  readonly #onRecord: RecordObserver | undefined;
  readonly #sizing: RecordSizing | undefined;
  #maxFragmentSize: number;
  #protection: RecordProtection = noProtection;
  #version: number = ProtocolVersion["TLSv1.2"];
  /** Handshake messages that may still go into one record with the next. */
  #messages: Uint8Array[] = [];
  readonly #queue: OutgoingRecord[] = [];
  /** Bytes that are queued or being written. */
  #queued = 0;
  /** Records that were queued, that must leave, and that have left. */
  #sealed = 0;
  #wanted = 0;
  #written = 0;
  #isPumping = false;
  /** The write that is not all sealed, or waits for room. */
  #writing: Promise<void> | undefined;
  readonly #flushes: FlushWaiter[] = [];
  #room: PromiseWithResolvers<void> | undefined;
  #failure: { error: unknown } | undefined;
  #bytes = 0;

  /** Writes nothing by itself. */
  constructor(sink: ByteSink, options: RecordWriterOptions = {}) {
    this.#sink = sink;
    this.#maxFragmentSize = checkedSize(
      options.maxFragmentSize ?? MAX_PLAINTEXT_LENGTH,
    );
    this.#padding = options.padding;
    this.#onRecord = options.onRecord;
    if (options.dynamicRecordSizing) {
      this.#sizing = new RecordSizing(options.now);
    }
  }

  /** What went over the transport. */
  get stats(): RecordStats {
    return { bytes: this.#bytes, records: this.#written };
  }

  /**
   * Most content of a record, in bytes.
   *
   * @throws {RangeError} If it is not from 1 to 16384.
   */
  get maxFragmentSize(): number {
    return this.#maxFragmentSize;
  }
  set maxFragmentSize(size: number) {
    this.#maxFragmentSize = checkedSize(size);
  }

  /**
   * Whether the key has so little left that a KeyUpdate is due (RFC 8446
   * section 5.5). What the key may not protect is never sealed.
   */
  get keyUpdateDue(): boolean {
    return this.#protection.usage >= KEY_UPDATE_USAGE;
  }

  /**
   * Seals content of one type and queues its records. application_data leave
   * by themselves, and take what is queued with them; the rest leave at
   * `flush`. Handshake messages of one epoch share records, so their bytes are
   * to stay unchanged until then.
   *
   * @returns A promise if the queue is full: it resolves when there is room,
   * until when the bytes are to stay unchanged. It rejects, as all later calls,
   * if the transport fails. It may be left unobserved.
   */
  write(type: number, bytes: Uint8Array): Promise<void> | undefined {
    if (this.#failure !== undefined) return rejected(this.#failure.error);
    try {
      if (type === ContentType.application_data) return this.#writeData(bytes);
      this.#writeOther(type, bytes);
    } catch (error) {
      this.#fail(error);
      return rejected(error);
    }
    return this.#queued < MAX_QUEUED ? undefined : this.#whenRoom();
  }

  /** Resolves once all that has been written so far is with the transport. */
  flush(): Promise<void> {
    if (this.#failure !== undefined) return rejected(this.#failure.error);
    if (this.#writing !== undefined) {
      return observed(this.#writing.then(() => this.flush()));
    }
    try {
      this.#sealMessages();
    } catch (error) {
      this.#fail(error);
      return rejected(error);
    }
    if (this.#written === this.#sealed) return Promise.resolve();
    const waiter = { ...Promise.withResolvers<void>(), records: this.#sealed };
    waiter.promise.catch(ignore);
    this.#flushes.push(waiter);
    this.#send();
    return waiter.promise;
  }

  /** Protects what is written from now on. */
  setProtection(protection: RecordProtection): void {
    try {
      // RFC 8446 section 5.1: a record does not span a change of keys.
      this.#sealMessages();
    } catch (error) {
      this.#fail(error);
    }
    this.#protection = protection;
  }

  /**
   * The version in the headers from now on: TLS 1.2's at first and in TLS 1.3
   * (RFC 8446 section 5.1), later the one that was negotiated.
   */
  setVersion(version: number): void {
    this.#version = Math.min(version, ProtocolVersion["TLSv1.2"]);
  }

  /** Ends writing: what is under way and all later calls reject with it. */
  abort(reason: unknown): void {
    this.#fail(reason);
  }

  #writeOther(type: number, bytes: Uint8Array): void {
    if (type === ContentType.handshake) {
      this.#messages.push(bytes);
      // Unprotected messages each have records of their own, as some peers
      // know no better (BoringSSL, tls_add_message).
      if (this.#protection !== noProtection) return;
    }
    this.#sealMessages();
    if (type !== ContentType.handshake) {
      this.#sealAll(type, bytes, 0);
    }
  }

  #writeData(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#writing !== undefined) {
      return this.#keep(this.#writing.then(() => this.#writeRest(bytes, 0)));
    }
    const end = this.#sealData(bytes, 0);
    if (end === bytes.length && this.#queued < MAX_QUEUED) return undefined;
    return this.#keep(this.#writeRest(bytes, end));
  }

  async #writeRest(bytes: Uint8Array, end: number): Promise<void> {
    try {
      while (end < bytes.length) {
        await this.#whenRoom();
        end = this.#sealData(bytes, end);
      }
    } catch (error) {
      this.#fail(error);
      throw error;
    }
    if (this.#queued >= MAX_QUEUED) await this.#whenRoom();
  }

  /** Has later writes of application data wait for this one. */
  #keep(writing: Promise<void | undefined>): Promise<void> {
    const kept: Promise<void> = writing.finally(() => {
      if (this.#writing === kept) this.#writing = undefined;
    });
    return this.#writing = observed(kept);
  }

  /** Seals what there is room for, and has it leave. */
  #sealData(bytes: Uint8Array, start: number): number {
    this.#sealMessages();
    const type = ContentType.application_data;
    const end = this.#sealAll(type, bytes, start, MAX_QUEUED);
    this.#send();
    return end;
  }

  #whenRoom(): Promise<void> {
    if (this.#failure !== undefined) return rejected(this.#failure.error);
    if (this.#queued < MAX_QUEUED) return Promise.resolve();
    if (this.#room === undefined) {
      this.#room = Promise.withResolvers();
      this.#room.promise.catch(ignore);
    }
    return this.#room.promise;
  }

  #sealMessages(): void {
    const [first, ...more] = this.#messages;
    if (first === undefined) return;
    this.#messages = [];
    const bytes = more.length === 0 ? first : concat([first, ...more]);
    this.#sealAll(ContentType.handshake, bytes, 0);
  }

  /**
   * Seals records from `start` on until the queue holds `most` bytes.
   *
   * @returns Up to where it came.
   */
  #sealAll(
    type: number,
    bytes: Uint8Array,
    start: number,
    most = Infinity,
  ): number {
    while (start < bytes.length && this.#queued < most) {
      const left = bytes.length - start;
      const splits = this.#protection.splits && left > 1 &&
        type === ContentType.application_data;
      if (splits) {
        this.#seal(type, bytes.subarray(start, ++start));
      }
      const end = Math.min(start + this.#fragmentLimit(type), bytes.length);
      this.#seal(type, bytes.subarray(start, end));
      start = end;
    }
    return start;
  }

  /** Most content of the next record. */
  #fragmentLimit(type: number): number {
    let limit = this.#maxFragmentSize;
    const protection = this.#protection;
    if (protection !== noProtection) {
      // RFC 8449 section 4: the limit includes TLS 1.3's content type.
      const type = protection.hidesType ? 1 : 0;
      limit = Math.min(limit, this.recordSizeLimit - type);
    }
    if (type === ContentType.application_data && this.#sizing !== undefined) {
      limit = Math.min(limit, this.#sizing.next(protection.overhead));
    }
    return limit;
  }

  #seal(type: number, fragment: Uint8Array): void {
    const protection = this.#protection;
    const padding = this.#paddingOf(type, fragment.length);
    const sealed = protection.seal(type, fragment, this.#version, padding);
    const { body, prefix } = sealed;
    const isPending = body instanceof Promise;
    const record: OutgoingRecord = {
      type: sealed.type,
      version: this.#version,
      prefix,
      body: isPending ? undefined : body,
      sealing: isPending
        ? body.then((body) => {
          record.body = body;
        })
        : undefined,
      size: RECORD_HEADER_LENGTH + fragment.length + padding +
        protection.overhead,
    };
    record.sealing?.catch(ignore);
    this.#queue.push(record);
    this.#queued += record.size + RECORD_COST;
    this.#sealed++;
  }

  #paddingOf(type: number, length: number): number {
    if (this.#padding === undefined || !this.#protection.hidesType) return 0;
    const room = Math.min(MAX_PLAINTEXT_LENGTH, this.recordSizeLimit - 1) -
      length;
    return Math.max(0, Math.min(this.#padding(type, length), room));
  }

  /** Has everything that is queued leave. */
  #send(): void {
    this.#wanted = this.#sealed;
    if (this.#isPumping || this.#queue.length === 0) return;
    this.#isPumping = true;
    this.#pump();
  }

  async #pump(): Promise<void> {
    try {
      while (this.#written < this.#wanted) {
        const batch = this.#nextBatch();
        for (const record of batch) {
          if (record.body === undefined) await record.sealing;
        }
        await this.#writeBatch(batch);
        if (this.#failure !== undefined) return;
        this.#settle(batch);
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#isPumping = false;
    }
  }

  /** The records that leave together. */
  #nextBatch(): OutgoingRecord[] {
    let count = 0;
    for (let size = 0; count < this.#queue.length; count++) {
      size += (this.#queue[count] as OutgoingRecord).size;
      if (size > MAX_BATCH_LENGTH) break;
    }
    return this.#queue.splice(0, Math.max(1, count));
  }

  /** Puts a batch together in one buffer and hands it to the sink. */
  async #writeBatch(batch: OutgoingRecord[]): Promise<void> {
    let length = 0;
    for (const { prefix, body } of batch) {
      length += RECORD_HEADER_LENGTH + prefix.length +
        (body as Uint8Array).length;
    }
    const pool = this.#sink.retains ? undefined : poolFor(length);
    const buffer = pool?.take() ?? new Uint8Array(length);
    let at = 0;
    for (const record of batch) at = this.#put(buffer, at, record);
    this.#bytes += length;
    await this.#sink.write(buffer.subarray(0, length));
    // Not after an error: the transport may hold on to it then.
    pool?.give(buffer);
  }

  #put(into: Uint8Array, at: number, record: OutgoingRecord): number {
    const { type, version, prefix } = record;
    const body = record.body as Uint8Array;
    const header = { type, version, length: prefix.length + body.length };
    writeHeader(into, at, header);
    this.#onRecord?.("write", header);
    at += RECORD_HEADER_LENGTH;
    into.set(prefix, at);
    into.set(body, at + prefix.length);
    return at + header.length;
  }

  /** Tells those who waited for these records. */
  #settle(batch: OutgoingRecord[]): void {
    this.#written += batch.length;
    for (const { size } of batch) this.#queued -= size + RECORD_COST;
    if (this.#queued < MAX_QUEUED) {
      this.#room?.resolve();
      this.#room = undefined;
    }
    while (
      this.#flushes[0] !== undefined &&
      this.#flushes[0].records <= this.#written
    ) this.#flushes.shift()?.resolve();
  }

  /** Keeps the first error and lets go of everything. */
  #fail(error: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = { error };
    this.#queue.length = 0;
    this.#messages = [];
    this.#room?.reject(error);
    for (const waiter of this.#flushes.splice(0)) waiter.reject(error);
  }
}

function checkedSize(size: number): number {
  if (Number.isInteger(size) && size > 0 && size <= MAX_PLAINTEXT_LENGTH) {
    return size;
  }
  throw new RangeError(
    `Cannot have records of ${size} bytes: 1 to ${MAX_PLAINTEXT_LENGTH} are possible`,
  );
}

function ignore(): void {}

/** The same promise, which may be left unobserved. */
function observed<T>(promise: Promise<T>): Promise<T> {
  promise.catch(ignore);
  return promise;
}

function rejected(error: unknown): Promise<never> {
  return observed(Promise.reject(error));
}

/**
 * What may be queued, in bytes: a peer that does not read stops the writer
 * here. It is two batches, one on its way and one being sealed.
 */
const MAX_QUEUED: number = 1024 * 1024;

/** What a record counts for beside its bytes: many small ones are no way out. */
const RECORD_COST = 256;

/** What leaves in one write of the transport, in bytes: 31 full records. */
const MAX_BATCH_LENGTH: number = 512 * 1024;

/** The part of a key's use at which it is to be replaced. */
const KEY_UPDATE_USAGE = 7 / 8;
