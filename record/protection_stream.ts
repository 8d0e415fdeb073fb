/**
 * The stream cipher record protection of TLS 1.2 and below (RFC 5246 section
 * 6.2.3.1): content and MAC under one key stream that goes on from record to
 * record.
 *
 * @module
 */

import { bulkHmacKey } from "../crypto/primitives/bulk_hmac.ts";
import { equalConstantTime } from "../crypto/primitives/bytes.ts";
import type { StreamMacCipher } from "../crypto/suites/cipher_suite.ts";
import type {
  HmacKey,
  StreamCipherKey,
} from "../crypto/primitives/provider.ts";
import { readHeader, RECORD_HEADER_LENGTH } from "./plaintext.ts";
import {
  badRecordMac,
  checkedContent,
  EMPTY,
  type Fragment,
  MAX_CIPHERTEXT_LENGTH_TLS12,
  type RecordProtection,
  type SealedRecord,
} from "./protection.ts";
import { SequenceHeader } from "./sequence.ts";

/** Makes the protection of one direction from its keys. */
export function protectStream(
  cipher: StreamMacCipher,
  key: Uint8Array,
  macKey: Uint8Array,
): RecordProtection {
  return new StreamProtection(cipher, key, macKey);
}

class StreamProtection implements RecordProtection {
  readonly hidesType = false;
  readonly overhead: number;
  readonly maxBodyLength = MAX_CIPHERTEXT_LENGTH_TLS12;
  readonly splits = false;
  readonly usage = 0;
  readonly #key: StreamCipherKey;
  readonly #mac: HmacKey;
  readonly #header = new SequenceHeader();

  constructor(cipher: StreamMacCipher, key: Uint8Array, macKey: Uint8Array) {
    this.#key = cipher.cipher.importKey(key);
    this.#mac = bulkHmacKey(cipher.mac, macKey);
    this.overhead = cipher.mac.length;
  }

  get sequenceNumber(): number {
    return this.#header.sequenceNumber;
  }

  seal(type: number, fragment: Uint8Array, version: number): SealedRecord {
    const header = this.#header.next(type, version, fragment.length);
    const mac = this.#mac.sign(header, fragment);
    const content = new Uint8Array(fragment.length + mac.length);
    content.set(fragment);
    content.set(mac, fragment.length);
    return { type, prefix: EMPTY, body: this.#key.process(content) };
  }

  open(record: Uint8Array): Fragment {
    const { type, version, length } = readHeader(record);
    const end = length - this.overhead;
    if (end < 0) throw badRecordMac();
    const opened = this.#key.process(record.subarray(RECORD_HEADER_LENGTH));
    const content = opened.subarray(0, end);
    const mac = this.#mac.sign(this.#header.next(type, version, end), content);
    if (!equalConstantTime(mac, opened.subarray(end))) throw badRecordMac();
    return checkedContent(type, content);
  }
}
