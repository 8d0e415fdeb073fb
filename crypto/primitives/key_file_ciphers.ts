/**
 * Block ciphers in CBC mode as encrypted key files use them. AES is
 * WebCrypto's; 3DES is in neither WebCrypto nor noble, so it comes from
 * `node:crypto` where the platform has that, looked up when a file needs it;
 * RC2 is our own, since no platform has it.
 *
 * @module
 */

import { TlsError } from "../../errors.ts";
import { bufferSource } from "./bytes.ts";
import {
  type NodeCrypto,
  nodeCrypto,
  type NodeDecipher,
} from "./node_crypto.ts";
import { Rc2Key } from "./rc2.ts";

/** A block cipher in CBC mode with the padding of PKCS#7. */
export interface CbcCipher {
  /** Its name, such as `"AES-128-CBC"`. */
  readonly name: string;
  /** In bytes. */
  readonly keyLength: number;
  /** In bytes; also the length of the initialization vector. */
  readonly blockLength: number;
  /**
   * Decrypts and removes the padding. Returns `undefined` if the padding is
   * wrong, as it usually is with a wrong passphrase.
   *
   * @throws {TlsError} `unsupported_key`, if the platform has no such cipher.
   */
  decrypt(
    key: Uint8Array,
    iv: Uint8Array,
    ciphertext: Uint8Array,
  ): Promise<Uint8Array | undefined>;
}

/** AES-128 in CBC mode. */
export const aes128Cbc: CbcCipher = aesCbc(128);
/** AES-192 in CBC mode. */
export const aes192Cbc: CbcCipher = aesCbc(192);
/** AES-256 in CBC mode. */
export const aes256Cbc: CbcCipher = aesCbc(256);

/** Triple DES with three keys, in CBC mode. */
export const tripleDesCbc: CbcCipher = {
  name: "DES-EDE3-CBC",
  keyLength: 24,
  blockLength: 8,
  decrypt(key, iv, ciphertext) {
    const cipher = requireNodeCrypto().createDecipheriv(
      "des-ede3-cbc",
      key,
      iv,
    );
    return Promise.resolve(finish(cipher, ciphertext));
  },
};

/** RC2 with a key of 40 bits, in CBC mode. */
export const rc2Cbc40: CbcCipher = rc2Cbc(40);
/** RC2 with a key of 128 bits, in CBC mode. */
export const rc2Cbc128: CbcCipher = rc2Cbc(128);

function rc2Cbc(bits: number): CbcCipher {
  return {
    name: `RC2-${bits}-CBC`,
    keyLength: bits / 8,
    blockLength: 8,
    decrypt(key, iv, ciphertext) {
      if (ciphertext.length % 8 !== 0) return Promise.resolve(undefined);
      const rc2 = new Rc2Key(key, bits);
      return Promise.resolve(withoutPadding(rc2.decryptCbc(iv, ciphertext)));
    },
  };
}

function aesCbc(bits: number): CbcCipher {
  return {
    name: `AES-${bits}-CBC`,
    keyLength: bits / 8,
    blockLength: 16,
    async decrypt(key, iv, ciphertext) {
      if (ciphertext.length === 0 || ciphertext.length % 16 !== 0) return;
      const imported = await crypto.subtle.importKey(
        "raw",
        bufferSource(key),
        "AES-CBC",
        false,
        ["decrypt"],
      );
      try {
        const parameters = { name: "AES-CBC", iv: bufferSource(iv) };
        return new Uint8Array(
          await crypto.subtle.decrypt(
            parameters,
            imported,
            bufferSource(ciphertext),
          ),
        );
      } catch {
        return undefined; // WebCrypto says no more than OperationError
      }
    },
  };
}

function finish(
  cipher: NodeDecipher,
  ciphertext: Uint8Array,
): Uint8Array | undefined {
  cipher.setAutoPadding(false);
  try {
    const start = cipher.update(ciphertext);
    const end = cipher.final();
    const padded = new Uint8Array(start.length + end.length);
    padded.set(start);
    padded.set(end, start.length);
    return withoutPadding(padded);
  } catch {
    return undefined; // not a whole number of blocks
  }
}

/** RFC 8018 section 6.1.1: one to eight bytes, each the number of them. */
function withoutPadding(padded: Uint8Array): Uint8Array | undefined {
  const length = padded.at(-1) ?? 0;
  if (length < 1 || length > 8) return undefined;
  const start = padded.length - length;
  return padded.subarray(start).every((byte) => byte === length)
    ? padded.subarray(0, start)
    : undefined;
}

function requireNodeCrypto(): NodeCrypto {
  const found = nodeCrypto();
  if (found === undefined) {
    throw new TlsError(
      "unsupported_key",
      "Cannot decrypt with 3DES: that needs node:crypto, which this platform lacks",
    );
  }
  return found;
}
