/**
 * The AEAD record protection of TLS 1.2 (RFC 5246 section 6.2.3.3): with a salt
 * and an explicit nonce for GCM (RFC 5288 section 3) and CCM (RFC 6655 section
 * 3), with the sequence number in the nonce for ChaCha20-Poly1305 (RFC 7905
 * section 2).
 *
 * @module
 */

import type {
  AeadAlgorithm,
  AeadKey,
  MaybePromise,
} from "../crypto/primitives/provider.ts";
import type { AeadCipher } from "../crypto/suites/cipher_suite.ts";
import { AeadNonce, keyExhausted } from "./nonce.ts";
import {
  MAX_PLAINTEXT_LENGTH,
  readHeader,
  RECORD_HEADER_LENGTH,
} from "./plaintext.ts";
import {
  badRecordMac,
  checkedContent,
  EMPTY,
  type Fragment,
  MAX_CIPHERTEXT_LENGTH_TLS12,
  type RecordProtection,
  refuseToOpen,
  type SealedRecord,
} from "./protection.ts";
import { SEQUENCE_NUMBER_LENGTH, SequenceHeader } from "./sequence.ts";

/** Makes the protection of one direction from its key and IV. */
export function protectAead(
  cipher: AeadCipher,
  key: Uint8Array,
  iv: Uint8Array,
): MaybePromise<RecordProtection> {
  const make = (key: AeadKey) =>
    new AeadProtection(
      cipher.aead,
      key,
      cipher.recordIvLength === 0 ? new XoredNonce(iv) : new SaltedNonce(iv),
    );
  const imported = cipher.aead.importKey(key);
  return imported instanceof Promise ? imported.then(make) : make(imported);
}

/** How the nonce of a record comes about. */
interface NonceForm {
  /** The part of it that the record carries, in bytes. */
  readonly explicitLength: number;
  /** That of the record to be sealed with this header. */
  sealing(header: Uint8Array): Uint8Array;
  /** That of the record to be opened, with the explicit part that came. */
  opening(explicit: Uint8Array): Uint8Array;
}

/** RFC 5288 section 3: `salt[4]`, then `nonce_explicit[8]`. */
class SaltedNonce implements NonceForm {
  readonly explicitLength = SEQUENCE_NUMBER_LENGTH;
  readonly #nonce: Uint8Array;

  constructor(salt: Uint8Array) {
    this.#nonce = new Uint8Array(salt.length + SEQUENCE_NUMBER_LENGTH);
    this.#nonce.set(salt);
  }

  sealing(header: Uint8Array): Uint8Array {
    // "The nonce_explicit MAY be the 64-bit sequence number": never twice.
    return this.opening(header.subarray(0, SEQUENCE_NUMBER_LENGTH));
  }

  opening(explicit: Uint8Array): Uint8Array {
    this.#nonce.set(explicit, this.#nonce.length - SEQUENCE_NUMBER_LENGTH);
    return this.#nonce;
  }
}

/** RFC 7905 section 2: the sequence number exclusive-ored into the IV. */
class XoredNonce implements NonceForm {
  readonly explicitLength = 0;
  readonly #nonce: AeadNonce;

  constructor(iv: Uint8Array) {
    this.#nonce = new AeadNonce(iv);
  }

  sealing(): Uint8Array {
    return this.#nonce.next();
  }

  opening(): Uint8Array {
    return this.#nonce.next();
  }
}

class AeadProtection implements RecordProtection {
  readonly hidesType = false;
  readonly overhead: number;
  readonly maxBodyLength = MAX_CIPHERTEXT_LENGTH_TLS12;
  readonly splits = false;
  readonly #key: AeadKey;
  readonly #nonce: NonceForm;
  readonly #header = new SequenceHeader();
  readonly #limit: number;
  #sealed = 0;

  constructor(algorithm: AeadAlgorithm, key: AeadKey, nonce: NonceForm) {
    this.#key = key;
    this.#nonce = nonce;
    this.overhead = nonce.explicitLength + algorithm.tagLength;
    // RFC 9846 section 5.5 counts full-size records. Nothing replaces a key of
    // TLS 1.2, so what short records leave of that is not given away.
    this.#limit = algorithm.confidentialityLimit * MAX_PLAINTEXT_LENGTH;
  }

  get sequenceNumber(): number {
    return this.#header.sequenceNumber;
  }

  get usage(): number {
    return this.#sealed / this.#limit;
  }

  seal(type: number, fragment: Uint8Array, version: number): SealedRecord {
    if (this.#sealed >= this.#limit) throw keyExhausted();
    this.#sealed += fragment.length + ADDITIONAL_BLOCKS_LENGTH;
    const header = this.#header.next(type, version, fragment.length);
    const nonce = this.#nonce.sealing(header);
    const explicit = this.#nonce.explicitLength;
    const { ciphertext, tag } = this.#key.seal(nonce, fragment, header);
    return {
      type,
      prefix: explicit === 0 ? EMPTY : header.slice(0, explicit),
      body: ciphertext,
      tag,
    };
  }

  open(record: Uint8Array): MaybePromise<Fragment> {
    const { type, version, length } = readHeader(record);
    const start = RECORD_HEADER_LENGTH + this.#nonce.explicitLength;
    if (length < this.overhead) throw badRecordMac();
    const header = this.#header.next(type, version, length - this.overhead);
    const nonce = this.#nonce.opening(
      record.subarray(RECORD_HEADER_LENGTH, start),
    );
    let opened;
    try {
      opened = this.#key.open(nonce, record.subarray(start), header);
    } catch (error) {
      refuseToOpen(error);
    }
    const content = (bytes: Uint8Array) => checkedContent(type, bytes);
    return opened instanceof Promise
      ? opened.then(content, refuseToOpen)
      : content(opened);
  }
}

/** What the additional data and the lengths add to what GCM works through. */
const ADDITIONAL_BLOCKS_LENGTH = 32;
