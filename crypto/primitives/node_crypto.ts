/**
 * `node:crypto` where the runtime has it: an accelerator and the source of
 * what neither WebCrypto nor noble offers, never a requirement. Loading it
 * takes 12 to 40 ms, so nothing here happens at import.
 *
 * @module
 */

import { builtin, isNode } from "../../platform/builtin.ts";

/** The part of `node:crypto` that is used here. */
export interface NodeCrypto {
  createCipheriv(
    name: string,
    key: Uint8Array | NodeSecretKey,
    iv: Uint8Array | null,
    options?: { authTagLength?: number },
  ): NodeCipher;
  createDecipheriv(
    name: string,
    key: Uint8Array | NodeSecretKey,
    iv: Uint8Array | null,
    options?: { authTagLength?: number },
  ): NodeDecipher;
  createHash(hash: string): NodeHash;
  createSecretKey?(key: Uint8Array): NodeSecretKey;
  createHmac(hash: string, key: Uint8Array): NodeHmac;
  generateKeyPairSync(
    type: NodeKeyPairType,
    options?: { namedCurve: string },
  ): { publicKey: NodeKey; privateKey: NodeKey };
  diffieHellman(keys: { privateKey: NodeKey; publicKey: NodeKey }): Uint8Array;
  encapsulate?(key: NodeKey): { sharedKey: Uint8Array; ciphertext: Uint8Array };
  decapsulate?(key: NodeKey, ciphertext: Uint8Array): Uint8Array;
  sign(hash: string | null, data: Uint8Array, key: NodeDsaKey): Uint8Array;
  verify(
    hash: string | null,
    data: Uint8Array,
    key: NodeDsaKey,
    signature: Uint8Array,
  ): boolean;
  pbkdf2(
    password: Uint8Array,
    salt: Uint8Array,
    iterations: number,
    length: number,
    hash: string,
    done: (error: unknown, key: Uint8Array) => void,
  ): void;
  scrypt(
    password: Uint8Array,
    salt: Uint8Array,
    length: number,
    options: { N: number; r: number; p: number; maxmem: number },
    done: (error: unknown, key: Uint8Array) => void,
  ): void;
  createPublicKey(key: NodeKeyInput): NodeKey;
  createPrivateKey(key: NodeKeyInput): NodeKey;
  privateEncrypt(key: NodeRsaOptions, data: Uint8Array): Uint8Array;
  privateDecrypt(key: NodeRsaOptions, data: Uint8Array): Uint8Array;
  readonly constants: {
    readonly RSA_PKCS1_PADDING: number;
    readonly RSA_NO_PADDING: number;
  };
}

/** Types of key pairs that are made here. */
export type NodeKeyPairType =
  | "ec"
  | "x25519"
  | "x448"
  | "ed25519"
  | "ed448"
  | `ml-kem-${number}`
  | `ml-dsa-${number}`;

/** `node:crypto`'s `Cipher`. */
export interface NodeCipher {
  setAAD(data: Uint8Array): unknown;
  setAutoPadding(on: boolean): unknown;
  update(data: Uint8Array): Uint8Array;
  final(): Uint8Array;
  getAuthTag(): Uint8Array;
}

/** `node:crypto`'s `Decipher`. */
export interface NodeDecipher {
  setAAD(data: Uint8Array): unknown;
  setAuthTag(tag: Uint8Array): unknown;
  setAutoPadding(on: boolean): unknown;
  update(data: Uint8Array): Uint8Array;
  final(): Uint8Array;
}

/** `node:crypto`'s `Hash`. */
export interface NodeHash {
  update(data: Uint8Array): NodeHash;
  copy(): NodeHash;
  digest(): Uint8Array;
}

/** `node:crypto`'s `Hmac`. */
export interface NodeHmac {
  update(data: Uint8Array): NodeHmac;
  digest(): Uint8Array;
}

