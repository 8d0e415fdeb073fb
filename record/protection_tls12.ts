/**
 * The record protection of TLS 1.2 and below, whatever the suite's form.
 *
 * @module
 */

import type { RecordCipher } from "../crypto/suites/cipher_suite.ts";
import type { MaybePromise } from "../crypto/primitives/provider.ts";
import { ProtocolVersion } from "../registry.ts";
import type { RecordProtection } from "./protection.ts";
import { protectAead } from "./protection_aead.ts";
import { type CbcKeys, type CbcOptions, protectCbc } from "./protection_cbc.ts";
import { protectStream } from "./protection_stream.ts";

/** The keys of one direction (RFC 5246 section 6.3). */
export type WriteKeys = CbcKeys;
/** What a protection depends on beside the suite and its keys. */
export type Tls12ProtectionOptions = CbcOptions;

/** How much of the key block each part of {@linkcode WriteKeys} takes. */
export interface WriteKeyLengths {
  /** Of the MAC key, in bytes. */
  readonly macKey: number;
  /** Of the encryption key, in bytes. */
  readonly key: number;
  /** Of the fixed IV, in bytes. */
  readonly iv: number;
}

/** Makes the protection of one direction from its keys. */
export function protectTls12(
  cipher: RecordCipher,
  keys: WriteKeys,
  options: Tls12ProtectionOptions,
): MaybePromise<RecordProtection> {
  switch (cipher.kind) {
    case "aead":
      return protectAead(cipher, keys.key, keys.iv);
    case "cbc":
      return protectCbc(cipher, keys, options);
    case "stream":
      return protectStream(cipher, keys.key, keys.macKey);
  }
}

/** The lengths of {@linkcode WriteKeys} in a version. */
export function writeKeyLengths(
  cipher: RecordCipher,
  version: number,
): WriteKeyLengths {
  switch (cipher.kind) {
    case "aead":
      return {
        macKey: 0,
        key: cipher.aead.keyLength,
        iv: cipher.fixedIvLength,
      };
    case "cbc":
      return {
        macKey: cipher.mac.length,
        key: cipher.cipher.keyLength,
        // RFC 4346 section 6.3: since TLS 1.1 there is none in the key block.
        iv: version === ProtocolVersion["TLSv1"]
          ? cipher.cipher.blockLength
          : 0,
      };
    case "stream":
      return { macKey: cipher.mac.length, key: cipher.cipher.keyLength, iv: 0 };
  }
}
