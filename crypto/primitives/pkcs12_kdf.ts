/**
 * The key derivation of PKCS#12 (RFC 7292 appendix B), which no platform
 * offers: digests of digests, in JavaScript.
 *
 * @module
 */

import { concat } from "@std/bytes";
import { idOf, type KdfBudget } from "./kdf.ts";
import { type KeyFileHash, nobleHashes } from "./key_file_hashes.ts";

/** What a derived value is for (RFC 7292 appendix B.3). */
export const Pkcs12Purpose = { key: 1, iv: 2, mac: 3 } as const;

/**
 * The key derivation of PKCS#12 (RFC 7292 appendix B.2). The password is in the
 * form of {@linkcode pkcs12Password}.
 */
export async function pkcs12Kdf(
  hash: KeyFileHash,
  password: Uint8Array,
  options: {
    salt: Uint8Array;
    iterations: number;
    purpose: number;
    length: number;
    budget: KdfBudget;
  },
): Promise<Uint8Array> {
  const { salt, iterations, purpose, length, budget } = options;
  const blocks = Math.ceil(length / hash.length);
  return await budget.derive(
    idOf("PKCS#12", hash.name, password, salt, iterations, purpose, length),
    { iterations, blocks },
    () => digests(hash, password, options),
  );
}

async function digests(
  hash: KeyFileHash,
  password: Uint8Array,
  options: {
    salt: Uint8Array;
    iterations: number;
    purpose: number;
    length: number;
  },
): Promise<Uint8Array> {
  const { salt, iterations, purpose, length } = options;
  const v = nobleHashes[hash.name].blockLen;
  const blocks = Math.ceil(length / hash.length);
  const diversifier = new Uint8Array(v).fill(purpose); // step 1
  const input = concat([stretch(salt, v), stretch(password, v)]); // steps 2 to 4
  const derived = new Uint8Array(blocks * hash.length);
  for (let block = 0; block < blocks; block++) { // step 6
    const a = hash.digest(concat([diversifier, input]));
    await digestAgain(hash, a, iterations - 1);
    derived.set(a, block * hash.length);
    addToBlocks(input, stretch(a, v), v);
  }
  return derived.slice(0, length);
}

/**
 * Replaces a digest by its own digest `iterations` times, with pauses for the
 * event loop. One state is used for all: a new one each time takes three
 * times as long.
 */
async function digestAgain(
  hash: KeyFileHash,
  digest: Uint8Array,
  times: number,
): Promise<void> {
  const fresh = nobleHashes[hash.name].create();
  const state = nobleHashes[hash.name].create();
  let since = performance.now();
  for (let i = 0; i < times; i++) {
    fresh._cloneInto(state).update(digest).digestInto(digest);
    if (i % PAUSE_CHECK !== 0 || performance.now() - since < MAX_STALL) {
      continue;
    }
    await pause();
    since = performance.now();
  }
}

/** Lets the event loop run. */
function pause(): Promise<void> {
  return new Promise((resolve) => setRealTimeout(resolve, 0));
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

/** Milliseconds for which the event loop waits. */
const MAX_STALL = 8;

/** Digests between two looks at the clock. */
const PAUSE_CHECK = 1024;

/** The original, as a test may replace it. */
const setRealTimeout = globalThis.setTimeout;
