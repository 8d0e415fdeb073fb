/**
 * The hash functions of TLS with HMAC (RFC 2104) on them, synchronous: a call
 * of some 2 µs where WebCrypto's takes 14 µs and more to reach its thread and
 * return, and the key schedule makes about sixty. In Node.js and Bun they are
 * those of `node:crypto`, elsewhere noble's: Deno's `createHmac()` takes 5 µs.
 *
 * @module
 */

import { hmac } from "@noble/hashes/hmac.js";
import { md5 as nobleMd5, sha1 as nobleSha1 } from "@noble/hashes/legacy.js";
import {
  sha224 as nobleSha224,
  sha256 as nobleSha256,
  sha384 as nobleSha384,
  sha512 as nobleSha512,
} from "@noble/hashes/sha2.js";
import type { CHash } from "@noble/hashes/utils.js";
import { Lazy } from "../../lazy.ts";
import { nodeCrypto, prefersNodeCrypto } from "./node_crypto.ts";
import type {
  HashAlgorithm,
  HashFunctions,
  HmacKey,
  RunningHash,
} from "./provider.ts";

/** MD5 (RFC 1321): for the PRF and the signatures of TLS 1.0 and 1.1 only. */
export const md5: HashAlgorithm = hashAlgorithm("MD5", nobleMd5);
/** SHA-1 (FIPS 180-4): for TLS 1.2 and below, and identifiers. */
export const sha1: HashAlgorithm = hashAlgorithm("SHA-1", nobleSha1);
/** SHA-224 (FIPS 180-4): for TLS 1.2 signatures and certificates. */
export const sha224: HashAlgorithm = hashAlgorithm("SHA-224", nobleSha224);
/** SHA-256 (FIPS 180-4). */
export const sha256: HashAlgorithm = hashAlgorithm("SHA-256", nobleSha256);
/** SHA-384 (FIPS 180-4). */
export const sha384: HashAlgorithm = hashAlgorithm("SHA-384", nobleSha384);
/** SHA-512 (FIPS 180-4). */
export const sha512: HashAlgorithm = hashAlgorithm("SHA-512", nobleSha512);

/** Every hash function that there is here, by its name in WebCrypto. */
export const hashAlgorithms: Readonly<
  Record<HashAlgorithm["name"], HashAlgorithm>
> = {
  "MD5": md5,
  "SHA-1": sha1,
  "SHA-224": sha224,
  "SHA-256": sha256,
  "SHA-384": sha384,
  "SHA-512": sha512,
};

function hashAlgorithm(
  name: HashAlgorithm["name"],
  hash: CHash,
): HashAlgorithm {
  const noble = nobleHashFunctions(hash);
  let chosen: HashFunctions | undefined;
  const functions = () => chosen ?? (chosen = choose(name, noble)) ?? noble;
  return {
    name,
    length: hash.outputLen,
    digest: (data) => functions().digest(data),
    create: () => functions().create(),
    hmac: (key, data) => functions().hmac(key, data),
    hmacKey: (key) => functions().hmacKey(key),
  };
}

/** `undefined` while it is not known: what Node.js needs is loaded first. */
function choose(
  name: HashAlgorithm["name"],
  noble: HashFunctions,
): HashFunctions | undefined {
  // MD5 is for few, and would throw once FIPS 140 is turned on.
  if (name === "MD5" || !prefersNodeCrypto()) return noble;
  const node = nodeCrypto();
  if (node === undefined) return noble;
  const { loaded } = byNode;
  if (loaded === undefined) byNode.prepare();
  return loaded && (loaded.nodeHashFunctions(node, name) ?? noble);
}

/** No other runtime needs it. */
const byNode = new Lazy(
  "hashes of node:crypto",
  () => import("./hash_node.ts"),
);

function nobleHashFunctions(hash: CHash): HashFunctions {
  let made: Scratch | undefined;
  const scratch = () =>
    made ??= {
      running: hash.create(),
      keyed: hmac.create(hash, new Uint8Array()),
    };
  return {
    digest: (data) => hash(data),
    create: () => new NobleHash(hash.create(), scratch()),
    hmac: (key, data) => hmac(hash, key, data),
    hmacKey: (key) => new NobleHmacKey(hmac.create(hash, key), scratch()),
  };
}

/**
 * States that calls copy another into, instead of making a new one each: a
 * digest wipes them, and no call is interrupted by another.
 */
interface Scratch {
  readonly running: NobleState;
  readonly keyed: NobleHmac;
}

class NobleHash implements RunningHash {
  readonly #state: NobleState;
  readonly #scratch: Scratch;

  constructor(state: NobleState, scratch: Scratch) {
    this.#state = state;
    this.#scratch = scratch;
  }

  update(data: Uint8Array): this {
    this.#state.update(data);
    return this;
  }

  digest(): Uint8Array {
    return this.#state._cloneInto(this.#scratch.running).digest();
  }

  clone(): RunningHash {
    return new NobleHash(this.#state.clone(), this.#scratch);
  }
}

/** Its state has hashed both padded blocks: a call starts from a copy of it. */
class NobleHmacKey implements HmacKey {
  readonly #keyed: NobleHmac;
  readonly #scratch: Scratch;

  constructor(keyed: NobleHmac, scratch: Scratch) {
    this.#keyed = keyed;
    this.#scratch = scratch;
  }

  sign(...data: Uint8Array[]): Uint8Array {
    const state = this.#keyed._cloneInto(this.#scratch.keyed);
    for (let at = 0; at < data.length; at++) {
      state.update(data[at] as Uint8Array); // at is within
    }
    return state.digest();
  }
}

type NobleState = ReturnType<CHash["create"]>;
type NobleHmac = ReturnType<typeof hmac.create>;
