/**
 * Records out: from content of a type to sealed records, in order. They are
 * sealed as they are written, several at once where that takes promises.
 *
 * @module
 */

import { concat } from "@std/bytes";
import { ContentType, ProtocolVersion } from "../registry.ts";
import { observed, RecordOutput, rejected } from "./output.ts";
import { MAX_PLAINTEXT_LENGTH, RECORD_HEADER_LENGTH } from "./plaintext.ts";
import { EMPTY, noProtection, type RecordProtection } from "./protection.ts";
import { RecordSizing } from "./record_sizing.ts";
import type { Share } from "./share.ts";
import type { ByteSink, RecordObserver, RecordStats } from "./transport.ts";

/**
 * Says how many zeros to put behind the content of a record of TLS 1.3
 * (RFC 9846 section 5.4), by its type and length in bytes. More than there is
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
  /** Called for each record when it is sealed. */
  readonly onRecord?: RecordObserver | undefined;
  /** The time in milliseconds, for `dynamicRecordSizing`. */
  readonly now?: (() => number) | undefined;
  /** Says how much may be queued. @default {writeShare} */
  readonly writeShare?: Share | undefined;
}

/** Writes records. */
export class RecordWriter {
  /** The peer's record_size_limit (RFC 8449), as it sent it, in bytes. */
  recordSizeLimit: number = Infinity;
  /** The one that holds from the next keys on. */
  nextRecordSizeLimit: number | undefined;
  readonly #output: RecordOutput;
  #padding: PaddingPolicy | undefined;
  #sizing: RecordSizing | undefined;
  #maxFragmentSize: number;
  #protection: RecordProtection = noProtection;
  #version: number = ProtocolVersion["TLSv1.2"];
  /** Handshake messages that may still go into one record with the next. */
  #messages: Uint8Array[] | undefined;
  /** Records up to the last one of application data. */
  #lastData = 0;
  /** Application data was given to be written after an error. */
  #hasLostData = false;
  /** The write that is not all sealed, or waits for room. */
  #writing: Promise<void> | undefined;

