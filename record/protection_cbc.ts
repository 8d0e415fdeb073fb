/**
 * The CBC record protection of TLS 1.2 and below (RFC 5246 section 6.2.3.2,
 * RFC 2246 section 6.2.3.2): MAC, pad, encrypt, or encrypt and MAC (RFC 7366).
 *
 * What fails to open is `bad_record_mac`, whether the padding or the MAC is
 * wrong, after the same work: the hash function runs as many rounds whatever
 * the padding's length (Lucky 13), and nothing branches on decrypted bytes.
 * JavaScript promises no constant time below that; encrypt-then-MAC needs none.
 *
 * @module
 */

import { bulkHmacKey } from "../crypto/primitives/bulk_hmac.ts";
import { equalConstantTime, randomBytes } from "../crypto/primitives/bytes.ts";
import type { CbcCipher } from "../crypto/suites/cipher_suite.ts";
import type {
  BlockCipherKey,
  HmacKey,
  MaybePromise,
  RandomBytes,
} from "../crypto/primitives/provider.ts";
import { ProtocolVersion } from "../registry.ts";
import { openPadded } from "./cbc_padding.ts";
import { keyExhausted } from "./nonce.ts";
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

/** The keys of one direction (RFC 5246 section 6.3). */
export interface CbcKeys {
  /** `[sender]_write_MAC_key`. */
  readonly macKey: Uint8Array;
  /** `[sender]_write_key`. */
  readonly key: Uint8Array;
  /** `[sender]_write_IV`: TLS 1.0 alone has one. */
  readonly iv: Uint8Array;
}

/** What a CBC protection depends on beside the suite. */
export interface CbcOptions {
  /** ProtocolVersion that was negotiated. */
  readonly version: number;
  /** Whether encrypt_then_mac was negotiated (RFC 7366). */
  readonly encryptThenMac: boolean;
  /** What IVs are made of; by default the platform's. */
  readonly random?: RandomBytes | undefined;
}

/** Makes the protection of one direction. */
export function protectCbc(
  cipher: CbcCipher,
  keys: CbcKeys,
  options: CbcOptions,
): MaybePromise<RecordProtection> {
  const Protection = options.encryptThenMac ? EncryptThenMac : MacThenEncrypt;
  const make = (key: BlockCipherKey) =>
    new Protection(cipher, key, keys, options);
  const key = cipher.cipher.importKey(keys.key);
  return key instanceof Promise ? key.then(make) : make(key);
}

/** What both orders share: IVs, counters, limits. */
abstract class CbcProtection implements RecordProtection {
  readonly hidesType = false;
  readonly overhead: number;
  readonly maxBodyLength = MAX_CIPHERTEXT_LENGTH_TLS12;
  readonly splits: boolean;
  protected readonly key: BlockCipherKey;
  protected readonly mac: HmacKey;
  protected readonly cipher: CbcCipher;
  protected readonly header = new SequenceHeader();
  /** RFC 4346 section 6.2.3.2: each record has its IV in front. */
  protected readonly explicitIvLength: number;
  readonly #limit: number;
  readonly #random: RandomBytes;
  #sealed = 0;
  /** RFC 2246 section 6.2.3.2: the last block of the record before. */
  #lastBlock: Uint8Array;

  constructor(
    cipher: CbcCipher,
    key: BlockCipherKey,
    keys: CbcKeys,
    { version, random = randomBytes }: CbcOptions,
  ) {
    const { blockLength } = cipher.cipher;
    const isTls10 = version === ProtocolVersion["TLSv1"];
    this.#random = random;
    this.cipher = cipher;
    this.key = key;
    this.mac = bulkHmacKey(cipher.mac, keys.macKey);
    this.splits = isTls10;
    this.explicitIvLength = isTls10 ? 0 : blockLength;
    this.#lastBlock = keys.iv.slice();
    this.overhead = this.explicitIvLength + cipher.mac.length + blockLength;
    this.#limit = blockLength * 2 ** (blockLength * 4 - COLLISION_MARGIN);
  }

  get sequenceNumber(): number {
    return this.header.sequenceNumber;
  }

  get usage(): number {
    return this.#sealed / this.#limit;
  }

  abstract seal(
    type: number,
    fragment: Uint8Array,
    version: number,
  ): SealedRecord;

  abstract open(record: Uint8Array): Fragment;

