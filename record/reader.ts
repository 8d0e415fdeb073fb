/**
 * Records in: from the transport's bytes to fragments, in order. Where opening
 * a record takes a promise, several are opened at once, ahead of knowing that
 * the keys stay; when they change, those are opened again.
 *
 * @module
 */

import { concat } from "@std/bytes";
import type { MaybePromise } from "../crypto/primitives/provider.ts";
import { TlsProtocolError, TlsTruncatedError } from "../errors.ts";
import { ContentType, ProtocolVersion } from "../registry.ts";
import { ALERT_LENGTH } from "./alert.ts";
import { type ChangeCipherSpecPolicy, FragmentRules } from "./budgets.ts";
import { EarlyDataSkip } from "./early_data.ts";
import { type FeedListener, RecordFeed } from "./feed.ts";
import { RecordInput } from "./input.ts";
import type { Others } from "./not_tls.ts";
import {
  checkHeader,
  isContentType,
  RECORD_HEADER_LENGTH,
} from "./plaintext.ts";
import {
  type Fragment,
  MAX_CIPHERTEXT_LENGTH_TLS13,
  noProtection,
  type RecordProtection,
} from "./protection.ts";
import { QueuedRecord } from "./queued_record.ts";
import { readShare, type Share } from "./share.ts";
import type {
  ByteSource,
  RecordHeader,
  RecordObserver,
  RecordStats,
} from "./transport.ts";

/** Options of {@linkcode RecordReader}. */
export interface RecordReaderOptions {
  /** Bytes that were read from the source before, and are read first. */
  readonly initialData?: Uint8Array | undefined;
  /** Called for each record when its turn comes. */
  readonly onRecord?: RecordObserver | undefined;
  /** Says how much may be read ahead. @default {readShare} */
  readonly readShare?: Share | undefined;
}

/** What `detach` gives. */
export interface DetachedInput {
  /** Bytes that were read from the source and belong to no record so far. */
  readonly bytes: Uint8Array;
  /** A read of the source that is under way, if there is one. */
  readonly pending: Promise<Uint8Array | null> | undefined;
}

/** Reads records. */
export class RecordReader implements FeedListener {
  /**
   * The record_size_limit that we sent (RFC 8449 section 4), in bytes. It
   * counts for protected records; in TLS 1.3 it includes type and padding.
   */
  recordSizeLimit: number = Infinity;
  /** The one that holds from the next keys on. */
  nextRecordSizeLimit: number | undefined;
  /**
   * The length that max_fragment_length has settled (RFC 6066 section 4), in
   * bytes: of the content of protected records.
   */
  maxFragmentLength: number = Infinity;
  /** Called for each record when its turn comes. */
  onRecord: RecordObserver | undefined;
  /** Explains bytes that are not a record: {@linkcode others}, once it is loaded. */
  others: Others | undefined;
  readonly #input: RecordInput;
  readonly #feed: RecordFeed;
  readonly #rules = new FragmentRules();
  readonly #queue: QueuedRecord[] = [];
  #protection: RecordProtection = noProtection;
  #version: number | undefined;
  readonly #share: Share;
  #readsAhead = false;
  /** Whether the last record was not opened at once. */
  #isAsync = false;
  /** The error of the next header, thrown when its turn comes. */
  #headerError: unknown;
  /** The first error, for all later calls. */
  #failure: { readonly error: unknown } | undefined;
  #waiter: PromiseWithResolvers<Fragment | undefined> | undefined;
  /** A record was authentic, so the peer has the keys. */
  #hasOpened = false;
  #earlyData: EarlyDataSkip | undefined;
  #onEnd: ((error?: unknown) => void) | undefined;
  #records = 0;

  constructor(source: ByteSource, options: RecordReaderOptions = {}) {
    this.#share = options.readShare ?? readShare;
    this.#input = new RecordInput(options.initialData, this.#share);
    this.#feed = new RecordFeed(source, this.#input, this);
    this.onRecord = options.onRecord;
  }

