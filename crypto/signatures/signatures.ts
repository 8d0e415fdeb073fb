/**
 * Checking signatures, in the handshake and on certificates alike: with
 * `node:crypto` in Node.js and Bun, elsewhere with WebCrypto where it can, with noble
 * where it cannot; RSA by the arithmetic here. Medians in µs with Deno 2.9.6 on 2 cores, the key imported: ECDSA P-256
 * 232 (`node:crypto` 421, noble 1205), P-384 805 (984), P-521 1156 (1333),
 * Ed25519 63; RSA over 1 KB with a key of 2048 bits 60 (WebCrypto 166–309,
 * `node:crypto` 131–240), 3072 165 (690, 540), 4096 230 (1100, 890). An import
 * is 6 µs and a hop of 15 to the pool of threads and back.
 *
 * @module
 */

import { allowsPss } from "../../x509/asn1/algorithm.ts";
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
  type EcdsaCurve,
  ecdsaCurves,
  isEcdsaCurve,
  type OctetKeyType,
  octetKeyTypes,
} from "./key_types.ts";
import { loadEcdsa, loadEd448, loadMlDsa, loadNode } from "./noble.ts";
import { type PublicKey, unsupportedKey } from "./public_key.ts";
import {
  importPublicKey,
  type KeyImportParams,
  verifyingKeyType,
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
  readonly kind: OctetKeyType;
}

/**
 * Whether a signature over `data` is right. The inputs must not change until
 * the promise is settled.
 *
 * A key of a type that the algorithm is not for makes it wrong, as does a
 * signature that is malformed.
 *
 * @param key Give the same object each time: what is imported of it is kept with
 * it.
 * @throws {TlsError} `unsupported_key`, if the key is of a type or size that is
 * not known here.
 */
export async function verifySignature(
  algorithm: SignatureAlgorithm,
  key: PublicKey,
  data: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  const type = verifyingKeyType(key);
  switch (algorithm.kind) {
    case "rsa-pkcs1":
      return type === "rsa" &&
        await verifyPkcs1(key, algorithm, data, signature);
    case "rsa-pss":
      return (type === "rsa" || type === "rsa-pss") &&
        await verifyPss(key, algorithm, data, signature);
    case "ecdsa":
      return isEcdsaCurve(type) &&
        await verifyEcdsa(key, type, algorithm, data, signature);
    default:
      return type === algorithm.kind &&
        await verifyPure(key, algorithm, data, signature);
  }
}

async function verifyPkcs1(
  key: PublicKey,
  { hash }: RsaPkcs1Signature,
  data: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  const rsa = rsaKey(key);
  const name = "RSASSA-PKCS1-v1_5";
  return await onWebCrypto(
    key,
    isForWebCrypto(rsa, hash, data) ? { name, hash } : undefined,
    { name },
    data,
    signature,
  ) ?? verifyRsaPkcs1(rsa, hash, data, signature);
}

async function verifyPss(
  key: PublicKey,
  { hash, mgfHash = hash, saltLength }: RsaPssSignature,
  data: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  if (!allowsPss(key.algorithm.pss, { hash, mgfHash, saltLength })) {
    return false;
  }
  const rsa = rsaKey(key);
  const name = "RSA-PSS";
  const fits = hash === mgfHash && isForWebCrypto(rsa, hash, data);
  return await onWebCrypto(
    key,
    fits ? { name, hash } : undefined,
    { name, saltLength },
    data,
    signature,
  ) ?? verifyRsaPss(rsa, { hash, mgfHash, saltLength }, data, signature);
}

async function verifyEcdsa(
  key: PublicKey,
  namedCurve: EcdsaCurve,
  { hash }: EcdsaSignature,
  data: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  const numbers = ecdsaFromDer(signature, ecdsaCurves[namedCurve].size);
  if (numbers === undefined) return false;
  const node = loadNode();
  const found = node &&
    (await node)?.nodeVerify(key, namedCurve, hash, data, numbers);
  if (found !== undefined) return found;
  // Deno finds P-384 signatures over SHA-1 wrong, whatever they are.
  const fits = webCryptoHashes.has(hash) && hash !== "SHA-1";
  return await onWebCrypto(
    key,
    fits ? { name: "ECDSA", namedCurve } : undefined,
    { name: "ECDSA", hash },
    data,
    numbers,
  ) ?? await verifyEcdsaWithNoble(key, namedCurve, hash, data, numbers);
}

async function verifyEcdsaWithNoble(
  { bytes }: PublicKey,
  namedCurve: EcdsaCurve,
  hash: HashName,
  data: Uint8Array,
  numbers: Uint8Array,
): Promise<boolean> {
  const curve = await loadEcdsa(namedCurve);
  if (!curve.utils.isValidPublicKey(bytes)) {
    throw unsupportedKey("it is not a point on the curve");
  }
  return curve.verify(numbers, hashAlgorithms[hash].digest(data), bytes, {
    prehash: false,
    lowS: false,
    format: "compact",
  });
}

async function verifyPure(
  key: PublicKey,
  { kind }: PureSignature,
  data: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  const node = loadNode();
  const found = node &&
    (await node)?.nodeVerify(key, kind, undefined, data, signature);
  if (found !== undefined) return found;
  const { webCrypto: name } = octetKeyTypes[kind];
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
  { bytes }: PublicKey,
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
    const ed448 = await loadEd448();
    return (...args) => ed448.verify(...args, { zip215: false });
  }
  const { verify } = await loadMlDsa(kind);
  return (...args) => verify(...args);
}

/** WebCrypto's answer, or `undefined` where it cannot give one. */
async function onWebCrypto(
  key: PublicKey,
  importParams: KeyImportParams | undefined,
  params: { name: string; hash?: string; saltLength?: number },
  data: Uint8Array,
  signature: Uint8Array,
): Promise<boolean | undefined> {
  if (importParams === undefined) return undefined;
  try {
    return await crypto.subtle.verify(
      params,
      await importPublicKey(key, importParams),
      bufferSource(signature),
      bufferSource(data),
    );
  } catch {
    // An algorithm or a key that this runtime does not take, or finds bad; the
    // other implementation tells which.
    return undefined;
  }
}

function rsaKey(key: PublicKey): RsaPublicKey {
  let rsa = rsaKeys.get(key);
  if (rsa === undefined) {
    rsa = readRsaPublicKey(key.bytes);
    rsaKeys.set(key, rsa);
  }
  return rsa;
}

/**
 * Our own arithmetic is faster than the platform's, and without a hop to
 * another thread; what takes long there is hashing, of a large CRL say.
 */
function isForWebCrypto(
  { bits }: RsaPublicKey,
  hash: string,
  data: Uint8Array,
): boolean {
  return data.length > MAX_HASHED_HERE && bits <= MAX_WEBCRYPTO_RSA_BITS &&
    webCryptoHashes.has(hash);
}

const webCryptoHashes: ReadonlySet<string> = new Set([
  "SHA-1",
  "SHA-256",
  "SHA-384",
  "SHA-512",
]);

/** In bytes; SHA-256 of this takes noble some 90 µs. */
const MAX_HASHED_HERE = 16_384;

/** Deno's WebCrypto imports larger keys, and then cannot use them. */
const MAX_WEBCRYPTO_RSA_BITS = 4096;

const rsaKeys = new WeakMap<PublicKey, RsaPublicKey>();
