/**
 * The functions that turn a passphrase into keys: PBKDF2 and scrypt for
 * today's files, and OpenSSL's own for older ones. The work that they do comes
 * from the file that is read, so every call is taken from a
 * {@linkcode KdfBudget}; it is done off the event loop where the platform can.
 *
 * @module
 */

import { concat } from "@std/bytes";
import { toHex } from "../../encoding.ts";
import { pbkdf2Async } from "@noble/hashes/pbkdf2.js";
import { scryptAsync } from "@noble/hashes/scrypt.js";
import { TlsError } from "../../errors.ts";
import { bufferSource } from "./bytes.ts";
import { md5 } from "./hash.ts";
import { type KeyFileHash, nobleHashes } from "./key_file_hashes.ts";
import { nodeCan, nodeCrypto } from "./node_crypto.ts";

/**
 * The work that reading one file may still cost. Repeated derivations are
 * cached and cost nothing.
 */
export class KdfBudget {
  readonly #limit: number;
  #used = 0;
  readonly #derived = new Map<string, Promise<Uint8Array>>();

  /** Limits the iterations of all derivations together. */
  constructor(limit = DEFAULT_MAX_ITERATIONS) {
    this.#limit = limit;
  }

  /**
   * Derives, or returns the cached result.
   *
   * @param id Identifies the derivation.
   * @param cost The work that it takes.
   * @throws {TlsError} `unsupported_key`, if that is more than is left.
   */
  derive(
    id: string,
    cost: KdfCost,
    derive: () => Promise<Uint8Array>,
  ): Promise<Uint8Array> {
    const known = this.#derived.get(id);
    if (known !== undefined) return known;
    this.#take(cost);
    const derived = derive();
    this.#derived.set(id, derived);
    return derived;
  }

  #take({ iterations, blocks, what }: KdfCost): void {
    this.#used += iterations * blocks;
    if (this.#used <= this.#limit) return;
    const all = this.#used > iterations ? `, ${this.#used} in all` : "";
    throw new TlsError(
      "unsupported_key",
      `Cannot derive a key from the passphrase: ${
        what ?? `${iterations} iterations exceed`
      } the limit of ${this.#limit} for one file${all}`,
      {
        hint:
          'If you trust the file, give parsePfx(), parseKeyPair() or PrivateKey.parse() a higher "maxIterations"',
      },
    );
  }
}

/** What a derivation takes. */
export interface KdfCost {
  /** Iterations, as the file says. */
  readonly iterations: number;
  /** How many times: one for each digest of output. */
  readonly blocks: number;
  /** The text for errors; by default, that the iterations exceed a limit. */
  readonly what?: string;
}

/** PBKDF2 with HMAC (RFC 8018 section 5.2). */
export async function pbkdf2(
  hash: KeyFileHash,
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
  return await budget.derive(
    idOf("PBKDF2", hash.name, password, salt, iterations, length),
    { iterations, blocks },
    () =>
      WEB_CRYPTO_HASHES.has(hash.name)
        ? pbkdf2WebCrypto(hash, password, options)
        : pbkdf2Other(hash, password, options),
  );
}

interface Pbkdf2Parameters {
  readonly salt: Uint8Array;
  readonly iterations: number;
  readonly length: number;
}

async function pbkdf2WebCrypto(
  hash: KeyFileHash,
  password: Uint8Array,
  { salt, iterations, length }: Pbkdf2Parameters,
): Promise<Uint8Array> {
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

/** With a hash function that WebCrypto does not have. */
async function pbkdf2Other(
  { name }: KeyFileHash,
  password: Uint8Array,
  { salt, iterations, length }: Pbkdf2Parameters,
): Promise<Uint8Array> {
  const node = nodeCrypto();
  // "SHA-512/256" is "sha512-256" there, and "SHA3-256" is "sha3-256".
  const nodeName = name.toLowerCase().replace("sha-", "sha").replace("/", "-");
  const probe = () => node?.createHmac(nodeName, new Uint8Array(1));
  if (node === undefined || !nodeCan(nodeName, probe)) {
    return await pbkdf2Async(nobleHashes[name], password, salt, {
      c: iterations,
      dkLen: length,
    });
  }
  return await called((done) =>
    node.pbkdf2(password, salt, iterations, length, nodeName, done)
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
  const { n, r, p } = cost;
  const iterations = n * r * p * ITERATIONS_OF_SCRYPT_BLOCK;
  return await budget.derive(
    idOf("scrypt", [n, r, p].join(), password, salt, length),
    {
      iterations,
      blocks: 1,
      what:
        `scrypt with N = ${n}, r = ${r}, p = ${p}, as much work as ${iterations} iterations, exceeds`,
    },
    () => scryptApart(password, salt, cost, length),
  );
}

async function scryptApart(
  password: Uint8Array,
  salt: Uint8Array,
  { n: N, r, p }: ScryptCost,
  length: number,
): Promise<Uint8Array> {
  const node = nodeCrypto();
  if (node === undefined) {
    return await scryptAsync(password, salt, { N, r, p, dkLen: length });
  }
  // RFC 7914 section 2: 128 * N * r bytes, and some for the blocks.
  const maxmem = 128 * r * (N + p + 2) + 4096;
  return await called((done) =>
    node.scrypt(password, salt, length, { N, r, p, maxmem }, done)
  );
}

/** The arguments of a Node callback. */
function called(
  call: (done: (error: unknown, key: Uint8Array) => void) => void,
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    call((error, key) => {
      if (error) reject(error);
      else resolve(new Uint8Array(key));
    });
  });
}

/** Identifies a derivation. */
export function idOf(
  kind: string,
  hash: string,
  password: Uint8Array,
  salt: Uint8Array,
  ...numbers: number[]
): string {
  return [kind, hash, toHex(password), toHex(salt), ...numbers].join(" ");
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

/**
 * Iterations for one file, some seconds of one core: a file with a count of
 * 2^31 must not hold the program for minutes. The largest that programs write
 * are NSS's, 600,000 for the MAC and for each key and certificate, which takes
 * up to three times as many digests; `openssl pkcs12 -iter 1200000` comes to
 * 8.4 million.
 */
export const DEFAULT_MAX_ITERATIONS = 20_000_000;

/**
 * For one block of 128 bytes, of which there are N * r * p: 2^20 of them, with
 * 128 MiB of memory at p = 1, are within the default; OpenSSL writes 2^17.
 */
const ITERATIONS_OF_SCRYPT_BLOCK = 16;

const WEB_CRYPTO_HASHES: ReadonlySet<string> = new Set([
  "SHA-1",
  "SHA-256",
  "SHA-384",
  "SHA-512",
]);
