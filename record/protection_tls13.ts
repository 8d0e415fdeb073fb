/**
 * The record protection of TLS 1.3 (RFC 9846 sections 5.2 to 5.5):
 * TLSInnerPlaintext with its padding, the header as additional data, and the
 * sequence number in the nonce.
 *
 * @module
 */

import type {
  AeadAlgorithm,
  AeadKey,
  MaybePromise,
} from "../crypto/primitives/provider.ts";
import { TlsProtocolError } from "../errors.ts";
import { ContentType, ProtocolVersion } from "../registry.ts";
import { MAX_PLAINTEXT_LENGTH, RECORD_HEADER_LENGTH } from "./plaintext.ts";
import {
  EMPTY,
  type Fragment,
  MAX_CIPHERTEXT_LENGTH_TLS13,
  type RecordProtection,
  refuseToOpen,
  type SealedRecord,
} from "./protection.ts";
import { AeadNonce, keyExhausted } from "./nonce.ts";

/** A traffic key and IV (RFC 9846 section 7.3). */
export interface TrafficKeys {
  /** `[sender]_write_key`. */
  readonly key: Uint8Array;
  /** `[sender]_write_iv`. */
  readonly iv: Uint8Array;
}

/** Makes the protection of one direction from its traffic keys. */
export function protectTls13(
  algorithm: AeadAlgorithm,
  keys: TrafficKeys,
): MaybePromise<RecordProtection> {
  const key = algorithm.importKey(keys.key);
  return key instanceof Promise
    ? key.then((key) => new Tls13Protection(algorithm, key, keys.iv))
    : new Tls13Protection(algorithm, key, keys.iv);
}

class Tls13Protection implements RecordProtection {
  readonly hidesType = true;
  readonly overhead: number;
  readonly maxBodyLength = MAX_CIPHERTEXT_LENGTH_TLS13;
  readonly splits = false;
  readonly #algorithm: AeadAlgorithm;
  readonly #key: AeadKey;
  readonly #nonce: AeadNonce;

  constructor(algorithm: AeadAlgorithm, key: AeadKey, iv: Uint8Array) {
    this.#key = key;
    this.#algorithm = algorithm;
    this.overhead = 1 + algorithm.tagLength;
    this.#nonce = new AeadNonce(iv);
  }

  get sequenceNumber(): number {
    return this.#nonce.sequenceNumber;
  }

  get usage(): number {
    return this.sequenceNumber / this.#algorithm.confidentialityLimit;
  }

  seal(
    type: number,
    fragment: Uint8Array,
    _version: number,
    padding = 0,
  ): SealedRecord {
    const { confidentialityLimit, tagLength } = this.#algorithm;
    if (this.sequenceNumber >= confidentialityLimit) throw keyExhausted();
    const inner = innerPlaintext(type, fragment, padding);
    const length = inner.length + tagLength;
    // RFC 9846 section 5.2: additional_data is the record's header.
    additionalData[3] = length >> 8;
    additionalData[4] = length & 0xff;
    const { ciphertext, tag } = this.#key.seal(
      this.#nonce.next(),
      inner,
      additionalData,
    );
    return {
      type: ContentType.application_data,
      prefix: EMPTY,
      body: ciphertext,
      tag,
    };
  }

  open(record: Uint8Array): MaybePromise<Fragment> {
    // RFC 9846 section 5.2: opaque_type is always that of application_data.
    if (record[0] !== ContentType.application_data) throw unprotected(record);
    const nonce = this.#nonce.next();
    let opened;
    try {
      opened = this.#key.open(
        nonce,
        record.subarray(RECORD_HEADER_LENGTH),
        record.subarray(0, RECORD_HEADER_LENGTH),
      );
    } catch (error) {
      refuseToOpen(error);
    }
    return opened instanceof Promise
      ? opened.then(readInnerPlaintext, refuseToOpen)
      : readInnerPlaintext(opened);
  }

  undo(): void {
    this.#nonce.undo();
  }
}

/** RFC 9846 section 5: the error of a record that no key was used for. */
function unprotected([type]: Uint8Array): TlsProtocolError {
  return new TlsProtocolError(
    "unexpected_message",
    `Cannot accept a record: expected a protected record, got a plaintext one of type ${type}`,
  );
}

/** Puts TLSInnerPlaintext together in a buffer that the next call reuses. */
function innerPlaintext(
  type: number,
  fragment: Uint8Array,
  padding: number,
): Uint8Array {
  const length = fragment.length + 1 + padding;
  if (length > MAX_INNER_LENGTH) {
    throw new RangeError(
      `Cannot seal a record: expected at most ${MAX_INNER_LENGTH} bytes of TLSInnerPlaintext, got ${length}`,
    );
  }
  scratch ??= new Uint8Array(MAX_INNER_LENGTH);
  scratch.set(fragment);
  scratch[fragment.length] = type;
  scratch.fill(0, fragment.length + 1, length);
  return scratch.subarray(0, length);
}

/** Finds the content type behind the content and in front of the zeros. */
function readInnerPlaintext(inner: Uint8Array): Fragment {
  // RFC 9846 section 5.4: the full length, padding included, has the limit.
  if (inner.length > MAX_INNER_LENGTH) {
    throw new TlsProtocolError(
      "record_overflow",
      `Cannot accept a record: expected at most ${MAX_INNER_LENGTH} bytes of TLSInnerPlaintext, got ${inner.length}`,
    );
  }
  let at = inner.length - 1;
  while (at >= 0 && inner[at] === 0) at--;
  const type = inner[at];
  if (type === undefined) {
    throw new TlsProtocolError(
      "unexpected_message",
      "Cannot accept a record: it has no content type, only padding",
    );
  }
  return { type, bytes: inner.subarray(0, at) };
}

/** Content and content type (RFC 9846 section 5.4). */
const MAX_INNER_LENGTH: number = MAX_PLAINTEXT_LENGTH + 1;

/** The header of each TLSCiphertext; its length is filled in for each. */
const additionalData: Uint8Array = Uint8Array.of(
  ContentType.application_data,
  ProtocolVersion["TLSv1.2"] >> 8,
  ProtocolVersion["TLSv1.2"] & 0xff,
  0,
  0,
);

/** One for all: a key takes its input before the call returns. */
let scratch: Uint8Array | undefined;