  /** Encrypts content, and what follows it, under the next IV. */
  protected encrypt(data: Uint8Array): { iv: Uint8Array; blocks: Uint8Array } {
    if (this.#sealed >= this.#limit) throw keyExhausted();
    this.#sealed += data.length;
    const isExplicit = this.explicitIvLength > 0;
    const iv = isExplicit
      ? this.#random(this.explicitIvLength)
      : this.#lastBlock;
    const blocks = this.key.encrypt(iv, data);
    if (!isExplicit) this.#lastBlock = this.#lastOf(blocks);
    return { iv: isExplicit ? iv : EMPTY, blocks };
  }

  /** Decrypts a body that is whole blocks, with its IV if it has one. */
  protected decrypt(body: Uint8Array): Uint8Array {
    const length = this.explicitIvLength;
    if (length > 0) {
      return this.key.decrypt(body.subarray(0, length), body.subarray(length));
    }
    const iv = this.#lastBlock;
    this.#lastBlock = this.#lastOf(body);
    return this.key.decrypt(iv, body);
  }

  /** Whether a body of this length has an IV and whole blocks, `least` bytes. */
  protected isWhole(length: number, least: number): boolean {
    const blocks = length - this.explicitIvLength;
    return blocks >= least && blocks % this.cipher.cipher.blockLength === 0;
  }

  /** Content and what follows it, with room for padding that is filled in. */
  protected pad(...parts: readonly Uint8Array[]): Uint8Array {
    const { blockLength } = this.cipher.cipher;
    let length = 0;
    for (const part of parts) length += part.length;
    const paddingLength = blockLength - 1 - length % blockLength;
    const padded = new Uint8Array(length + paddingLength + 1);
    let at = 0;
    for (const part of parts) {
      padded.set(part, at);
      at += part.length;
    }
    return padded.fill(paddingLength, length);
  }

  #lastOf(blocks: Uint8Array): Uint8Array {
    return blocks.slice(blocks.length - this.cipher.cipher.blockLength);
  }
}

/** RFC 5246 section 6.2.3.2. */
class MacThenEncrypt extends CbcProtection {
  seal(type: number, fragment: Uint8Array, version: number): SealedRecord {
    const header = this.header.next(type, version, fragment.length);
    const mac = this.mac.sign(header, fragment);
    const { iv, blocks } = this.encrypt(this.pad(fragment, mac));
    return { type, prefix: iv, body: blocks };
  }

  open(record: Uint8Array): Fragment {
    const { type, version, length } = readHeader(record);
    // Known to everybody: the length. A MAC and padding_length must fit.
    if (!this.isWhole(length, this.cipher.mac.length + 1)) throw badRecordMac();
    const padded = this.decrypt(record.subarray(RECORD_HEADER_LENGTH));
    const content = openPadded(
      padded,
      this.cipher.mac,
      (content, dummy) => {
        const header = this.header.next(type, version, content.length);
        const mac = this.mac.sign(header, content);
        this.mac.sign(dummy);
        return mac;
      },
    );
    if (content === undefined) throw badRecordMac();
    return checkedContent(type, content);
  }
}

/** RFC 7366 section 3. */
class EncryptThenMac extends CbcProtection {
  seal(type: number, fragment: Uint8Array, version: number): SealedRecord {
    const { iv, blocks } = this.encrypt(this.pad(fragment));
    const header = this.header.next(
      type,
      version,
      iv.length + blocks.length,
    );
    const mac = this.mac.sign(header, iv, blocks);
    const body = new Uint8Array(blocks.length + mac.length);
    body.set(blocks);
    body.set(mac, blocks.length);
    return { type, prefix: iv, body };
  }

  open(record: Uint8Array): Fragment {
    const { type, version, length } = readHeader(record);
    const macLength = this.cipher.mac.length;
    if (!this.isWhole(length - macLength, 1)) throw badRecordMac();
    const end = record.length - macLength;
    const body = record.subarray(RECORD_HEADER_LENGTH, end);
    const header = this.header.next(type, version, body.length);
    const mac = this.mac.sign(header, body);
    if (!equalConstantTime(mac, record.subarray(end))) throw badRecordMac();
    // From here on the bytes are the peer's own.
    const padded = this.decrypt(body);
    const paddingLength = padded[padded.length - 1] as number;
    const contentLength = padded.length - 1 - paddingLength;
    if (
      contentLength < 0 ||
      padded.subarray(contentLength).some((byte) => byte !== paddingLength)
    ) throw badRecordMac();
    return checkedContent(type, padded.subarray(0, contentLength));
  }
}

/**
 * Blocks that collide tell about the content (Sweet32): a key of 3DES is used
 * for 2^27 blocks, 1 GiB, where one collision has a chance of 1 in 2^11; one of
 * AES for 2^59, more than a connection has.
 */
const COLLISION_MARGIN = 5;
