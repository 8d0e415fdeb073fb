/**
 * The functions that turn a passphrase into keys: PBKDF2 and scrypt for
 * today's files, PKCS#12's and OpenSSL's own for older ones. The work that
 * they do comes from the file that is read, so every call is taken from a
 * {@linkcode KdfBudget}.
 *
 * @module
 */

import { concat } from "@std/bytes";
import { md5 as nobleMd5, sha1 } from "@noble/hashes/legacy.js";
import { pbkdf2Async } from "@noble/hashes/pbkdf2.js";
import { scryptAsync } from "@noble/hashes/scrypt.js";
import { sha224, sha256, sha384, sha512 } from "@noble/hashes/sha2.js";
import type { CHash } from "@noble/hashes/utils.js";
import { TlsError } from "../errors.ts";
import { bufferSource } from "./bytes.ts";
import { md5 } from "./hash.ts";
import type { HashAlgorithm } from "./provider.ts";

/**
 * What is left of the work that reading one file may cost. Its methods throw
 * {@linkcode TlsError} with code `unsupported_key` when that is too little.
 */
export class KdfBudget {
  #iterations = MAX_ITERATIONS;
  #slowIterations = MAX_SLOW_ITERATIONS;
  #scryptBlocks = MAX_SCRYPT_BLOCKS;