/** An asymmetric key: in DER, as a JWK of a curve of RFC 8037, or raw. */
export type NodeKeyInput =
  | { key: Uint8Array; format: "der"; type: "spki" | "pkcs8" | "pkcs1" }
  | { key: { kty: "OKP"; crv: string; x: string }; format: "jwk" }
  | { key: Uint8Array; format: "raw-public"; asymmetricKeyType: string };

/** The part of a JWK that is used here. */
export interface JsonKey {
  readonly x?: string;
  readonly y?: string;
}

/** `node:crypto`'s `KeyObject`. */
export interface NodeKey {
  export(options: { type: "spki"; format: "der" }): Uint8Array;
  export(options: { format: "jwk" }): JsonKey;
  /** Node.js from 26 on. */
  export(options: { format: "raw-public" }): Uint8Array;
}

/** `node:crypto`'s `KeyObject` of a symmetric key. */
export interface NodeSecretKey {
  readonly symmetricKeySize?: number;
}

/** A key that signs, with the form of its ECDSA signatures. */
export interface NodeDsaKey {
  key: NodeKey;
  dsaEncoding: "der" | "ieee-p1363";
}

/** The arguments of the raw RSA calls. */
export interface NodeRsaOptions {
  key: NodeKey;
  padding: number;
}

/**
 * Whether `node:crypto` is the fastest for all that it has, and is asked first:
 * in Node.js and Bun. Deno, which has `process.versions.node` as well, has
 * another; `docs/primitives.md` has what was measured.
 */
export function prefersNodeCrypto(): boolean {
  return isPreferred ??= isNode();
}

/**
 * A key for many ciphers. Node.js 24 takes 18 µs a cipher to make one of bytes;
 * Deno gains nothing.
 */
export function cipherKey(
  node: NodeCrypto,
  key: Uint8Array,
): Uint8Array | NodeSecretKey {
  return prefersNodeCrypto() && node.createSecretKey !== undefined
    ? node.createSecretKey(key)
    : key;
}

let isPreferred: boolean | undefined;

/** Loads `node:crypto`, or returns `undefined` if there is none. */
export function nodeCrypto(): NodeCrypto | undefined {
  return loaded ??= load();
}

/**
 * `node:crypto` once it is worth its loading time: it is loaded already, this
 * was called {@linkcode BUSY_AFTER} times, or nothing else is as fast here.
 */
export function nodeCryptoIfBusy(): NodeCrypto | undefined {
  if (loaded !== undefined) return loaded;
  return ++asked >= BUSY_AFTER || prefersNodeCrypto()
    ? nodeCrypto()
    : undefined;
}

/**
 * Whether `node:crypto` can do something. That it is there does not say so: Bun's
 * lacks ChaCha20-Poly1305. It is tried once, when it is first needed.
 *
 * @param what A name for it, such as a cipher's.
 * @param attempt Does it with keys and data of no value; throws if it cannot.
 */
export function nodeCan(what: string, attempt: () => void): boolean {
  let able = abilities.get(what);
  if (able === undefined) {
    able = succeeds(attempt);
    abilities.set(what, able);
  }
  return able;
}

/** Has {@linkcode nodeCan} say from now on that something cannot be done. */
export function nodeCannot(what: string): void {
  abilities.set(what, false);
}

function succeeds(attempt: () => void): boolean {
  try {
    attempt();
    return true;
  } catch {
    return false;
  }
}

function load(): NodeCrypto | undefined {
  if (absent) return undefined;
  const module = builtin<NodeCrypto>("node:crypto");
  absent = module === undefined;
  return module;
}

/**
 * A small record gains some 30 µs over WebCrypto's: after a few hundred the
 * loading is earned, and a program that has come to 64 will come to those. A
 * program of a handful of requests never pays.
 */
export const BUSY_AFTER = 64;

/** What was tried, and whether it could be done. */
const abilities = new Map<string, boolean>();

let loaded: NodeCrypto | undefined;
let absent = false;
let asked = 0;
