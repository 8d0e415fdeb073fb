/**
 * Checking signatures, in the handshake and on certificates alike: with
 * WebCrypto where it can, with noble where it cannot. Medians in µs with Deno
 * 2.9.6 on 2 cores, the key imported: ECDSA P-256 232 (`node:crypto` 421, noble
 * 1205), P-384 805 (984), P-521 1156 (1333), RSA-2048 166 (131), Ed25519 63.
 * An import is 6 µs and a hop of 15 to the pool of threads and back.
 *
 * @module
 */

import { TlsError } from "../../errors.ts";
import { bufferSource } from "../primitives/bytes.ts";
import { ecdsaFromDer } from "./ecdsa_signature.ts";
import { hashAlgorithms } from "../primitives/hash.ts";
import type { HashAlgorithm } from "../primitives/provider.ts";
import {
  readRsaPublicKey,
  type RsaPublicKey,
  verifyRsaPkcs1,
  verifyRsaPss,
} from "./rsa_verify.ts";
import {
  type KeyImportParams,
  unsupportedKey,
  type VerifyingKey,
  verifyingKey,
} from "./verifying_key.ts";

/** A hash function by its name. */
export type HashName = HashAlgorithm["name"];

/** How a signature was made. */
export type SignatureAlgorithm =
  | RsaPkcs1Signature
  | RsaPssSignature
  | EcdsaSignature
  | PureSignature;

/** RSASSA-PKCS1-v1_5; with both hashes in TLS 1.0 and 1.1 (RFC 4346 7.4.3). */
export interface RsaPkcs1Signature {
  readonly kind: "rsa-pkcs1";
  readonly hash: HashName | "MD5-SHA-1";
}

/** RSASSA-PSS. */
export interface RsaPssSignature {
  readonly kind: "rsa-pss";
  readonly hash: HashName;
  /** Of MGF1; the same as `hash`, if not given. */
  readonly mgfHash?: HashName;
  /** In bytes. */
  readonly saltLength: number;
}

/** ECDSA in DER, on the curve of the key. */
export interface EcdsaSignature {
  readonly kind: "ecdsa";
  readonly hash: HashName;
}

/** Signatures that name no hash. */
export interface PureSignature {
  readonly kind: "ed25519" | "ed448" | "ml-dsa-44" | "ml-dsa-65" | "ml-dsa-87";
}

/**
 * Whether a signature over `data` is right. The inputs must not change until
 * the promise is settled.
 *
 * A key of a type that the algorithm is not for makes it wrong, as does a
 * signature that is malformed.
 *
 * @param spki SubjectPublicKeyInfo in DER. Give the same object each time: what
 * is imported of it is kept with it.
 * @throws {TlsError} `unsupported_key`, if the key is malformed or of a type or
 * size that is not known here.
 */
export async function verifySignature(
  algorithm: SignatureAlgorithm,
  spki: Uint8Array,
  data: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  const key = verifyingKey(spki);
  switch (algorithm.kind) {
    case "rsa-pkcs1":
      return key.type === "rsa" &&
        await verifyPkcs1(key, algorithm, data, signature);
    case "rsa-pss":
      return await verifyPss(key, algorithm, data, signature);
    case "ecdsa":
      return await verifyEcdsa(key, algorithm, data, signature);
    default:
      return key.type === algorithm.kind &&
        await verifyPure(key, algorithm, data, signature);
  }
}

async function verifyPkcs1(
  key: VerifyingKey,
  { hash }: RsaPkcs1Signature,
  data: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  const rsa = rsaKey(key);
  const name = "RSASSA-PKCS1-v1_5";
  return await onWebCrypto(
    key,
    rsaFits(rsa, hash) ? { name, hash } : undefined,
    { name },
    data,
    signature,
  ) ?? verifyRsaPkcs1(rsa, hash, data, signature);
}

async function verifyPss(
  key: VerifyingKey,
  { hash, mgfHash = hash, saltLength }: RsaPssSignature,
  data: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  if (key.type !== "rsa" && key.type !== "rsa-pss") return false;
  const limit = key.restriction;
  // RFC 4055 section 3.3: the key's parameters bind the signature's.
  if (
    limit !== undefined &&
    (limit.hash !== hash || limit.mgfHash !== mgfHash ||
      saltLength < limit.saltLength)
  ) {
    return false;
  }
  const rsa = rsaKey(key);
  const name = "RSA-PSS";
  return await onWebCrypto(
    key,
    rsaFits(rsa, hash) && hash === mgfHash ? { name, hash } : undefined,
    { name, saltLength },
    data,
    signature,
  ) ?? verifyRsaPss(rsa, { hash, mgfHash, saltLength }, data, signature);
}

async function verifyEcdsa(
  key: VerifyingKey,
  { hash }: EcdsaSignature,
  data: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  const { type: namedCurve } = key;
  if (
    namedCurve !== "P-256" && namedCurve !== "P-384" && namedCurve !== "P-521"
  ) {
    return false;
  }
  const numbers = ecdsaFromDer(signature, scalarSizes[namedCurve]);
  if (numbers === undefined) return false;
  // Deno finds P-384 signatures over SHA-1 wrong, whatever they are.
  const fits = webCryptoHashes.has(hash) && hash !== "SHA-1";
  return await onWebCrypto(
    key,
    fits ? { name: "ECDSA", namedCurve } : undefined,
    { name: "ECDSA", hash },
    data,
    numbers,
  ) ?? await verifyEcdsaWithNoble(key, hash, data, numbers);
}

