/**
 * The hash functions of key files: those of TLS, and others that PFX files and
 * PBKDF2 may name. All run in JavaScript.
 *
 * @module
 */

import { hmac } from "@noble/hashes/hmac.js";
import { md5, sha1 } from "@noble/hashes/legacy.js";
import {
  sha224,
  sha256,
  sha384,
  sha512,
  sha512_224,
  sha512_256,
} from "@noble/hashes/sha2.js";
import { sha3_224, sha3_256, sha3_384, sha3_512 } from "@noble/hashes/sha3.js";
import type { CHash } from "@noble/hashes/utils.js";
import type { HashAlgorithm } from "./provider.ts";

/** Hash functions by their names in FIPS 180-4 and FIPS 202. */
export type KeyFileHashName =
  | HashAlgorithm["name"]
  | "SHA-512/224"
  | "SHA-512/256"
  | "SHA3-224"
  | "SHA3-256"
  | "SHA3-384"
  | "SHA3-512";

/** A hash function; those of TLS are some, too. */
export interface KeyFileHash {
  readonly name: KeyFileHashName;
  /** Of a digest, in bytes. */
  readonly length: number;
  /** Hashes. */
  digest(data: Uint8Array): Uint8Array;
  /** HMAC (RFC 2104). */
  hmac(key: Uint8Array, data: Uint8Array): Uint8Array;
}

/** noble's implementation of each. */
export const nobleHashes: Readonly<Record<KeyFileHashName, CHash>> = {
  "MD5": md5,
  "SHA-1": sha1,
  "SHA-224": sha224,
  "SHA-256": sha256,
  "SHA-384": sha384,
  "SHA-512": sha512,
  "SHA-512/224": sha512_224,
  "SHA-512/256": sha512_256,
  "SHA3-224": sha3_224,
  "SHA3-256": sha3_256,
  "SHA3-384": sha3_384,
  "SHA3-512": sha3_512,
};

/** The hash function of a name. */
export function keyFileHash(name: KeyFileHashName): KeyFileHash {
  const hash = nobleHashes[name];
  return {
    name,
    length: hash.outputLen,
    digest: (data) => hash(data),
    hmac: (key, data) => hmac(hash, key, data),
  };
}
