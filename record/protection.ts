/**
 * Record protection: one direction of one epoch. The forms are in
 * `protection_tls13.ts`, `protection_aead.ts`, `protection_cbc.ts` and
 * `protection_stream.ts`; here is what they share, and the first epoch, which
 * has none.
 *
 * @module
 */

import type { MaybePromise } from "../crypto/primitives/provider.ts";
import { TlsProtocolError } from "../errors.ts";
import { MAX_PLAINTEXT_LENGTH, RECORD_HEADER_LENGTH } from "./plaintext.ts";

/** A content type with its bytes: what a record held once it is opened. */
export interface Fragment {
  /** ContentType (RFC 9846 section 5.1). */
  readonly type: number;
  /** The content: never empty but for application_data. */
  readonly bytes: Uint8Array;
}

/** A record that lacks nothing but its header. */
export interface SealedRecord {
  /** The ContentType of the header: in TLS 1.3 always application_data. */
  readonly type: number;
  /** What stands before the ciphertext: an explicit nonce or IV, or nothing. */
  readonly prefix: Uint8Array;
  /** The ciphertext. */
  readonly body: MaybePromise<Uint8Array>;
  /** What stands behind it: a tag, where that is not part of the body. */
  readonly tag?: Uint8Array | undefined;
}

/**
 * Protects the records of one direction while one key is in force. The
 * sequence number is inside and is fixed when a call is made, before anything
 * is awaited: calls may overlap, and their order is the records' order. Inputs
 * may be reused as soon as a call returns.
 */
export interface RecordProtection {
  /** Whether the record's type is inside the ciphertext: TLS 1.3. */
  readonly hidesType: boolean;
  /** By how many bytes at most a record's body is longer than its content. */
  readonly overhead: number;
  /** The longest body that a record may have, in bytes. */
  readonly maxBodyLength: number;
  /** Whether application data must be split 1/n−1 (TLS 1.0 with CBC). */
  readonly splits: boolean;
  /** How many records have been sealed or opened. */
  readonly sequenceNumber: number;
  /** How much of what the key may protect is used up, from 0 to 1. */
  readonly usage: number;

  /**
   * Seals one record. `version` is the one in the header.
   *
   * @param padding Zeros to add behind the content: TLS 1.3 alone.
   * @throws {TlsProtocolError} `internal_error`, at the limit of the key.
   */
  seal(
    type: number,
    fragment: Uint8Array,
    version: number,
    padding?: number,
  ): SealedRecord;

  /**
   * Opens one record, which is given with its header.
   *
   * @throws {TlsProtocolError} `bad_record_mac`, whatever is wrong with it;
   * `record_overflow`, if its content is too long; `unexpected_message`, if
   * there is no content type in it (TLS 1.3).
   */
  open(record: Uint8Array): MaybePromise<Fragment>;

  /**
   * Reverts the last opening, of a record that is skipped (rejected early data,
   * RFC 9846 section 4.3.10). TLS 1.3 only.
   */
  undo?(): void;
}

/** What goes over the wire before there are keys (RFC 9846 section 5.1). */
export const noProtection: RecordProtection = {
  hidesType: false,
  overhead: 0,
  maxBodyLength: MAX_PLAINTEXT_LENGTH,
  splits: false,
  sequenceNumber: 0,
  usage: 0,
  seal: (type, fragment) => ({
    type,
    prefix: EMPTY,
    body: fragment.slice(),
  }),
  open: (record) =>
    checkedContent(record[0] as number, record.slice(RECORD_HEADER_LENGTH)),
};

/**
 * Returns a fragment that is not longer than `TLSPlaintext.fragment` may be.
 *
 * @throws {TlsProtocolError} `record_overflow` (RFC 5246 section 6.2.1).
 */
export function checkedContent(type: number, bytes: Uint8Array): Fragment {
  if (bytes.length <= MAX_PLAINTEXT_LENGTH) return { type, bytes };
  throw new TlsProtocolError(
    "record_overflow",
    `Cannot accept a record: expected at most ${MAX_PLAINTEXT_LENGTH} bytes of content, got ${bytes.length}`,
  );
}

/**
 * Throws the error of a key that has not opened a record: `bad_record_mac` where
 * it found the record wrong, and its own where it could not work.
 */
export function refuseToOpen(error: unknown): never {
  throw error instanceof TlsProtocolError ? badRecordMac() : error;
}

/** The one error of a record that does not open, whatever is wrong with it. */
export function badRecordMac(): TlsProtocolError {
  return new TlsProtocolError(
    "bad_record_mac",
    "Cannot open a record: it was altered on the way, or the keys differ",
  );
}

/** No bytes. */
export const EMPTY: Uint8Array<ArrayBuffer> = new Uint8Array(0);

/** `TLSCiphertext.length` of TLS 1.2 and below (RFC 5246 section 6.2.3). */
export const MAX_CIPHERTEXT_LENGTH_TLS12: number = MAX_PLAINTEXT_LENGTH + 2048;

/** `TLSCiphertext.length` of TLS 1.3 (RFC 9846 section 5.2). */
export const MAX_CIPHERTEXT_LENGTH_TLS13: number = MAX_PLAINTEXT_LENGTH + 256;