  /** Takes PBKDF2's iterations, for `blocks` blocks of output. */
  takeIterations(iterations: number, blocks: number): void {
    this.#iterations -= iterations * blocks;
    if (!(this.#iterations >= 0)) tooMuch(iterations, MAX_ITERATIONS);
  }

  /** Takes iterations of a function that runs in JavaScript. */
  takeSlowIterations(iterations: number, blocks: number): void {
    this.#slowIterations -= iterations * blocks;
    if (!(this.#slowIterations >= 0)) tooMuch(iterations, MAX_SLOW_ITERATIONS);
  }

  /** Takes scrypt's cost: blocks of 128 bytes that are written and read. */
  takeScrypt(cost: ScryptCost): void {
    const blocks = cost.n * cost.r;
    this.#scryptBlocks -= blocks * cost.p;
    if (!(this.#scryptBlocks >= 0)) {
      throw new TlsError(
        "unsupported_key",
        `Cannot derive a key from the passphrase: scrypt with N = ${cost.n}, r = ${cost.r}, p = ${cost.p} exceeds the limit of N * r * p = ${MAX_SCRYPT_BLOCKS}`,
      );
    }
  }
}

/** PBKDF2 with HMAC (RFC 8018 section 5.2). */
export async function pbkdf2(
  hash: HashAlgorithm,
  password: Uint8Array,
  options: {
    salt: Uint8Array;
    iterations: number;
    length: number;
    budget: KdfBudget;
  },
): Promise<Uint8Array> {
  const { salt, iterations, length, budget } = options;
  const blocks = Math.ceil(length / hash.length);
  if (hash.name === "SHA-224") { // WebCrypto has none
    budget.takeSlowIterations(iterations, blocks);
    return await pbkdf2Async(sha224, password, salt, {
      c: iterations,
      dkLen: length,
    });
  }
  budget.takeIterations(iterations, blocks);
  const key = await crypto.subtle.importKey(
    "raw",
    bufferSource(password),
    "PBKDF2",
    false,
    ["deriveBits"],
  );
  const parameters = {
    name: "PBKDF2",
    hash: hash.name,
    salt: bufferSource(salt),
    iterations,
  };
  return new Uint8Array(
    await crypto.subtle.deriveBits(parameters, key, length * 8),
  );
}

/** The cost parameters of scrypt (RFC 7914 section 2). */
export interface ScryptCost {
  /** CPU and memory cost, a power of two. */
  readonly n: number;
  /** Block size. */
  readonly r: number;
  /** Parallelization. */
  readonly p: number;
}

/** scrypt (RFC 7914). */
export async function scrypt(
  password: Uint8Array,
  options: {
    salt: Uint8Array;
    cost: ScryptCost;
    length: number;
    budget: KdfBudget;
  },
): Promise<Uint8Array> {
  const { salt, cost, length, budget } = options;
  budget.takeScrypt(cost);
  return await scryptAsync(password, salt, {
    N: cost.n,
    r: cost.r,
    p: cost.p,
    dkLen: length,
  });
}

/** What a derived value is for (RFC 7292 appendix B.3). */
export const Pkcs12Purpose = { key: 1, iv: 2, mac: 3 } as const;

/**
 * The key derivation of PKCS#12 (RFC 7292 appendix B.2). The password comes
 * as {@linkcode pkcs12Password} gives it.
 */
export function pkcs12Kdf(
  hash: HashAlgorithm,
  password: Uint8Array,
  options: {
    salt: Uint8Array;
    iterations: number;
    purpose: number;
    length: number;
    budget: KdfBudget;
  },
): Uint8Array {
  const { salt, iterations, purpose, length, budget } = options;
  const v = hash.name === "SHA-384" || hash.name === "SHA-512" ? 128 : 64;
  const blocks = Math.ceil(length / hash.length);
  budget.takeSlowIterations(iterations, blocks);
  const diversifier = new Uint8Array(v).fill(purpose); // step 1
  const input = concat([stretch(salt, v), stretch(password, v)]); // steps 2 to 4
  const derived = new Uint8Array(blocks * hash.length);
  for (let block = 0; block < blocks; block++) { // step 6
    const a = hash.digest(concat([diversifier, input]));
    digestAgain(hash, a, iterations - 1);
    derived.set(a, block * hash.length);
    addToBlocks(input, stretch(a, v), v);
  }
  return derived.slice(0, length);
}

/**
 * Replaces a digest by its own digest, so many times. One state is used for
 * all: a new one each time takes three times as long.
 */
function digestAgain(
  hash: HashAlgorithm,
  digest: Uint8Array,
  times: number,
): void {
  const fresh = nobleHashes[hash.name].create();
  const state = nobleHashes[hash.name].create();
  for (let i = 0; i < times; i++) {
    fresh._cloneInto(state).update(digest).digestInto(digest);
  }
}

/** Repeats bytes until a multiple of `v` is full; nothing stays nothing. */
function stretch(bytes: Uint8Array, v: number): Uint8Array {
  const stretched = new Uint8Array(v * Math.ceil(bytes.length / v));
  for (let i = 0; i < stretched.length; i++) {
    stretched[i] = bytes[i % bytes.length] ?? 0;
  }
  return stretched;
}

/** Step 6 C: I_j = (I_j + B + 1) mod 2^v for every block I_j of I. */
function addToBlocks(input: Uint8Array, b: Uint8Array, v: number): void {
  for (let start = 0; start < input.length; start += v) {
    let carry = 1;
    for (let i = v - 1; i >= 0; i--) {
      const sum = (input[start + i] ?? 0) + (b[i] ?? 0) + carry;
      input[start + i] = sum;
      carry = sum >> 8;
    }
  }
}

/**
 * A password as PKCS#12 has it: UTF-16 in network order with two zero bytes
 * behind it (RFC 7292 appendix B.1).
 */
export function pkcs12Password(password: string): Uint8Array {
  const bytes = new Uint8Array(2 * password.length + 2);
  for (let i = 0; i < password.length; i++) {
    const unit = password.charCodeAt(i);
    bytes[2 * i] = unit >> 8;
    bytes[2 * i + 1] = unit;
  }
  return bytes;
}

/**
 * The derivation behind `Proc-Type: 4,ENCRYPTED`: OpenSSL's `EVP_BytesToKey`
 * with MD5 and one iteration. The salt is the first half of the IV.
 */
export function evpBytesToKey(
  password: Uint8Array,
  salt: Uint8Array,
  length: number,
): Uint8Array {
  let last: Uint8Array = new Uint8Array(0);
  let derived: Uint8Array = last;
  while (derived.length < length) {
    last = md5.digest(concat([last, password, salt]));
    derived = concat([derived, last]);
  }
  return derived.slice(0, length);
}

function tooMuch(iterations: number, limit: number): never {
  throw new TlsError(
    "unsupported_key",
    `Cannot derive a key from the passphrase: ${iterations} iterations exceed the limit of ${limit} for one file`,
  );
}

/**
 * PBKDF2 iterations for one file, a second or two of one core: a file with a
 * count of 2^31 must not hold the program for minutes. Ten times what password
 * guidelines ask for.
 */
const MAX_ITERATIONS = 10_000_000;

/**
 * The same for derivations in JavaScript, which are several times as slow;
 * files in use have 2048 to 100,000.
 */
const MAX_SLOW_ITERATIONS = 1_000_000;

/**
 * N * r * p of scrypt: 2^20 are 128 MiB of memory at p = 1, a second or two;
 * OpenSSL writes 2^14 * 8.
 */
const MAX_SCRYPT_BLOCKS = 2 ** 20;

const nobleHashes: Readonly<Record<HashAlgorithm["name"], CHash>> = {
  "MD5": nobleMd5,
  "SHA-1": sha1,
  "SHA-224": sha224,
  "SHA-256": sha256,
  "SHA-384": sha384,
  "SHA-512": sha512,
};