async function verifyEcdsaWithNoble(
  { type, bytes }: VerifyingKey,
  hash: HashName,
  data: Uint8Array,
  numbers: Uint8Array,
): Promise<boolean> {
  const { p256, p384, p521 } = await import("@noble/curves/nist.js");
  const curve = type === "P-256" ? p256 : type === "P-384" ? p384 : p521;
  if (!curve.utils.isValidPublicKey(bytes)) {
    throw unsupportedKey("it is no point of the curve");
  }
  return curve.verify(numbers, hashAlgorithms[hash].digest(data), bytes, {
    prehash: false,
    lowS: false,
    format: "compact",
  });
}

async function verifyPure(
  key: VerifyingKey,
  { kind }: PureSignature,
  data: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  const { name, length } = pureAlgorithms[kind];
  if (key.bytes.length !== length) throw unsupportedKey("its length is wrong");
  const params = name === undefined ? undefined : { name };
  return await onWebCrypto(
    key,
    params,
    { name: name ?? "" },
    data,
    signature,
  ) ??
    await verifyPureWithNoble(key, kind, data, signature);
}

async function verifyPureWithNoble(
  { bytes }: VerifyingKey,
  kind: PureSignature["kind"],
  data: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  const verify = await loadPure(kind);
  try {
    return verify(signature, data, bytes);
  } catch {
    // Noble throws where the signature has another length.
    return false;
  }
}

type VerifyPure = (
  signature: Uint8Array,
  data: Uint8Array,
  publicKey: Uint8Array,
) => boolean;

async function loadPure(kind: PureSignature["kind"]): Promise<VerifyPure> {
  if (kind === "ed25519") {
    const { ed25519 } = await import("@noble/curves/ed25519.js");
    // RFC 8032 section 5.1.7 rather than ZIP 215, as WebCrypto.
    return (...args) => ed25519.verify(...args, { zip215: false });
  }
  if (kind === "ed448") {
    const { ed448 } = await import("@noble/curves/ed448.js");
    return (...args) => ed448.verify(...args, { zip215: false });
  }
  const noble = await import("@noble/post-quantum/ml-dsa.js");
  const { verify } = {
    "ml-dsa-44": noble.ml_dsa44,
    "ml-dsa-65": noble.ml_dsa65,
    "ml-dsa-87": noble.ml_dsa87,
  }[kind];
  return (...args) => verify(...args);
}

/** WebCrypto's answer, or `undefined` where it cannot give one. */
async function onWebCrypto(
  key: VerifyingKey,
  importParams: KeyImportParams | undefined,
  params: { name: string; hash?: string; saltLength?: number },
  data: Uint8Array,
  signature: Uint8Array,
): Promise<boolean | undefined> {
  if (importParams === undefined) return undefined;
  try {
    return await crypto.subtle.verify(
      params,
      await key.import(importParams),
      bufferSource(signature),
      bufferSource(data),
    );
  } catch {
    // An algorithm or a key that this runtime does not take, or finds bad; the
    // other implementation tells which.
    return undefined;
  }
}

function rsaKey(key: VerifyingKey): RsaPublicKey {
  let rsa = rsaKeys.get(key);
  if (rsa === undefined) {
    try {
      rsa = readRsaPublicKey(key.bytes);
    } catch (cause) {
      if (cause instanceof TlsError) throw cause;
      throw unsupportedKey("it is no RSAPublicKey", cause);
    }
    rsaKeys.set(key, rsa);
  }
  return rsa;
}

function rsaFits({ bits }: RsaPublicKey, hash: string): boolean {
  return bits <= MAX_WEBCRYPTO_RSA_BITS && webCryptoHashes.has(hash);
}

const scalarSizes = { "P-256": 32, "P-384": 48, "P-521": 66 } as const;

const webCryptoHashes: ReadonlySet<string> = new Set([
  "SHA-1",
  "SHA-256",
  "SHA-384",
  "SHA-512",
]);

/** Deno's WebCrypto imports larger keys, and then cannot use them. */
const MAX_WEBCRYPTO_RSA_BITS = 4096;

/** Names in WebCrypto, and lengths of public keys in bytes. */
const pureAlgorithms: Readonly<
  Record<
    PureSignature["kind"],
    { readonly name: string | undefined; readonly length: number }
  >
> = {
  "ed25519": { name: "Ed25519", length: 32 },
  // Not in WebCrypto's standard; no runtime but Node has it.
  "ed448": { name: undefined, length: 57 },
  "ml-dsa-44": { name: "ML-DSA-44", length: 1312 },
  "ml-dsa-65": { name: "ML-DSA-65", length: 1952 },
  "ml-dsa-87": { name: "ML-DSA-87", length: 2592 },
};

const rsaKeys = new WeakMap<VerifyingKey, RsaPublicKey>();