  /** Counts of what the transport has delivered. */
  get stats(): RecordStats {
    return { bytes: this.#feed.bytes, records: this.#records };
  }

  /** What becomes of change_cipher_spec records. @default {"refuse"} */
  get changeCipherSpec(): ChangeCipherSpecPolicy {
    return this.#rules.changeCipherSpec;
  }
  set changeCipherSpec(policy: ChangeCipherSpecPolicy) {
    this.#rules.changeCipherSpec = policy;
  }

  /**
   * Returns the next fragment, without a promise if it is there already, or
   * `undefined` at the transport's end. Call it once at a time, and await it. The
   * caller may keep the bytes.
   *
   * @throws {TlsProtocolError} If the peer breaks a rule.
   * @throws {TlsError} `not_tls`, if the peer does not speak TLS.
   * @throws {TlsTruncatedError} If the transport ends in a record's middle.
   */
  read(): MaybePromise<Fragment | undefined> {
    if (this.#waiter !== undefined) {
      throw new TypeError("Cannot read a record: a read is under way");
    }
    const fragment = this.#next();
    if (fragment !== null) return fragment;
    const waiter = this.#waiter = Promise.withResolvers();
    this.#readOn();
    return waiter.promise;
  }

  /**
   * Returns the next fragment if it is there already. Otherwise `undefined`:
   * `read` says whether more is to come, or throws the error.
   */
  tryRead(): Fragment | undefined {
    try {
      return this.#next() ?? undefined;
    } catch {
      return undefined; // It is kept in #failure.
    }
  }

  /**
   * Opens the records behind the last fragment that was read with `protection`;
   * those that have been opened ahead of their turn are opened again.
   */
  setProtection(protection: RecordProtection): void {
    this.#protection = protection;
    this.recordSizeLimit = this.nextRecordSizeLimit ?? this.recordSizeLimit;
    const queued = this.#queue.splice(0);
    for (const record of queued) {
      const again = new QueuedRecord(record.slice, record.header);
      this.#queue.push(again);
      this.#open(again);
    }
    this.#advance();
  }

  /**
   * From here on records must have the version that was negotiated; those of
   * TLS 1.3 may have any (RFC 9846 section 5.1).
   */
  setVersion(version: number): void {
    this.#version = version;
  }

  /**
   * Opens records ahead of their turn, now that keys rarely change: as many at
   * once as this connection's share of memory has room for.
   */
  startReadAhead(): void {
    this.#readsAhead = true;
  }

  /**
   * Drops the rest of early data that was rejected: records that do not open or,
   * before there are keys, application_data, up to the first record of another
   * kind (RFC 9846 section 4.3.10). Call it in the handshake.
   *
   * @param maxBytes The limit; more early data is `unexpected_message`.
   */
  skipEarlyData(maxBytes: number): void {
    this.#earlyData = new EarlyDataSkip(maxBytes);
  }

  /** Drops none: early data was accepted. */
  keepEarlyData(): void {
    this.#earlyData = undefined;
  }

  /**
   * Waits for the transport's end after the last record. If bytes come instead,
   * they stay unread and `onEnd` is not called.
   *
   * @param onEnd Called with the transport's error, if it has failed.
   */
  watchEnd(onEnd: (error?: unknown) => void): void {
    this.#onEnd = onEnd;
    this.#input.shrink();
    if (this.#feed.ended === undefined) this.#feed.read(RECORD_HEADER_LENGTH);
    else this.onMore();
  }

  /** Ends reading and returns the bytes that were read ahead. */
  detach(): DetachedInput {
    const bytes = concat([
      ...this.#queue.map(({ slice }) => slice.bytes),
      this.#input.peek(this.#input.length),
    ]);
    const pending = this.#feed.stop();
    this.cancel(new TypeError("Cannot read a record: reading was ended"));
    return { bytes, pending };
  }

  /** Ends reading: calls in progress and all later calls reject with the error. */
  cancel(reason: unknown): void {
    this.fail({ error: reason });
  }

  /** The same; the error is asked for where a call rejects. */
  fail(failure: { readonly error: unknown }): void {
    if (this.#failure !== undefined) return;
    this.#failure = failure;
    this.#feed.stop();
    // Everything is dropped.
    for (const { slice } of this.#queue.splice(0)) this.#input.release(slice);
    this.#input.clear();
    this.#waiter?.reject(failure.error);
    this.#waiter = undefined;
  }

  /** The next fragment, `undefined` at the end, `null` where it takes time. */
  #next(): Fragment | undefined | null {
    if (this.#failure !== undefined) throw this.#failure.error;
    try {
      for (;;) {
        this.#fill();
        const record = this.#queue[0];
        if (record === undefined) return this.#end();
        if (record.isPending) return null;
        this.#queue.shift();
        this.#input.release(record.slice);
        const fragment = this.#judge(record);
        if (fragment !== undefined) return fragment;
      }
    } catch (error) {
      this.cancel(error);
      throw error;
    }
  }

  /** Starts opening the records that are there, as many as the window has. */
  #fill(): void {
    const window = this.#windowSize();
    while (this.#queue.length < window) {
      // What is opened at once is opened when its turn comes.
      if (this.#queue.length > 0 && !this.#isAsync) return;
      const header = this.#header();
      if (header === undefined) return;
      const length = RECORD_HEADER_LENGTH + header.length;
      if (this.#input.length < length) return;
      const record = new QueuedRecord(this.#input.take(length), header);
      this.#queue.push(record);
      this.#open(record);
      this.#isAsync = record.isPending;
    }
  }

  /**
   * Records that are being opened at once; one where an opening may have to be
   * taken back. It bounds what is read ahead: these records and one buffer.
   */
  #windowSize(): number {
    const isFree = this.#readsAhead && this.#earlyData?.isOver !== false;
    return isFree ? this.#share.records : 1;
  }

  /** The next record's header if it is there and as it must be. */
  #header(): RecordHeader | undefined {
    const isFirst = this.#records === 0;
    const { header } = this.#input;
    if (header === undefined) return undefined;
    try {
      if (!isContentType(header.type)) this.#refuseOthers(isFirst);
      checkHeader(header, {
        maxLength: this.#maxBodyLength(),
        version: this.#version === ProtocolVersion["TLSv1.3"]
          ? undefined
          : this.#version,
      });
    } catch (error) {
      this.#headerError = error;
      return undefined;
    }
    return header;
  }

  /** Early data that is skipped has the limit of protected records. */
  #maxBodyLength(): number {
    return this.#earlyData === undefined
      ? this.#protection.maxBodyLength
      : MAX_CIPHERTEXT_LENGTH_TLS13;
  }

  #refuseOthers(isFirst: boolean): void {
    const bytes = this.#input.peek(this.#input.length);
    const error = this.others?.(bytes, isFirst);
    if (error !== undefined) throw error;
  }

  #open(record: QueuedRecord): void {
    if (this.#isUnprotected(record.header)) {
      record.open(noProtection, ignore);
    } else {
      record.open(this.#protection, () => {
        if (record === this.#queue[0]) this.#advance();
      });
    }
  }

  /**
   * Records that keys do not apply to. In TLS 1.3 change_cipher_spec is never
   * protected (RFC 9846 section 5); an alert may come from a peer that failed
   * to get keys, as long as none of its records has been opened. Under later
   * keys there is none: anybody could end the data by a close_notify.
   */
  #isUnprotected({ type, length }: RecordHeader): boolean {
    if (!this.#protection.hidesType) return false;
    return type === ContentType.change_cipher_spec ||
      type === ContentType.alert && length === ALERT_LENGTH &&
        !this.#hasOpened && this.#protection.sequenceNumber === 0;
  }

  /** The fragment of a record whose turn has come, if it brings something. */
  #judge(record: QueuedRecord): Fragment | undefined {
    const { header } = record;
    this.#records++;
    this.onRecord?.("read", header);
    if (this.#earlyData?.drops(record)) return undefined;
    const fragment = record.result();
    const { protection } = record;
    const isTls13 = protection.hidesType;
    if (isTls13) this.#hasOpened = true;
    const size = isTls13
      ? header.length + 1 - protection.overhead
      : fragment.bytes.length;
    // RFC 8449 section 4.
    if (protection !== noProtection && size > this.recordSizeLimit) {
      throw new TlsProtocolError(
        "record_overflow",
        `Cannot accept a record: expected at most ${this.recordSizeLimit} bytes (record_size_limit), got ${size}`,
      );
    }
    const isProtected = protection !== noProtection;
    if (isProtected && fragment.bytes.length > this.maxFragmentLength) {
      throw new TlsProtocolError(
        "record_overflow",
        `Cannot accept a record: expected at most ${this.maxFragmentLength} bytes (max_fragment_length), got ${fragment.bytes.length}`,
      );
    }
    return this.#rules.accept(fragment, isProtected, isTls13)
      ? fragment
      : undefined;
  }

  /** What there is when no record is: more to read, an error, or the end. */
  #end(): undefined | null {
    if (this.#headerError !== undefined) throw this.#headerError;
    const { ended } = this.#feed;
    if (ended === undefined) return null;
    if ("error" in ended) throw ended.error;
    if (this.#input.length === 0) {
      this.#input.clear();
      return undefined;
    }
    if (this.#records === 0) this.#refuseOthers(true);
    throw new TlsTruncatedError(
      "The transport ended in the middle of a record",
    );
  }

  /** Settles the read that is waiting, if its fragment is there now. */
  #advance(): void {
    const waiter = this.#waiter;
    if (waiter === undefined) return;
    try {
      const fragment = this.#next();
      if (fragment === null) return this.#readOn();
      this.#waiter = undefined;
      waiter.resolve(fragment);
    } catch {
      // #fail has rejected it.
    }
  }

  /**
   * Reads from the source, also while records are being opened: but only while
   * somebody waits for a fragment, and only if no record is left unopened.
   */
  #readOn(): void {
    if (this.#queue.length >= this.#windowSize()) return;
    const needed = this.#neededLength();
    if (needed > this.#input.length) this.#feed.read(needed);
  }

  /** Length of the next record with its header, as far as it is known. */
  #neededLength(): number {
    const header = this.#header();
    return RECORD_HEADER_LENGTH + (header?.length ?? 0);
  }

  /** There are more bytes, or there is the end. */
  onMore(): void {
    const { ended } = this.#feed;
    if (ended !== undefined) this.#onEnd?.(ended.error);
    if (this.#waiter !== undefined) this.#advance();
    else if (this.#readsAhead) this.#fill();
  }
}

function ignore(): void {}