  constructor(sink: ByteSink, options: RecordWriterOptions = {}) {
    this.#output = new RecordOutput(sink, options.onRecord, options.writeShare);
    this.#maxFragmentSize = checkedSize(
      options.maxFragmentSize ?? MAX_PLAINTEXT_LENGTH,
    );
    this.#padding = options.padding;
    if (options.dynamicRecordSizing) {
      this.#sizing = new RecordSizing(options.now);
    }
  }

  /**
   * Hides the length of handshake messages in TLS 1.3, unless there is padding
   * already.
   *
   * @param fixed A record of no more content, in bytes, says nothing by its length.
   */
  hideHandshakeLengths(fixed: number): void {
    this.#padding ??= (type, length) =>
      type === ContentType.handshake && length > fixed
        ? -length & (PADDED_UNIT - 1)
        : 0;
  }

  /** Applies other options to what is written from here on. */
  configure(options: RecordWriterOptions): void {
    this.maxFragmentSize = options.maxFragmentSize ?? MAX_PLAINTEXT_LENGTH;
    this.#padding = options.padding;
    this.#sizing = options.dynamicRecordSizing
      ? this.#sizing ?? new RecordSizing(options.now)
      : undefined;
    this.#output.onRecord = options.onRecord;
  }

  /** Counts of what the transport has taken. */
  get stats(): RecordStats {
    return this.#output.stats;
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

  /** Called for each record that is written. */
  set onRecord(observe: RecordObserver | undefined) {
    this.#output.onRecord = observe;
  }

  /**
   * Whether the key is near its limit, so that a KeyUpdate is due (RFC 9846
   * section 5.5). Beyond the limit nothing is sealed.
   */
  get keyUpdateDue(): boolean {
    return this.#protection.usage >= KEY_UPDATE_USAGE;
  }

  /**
   * Whether application data that was given to `write` is not with the
   * transport: it waits for that or, after an error, is lost.
   */
  get hasUnsentData(): boolean {
    return this.#writing !== undefined || this.#hasLostData ||
      this.#output.stats.records < this.#lastData;
  }

  /** The write of application data that waits for room, if there is one. */
  get pending(): Promise<void> | undefined {
    return this.#writing;
  }

  /**
   * Seals content of one type and queues its records. application_data is sent
   * at once, with all that is queued; other types are sent by `flush`. Handshake
   * messages of one epoch share records: do not change their bytes before that.
   *
   * @returns A promise if the queue is full. It resolves when there is room; do
   * not change the bytes before that. It rejects, like all later calls, if the
   * transport fails. It need not be awaited.
   */
  write(type: number, bytes: Uint8Array): Promise<void> | undefined {
    const output = this.#output;
    const isData = type === ContentType.application_data;
    if (output.failure !== undefined) {
      this.#hasLostData ||= isData;
      return rejected(output.failure.error);
    }
    try {
      if (isData) return this.#writeData(bytes);
      this.#writeOther(type, bytes);
    } catch (error) {
      output.fail({ error });
      return rejected(error);
    }
    return output.isFull ? output.whenRoom() : undefined;
  }

  /** Resolves once all that has been written so far is with the transport. */
  flush(): Promise<void> {
    const flush = () => {
      this.#endMessages();
      return this.#output.flush();
    };
    return this.#writing === undefined
      ? flush()
      : observed(this.#writing.then(flush));
  }

  /** Protects what is written from now on. */
  setProtection(protection: RecordProtection): void {
    // RFC 9846 section 5.1: messages do not span a change of keys.
    this.#endMessages();
    this.#protection = protection;
    this.recordSizeLimit = this.nextRecordSizeLimit ?? this.recordSizeLimit;
  }

  /**
   * The version in the headers from now on: TLS 1.2's at first and in TLS 1.3
   * (RFC 9846 section 5.1), later the one that was negotiated.
   */
  setVersion(version: number): void {
    this.#version = Math.min(version, ProtocolVersion["TLSv1.2"]);
  }

  /** Ends writing: calls in progress and all later calls reject with the error. */
  abort(reason: unknown): void {
    this.fail({ error: reason });
  }

  /** The same; the error is asked for where a call rejects. */
  fail(failure: { readonly error: unknown }): void {
    this.#output.fail(failure);
  }

  /** Seals the messages that are left; the next call throws an error of this. */
  #endMessages(): void {
    if (this.#output.failure !== undefined) return;
    try {
      this.#sealMessages();
    } catch (error) {
      this.#output.fail({ error });
    }
  }

  #writeOther(type: number, bytes: Uint8Array): void {
    if (type === ContentType.handshake) {
      (this.#messages ??= []).push(bytes);
      // Unprotected messages each have records of their own, as some peers
      // know no better (BoringSSL, tls_add_message).
      if (this.#protection !== noProtection) return;
    }
    this.#sealMessages();
    if (type !== ContentType.handshake) this.#sealAll(type, bytes, 0);
  }

  #writeData(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#writing !== undefined) {
      return this.#keep(this.#writing.then(() => this.#writeRest(bytes, 0)));
    }
    const end = this.#sealData(bytes, 0);
    if (end === bytes.length && !this.#output.isFull) return undefined;
    return this.#keep(this.#writeRest(bytes, end));
  }

  async #writeRest(bytes: Uint8Array, end: number): Promise<void> {
    try {
      while (end < bytes.length) {
        await this.#output.whenRoom();
        end = this.#sealData(bytes, end);
      }
    } catch (error) {
      this.#output.fail({ error });
      throw error;
    }
    await this.#output.whenRoom();
  }

  /** Makes later writes of application data wait for this one. */
  #keep(writing: Promise<void | undefined>): Promise<void> {
    const kept: Promise<void> = writing.finally(() => {
      if (this.#writing === kept) this.#writing = undefined;
    });
    return this.#writing = observed(kept);
  }

  /** Seals as much as there is room for, and sends it. */
  #sealData(bytes: Uint8Array, start: number): number {
    this.#sealMessages();
    const type = ContentType.application_data;
    const end = this.#sealAll(type, bytes, start, () => this.#output.isFull);
    this.#lastData = this.#output.added;
    this.#output.send();
    return end;
  }

  #sealMessages(): void {
    if (this.#messages === undefined) return;
    const [first = EMPTY, ...more] = this.#messages;
    this.#messages = undefined;
    const bytes = more.length === 0 ? first : concat([first, ...more]);
    this.#sealAll(ContentType.handshake, bytes, 0);
  }

  /**
   * Seals records from `start` on.
   *
   * @returns The offset behind the last byte that was sealed.
   */
  #sealAll(
    type: number,
    bytes: Uint8Array,
    start: number,
    isFull: () => boolean = never,
  ): number {
    while (start < bytes.length && !isFull()) {
      // BEAST: with an IV that the peer has seen a chosen first block would be
      // a test of a guess; one byte with its MAC before it makes that random.
      if (
        this.#protection.splits && bytes.length - start > 1 &&
        type === ContentType.application_data
      ) this.#seal(type, bytes.subarray(start, ++start));
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
    const size = RECORD_HEADER_LENGTH + fragment.length + padding +
      protection.overhead;
    this.#output.add(sealed, this.#version, size);
  }

  #paddingOf(type: number, length: number): number {
    if (this.#padding === undefined || !this.#protection.hidesType) return 0;
    const zeros = Math.floor(this.#padding(type, length));
    const limit = Math.min(MAX_PLAINTEXT_LENGTH, this.recordSizeLimit - 1);
    return zeros > 0 ? Math.min(zeros, limit - length) : 0;
  }
}

/** What the content of other handshake records is a multiple of, in bytes. */
const PADDED_UNIT = 512;

function checkedSize(size: number): number {
  if (Number.isInteger(size) && size > 0 && size <= MAX_PLAINTEXT_LENGTH) {
    return size;
  }
  throw new RangeError(
    `Cannot use maxFragmentSize ${size}: must be 1 to ${MAX_PLAINTEXT_LENGTH}`,
  );
}

function never(): boolean {
  return false;
}

/** The part of its limit at which a key is replaced. */
const KEY_UPDATE_USAGE = 7 / 8;
