/**
 * Checking RSA signatures (RFC 8017 section 8.1.2, 8.2.2) with `BigInt`, which
 * is faster here than the platform, and takes what WebCrypto does not: MD5,
 * SHA-224, TLS 1.1's pair of MD5 and SHA-1, two hash functions in RSASSA-PSS,
 * and in Deno keys above 4096 bits. Nothing here is secret.
 *
 * @module
 */

import { concat } from "@std/bytes";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { DerReader } from "../../x509/asn1/der.ts";
import { hashAlgorithms, md5, sha1 } from "../primitives/hash.ts";
import type { HashAlgorithm } from "../primitives/provider.ts";
import { PUBLIC_KEY, readRsaNumbers, unsupportedKey } from "./public_key.ts";

/** An RSA public key. */
export interface RsaPublicKey {
  readonly modulus: bigint;
  readonly exponent: bigint;
  /** Of the modulus. */
  readonly bits: number;
}

/**
 * Reads `RSAPublicKey` (RFC 8017 appendix A.1.1).
 *
 * @throws {TlsError} `unsupported_key`, if it is malformed or out of the limits
 * below.
 */
export function readRsaPublicKey(bytes: Uint8Array): RsaPublicKey {
  const numbers = readRsaNumbers(DerReader.of(bytes, PUBLIC_KEY));
  const modulus = toBigInt(numbers.modulus);
  const exponent = toBigInt(numbers.publicExponent);
  const bits = modulus.toString(2).length;
  if (bits > MAX_MODULUS_BITS) throw unsupportedKey(`it has ${bits} bits`);
  if (modulus % 2n === 0n) throw unsupportedKey("its modulus is even");
  if (exponent < 3n || exponent % 2n === 0n || exponent >= MAX_EXPONENT) {
    throw unsupportedKey("its public exponent is out of range");
  }
  return { modulus, exponent, bits };
}

/** RSASSA-PKCS1-v1_5 (RFC 8017 section 8.2.2). */
export function verifyRsaPkcs1(
  key: RsaPublicKey,
  hash: HashAlgorithm["name"] | "MD5-SHA-1",
  data: Uint8Array,
  signature: Uint8Array,
): boolean {
  const length = Math.ceil(key.bits / 8);
  // RFC 4346 section 7.4.3: the pair of digests stands there without a
  // DigestInfo.
  const digest = hash === "MD5-SHA-1"
    ? concat([md5.digest(data), sha1.digest(data)])
    : concat([digestInfos[hash], hashAlgorithms[hash].digest(data)]);
  if (length < digest.length + 11) return false;
  const expected = new Uint8Array(length).fill(0xff);
  expected.set([0, 1]);
  expected.set([0], length - digest.length - 1);
  expected.set(digest, length - digest.length);
  const encoded = encodedMessage(key, signature);
  return encoded !== undefined &&
    bytesToHex(encoded) === bytesToHex(expected);
}

/** The parameters of RSASSA-PSS. */
export interface PssOptions {
  readonly hash: HashAlgorithm["name"];
  readonly mgfHash: HashAlgorithm["name"];
  /** In bytes. */
  readonly saltLength: number;
}

/** RSASSA-PSS (RFC 8017 section 8.1.2), the steps of section 9.1.2. */
export function verifyRsaPss(
  key: RsaPublicKey,
  { hash, mgfHash, saltLength }: PssOptions,
  data: Uint8Array,
  signature: Uint8Array,
): boolean {
  const whole = encodedMessage(key, signature);
  if (whole === undefined) return false;
  const emBits = key.bits - 1;
  const emLen = Math.ceil(emBits / 8);
  // With a modulus of 8n+1 bits there is a byte more, which is zero.
  if (whole.length > emLen && whole[0] !== 0) return false;
  const encoded = whole.subarray(whole.length - emLen);
  const { length: hLen, digest } = hashAlgorithms[hash];
  if (emLen < hLen + saltLength + 2 || encoded.at(-1) !== 0xbc) return false;
  const end = emLen - hLen - 1;
  const maskedDb = encoded.subarray(0, end);
  const h = encoded.subarray(end, end + hLen);
  const top = 0xff >> (8 * emLen - emBits);
  if (((maskedDb[0] ?? 0) & ~top) !== 0) return false;
  const mask = mgf1(hashAlgorithms[mgfHash], h, end);
  const db = maskedDb.map((byte, at) => byte ^ (mask[at] ?? 0));
  db.set([(db[0] ?? 0) & top]);
  const saltStart = end - saltLength;
  if (db.subarray(0, saltStart - 1).some((byte) => byte !== 0)) return false;
  if (db[saltStart - 1] !== 1) return false;
  const salt = db.subarray(saltStart);
  const message = concat([new Uint8Array(8), digest(data), salt]);
  return bytesToHex(digest(message)) === bytesToHex(h);
}

/**
 * RSAVP1 and I2OSP (RFC 8017 sections 5.2.2 and 4.1); `undefined` if it is out
 * of range.
 */
export function encodedMessage(
  { modulus, exponent, bits }: RsaPublicKey,
  signature: Uint8Array,
): Uint8Array | undefined {
  const length = Math.ceil(bits / 8);
  if (signature.length !== length) return undefined;
  const base = toBigInt(signature);
  if (base >= modulus) return undefined;
  let power = 1n;
  for (const bit of exponent.toString(2)) {
    power = power * power % modulus;
    if (bit === "1") power = power * base % modulus;
  }
  return hexToBytes(power.toString(16).padStart(2 * length, "0"));
}

/** MGF1 (RFC 8017 appendix B.2.1). */
function mgf1(
  hash: HashAlgorithm,
  seed: Uint8Array,
  length: number,
): Uint8Array {
  const mask = new Uint8Array(length);
  const counter = new Uint8Array(4);
  for (let at = 0, n = 0; at < length; at += hash.length, n++) {
    new DataView(counter.buffer).setUint32(0, n);
    const block = hash.digest(concat([seed, counter]));
    mask.set(block.subarray(0, length - at), at);
  }
  return mask;
}

function toBigInt(bytes: Uint8Array): bigint {
  return BigInt(`0x${bytesToHex(bytes)}`);
}

/** `DigestInfo` up to the digest (RFC 8017 section 9.2 note 1). */
const digestInfos: Readonly<Record<HashAlgorithm["name"], Uint8Array>> = {
  "MD5": hexToBytes("3020300c06082a864886f70d020505000410"),
  "SHA-1": hexToBytes("3021300906052b0e03021a05000414"),
  "SHA-224": hexToBytes("302d300d06096086480165030402040500041c"),
  "SHA-256": hexToBytes("3031300d060960864801650304020105000420"),
  "SHA-384": hexToBytes("3041300d060960864801650304020205000430"),
  "SHA-512": hexToBytes("3051300d060960864801650304020305000440"),
};

/** A certificate could otherwise make its reader compute for seconds. */
const MAX_MODULUS_BITS = 16384;
/** The same; what has been in use is 65537, 3 and 17. */
const MAX_EXPONENT = 1n << 33n;
