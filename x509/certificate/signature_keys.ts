/**
 * Which public keys signatures are checked with, and what a check costs: the
 * sender of a key chooses how long that takes.
 *
 * @module
 */

import {
  ecdsaCurves,
  isEcdsaCurve,
  isOctetKeyType,
  octetKeyTypes,
  signingKeyType,
} from "../../crypto/signatures/key_types.ts";
import type { PublicKey } from "../../crypto/signatures/public_key.ts";

/**
 * Why the signatures of a key cannot be checked here.
 *
 * @returns The fact, to follow the certificate's name, or `undefined` if they
 * can.
 */
export function unsupportedKey(key: PublicKey): string | undefined {
  // DSA (SSLv3 to TLS 1.2) is not supported, nor are keys for key exchange.
  if (key.type !== "ec" && signingKeyType(key) === undefined) {
    const kind = key.type === "unknown"
      ? `of the algorithm ${key.algorithm.oid}`
      : `for ${key.type}`;
    return `its key is ${kind}, which signs nothing here`;
  }
  if (signingKeyType(key) === undefined) {
    return `its key is on ${
      key.curve === undefined ? "a curve without a name" : key.curve
    }, and secp256r1, secp384r1 and secp521r1 alone are supported`;
  }
  const { bits, publicExponent: e } = key;
  if (e === undefined) return undefined;
  if (bits > MAX_RSA_BITS) {
    return `its RSA key has ${bits} bits, more than ${MAX_RSA_BITS}`;
  }
  // RFC 8017 section 3.1: odd and not below 3; what is large costs time.
  const last = e.at(-1) ?? 0;
  return e.length > MAX_RSA_EXPONENT || last % 2 === 0 ||
      e.length === 1 && last < 3
    ? "the public exponent of its RSA key is out of range"
    : undefined;
}

/** What decides the cost. */
export type CostlyKey = Pick<
  PublicKey,
  "type" | "bits" | "curve" | "publicExponent"
>;

/**
 * The cost of checking a signature over `length` bytes with a key; 1 is about a
 * check with RSA of 2048 bits, 0.1 ms.
 */
export function signatureCost(key: CostlyKey, length: number): number {
  return keyCost(key) + Math.floor(length / BYTES_PER_UNIT);
}

function keyCost(key: CostlyKey): number {
  const type = signingKeyType(key);
  if (type === undefined) return SLOW;
  if (isEcdsaCurve(type)) return ecdsaCurves[type].cost;
  return isOctetKeyType(type)
    ? octetKeyTypes[type].cost
    : rsaCost(key.bits, key.publicExponent);
}

function rsaCost(bits: number, exponent: Uint8Array = F4): number {
  // What is larger is refused before anything is computed.
  if (bits > MAX_RSA_BITS || exponent.length > MAX_EXPONENT_BYTES) return 1;
  const relative = multiplications(exponent) / multiplications(F4);
  return Math.ceil((bits / 2048) ** 2 * relative);
}

/** Of a power: one a bit of the exponent, and one more where the bit is set. */
function multiplications(exponent: Uint8Array): number {
  const bits = Array.from(
    exponent,
    (byte) => byte.toString(2).padStart(8, "0"),
  ).join("").replace(/^0+/, "");
  return bits.length + bits.replaceAll("0", "").length;
}

/** The public exponent that nearly all keys have. */
const F4 = Uint8Array.of(1, 0, 1);

/** Checking signatures of larger ones takes too long. */
const MAX_RSA_BITS = 16384;

/** The same, in bytes: what has been in use is 65537, 3 and 17. */
const MAX_RSA_EXPONENT = 4;

/** In bytes: `crypto/signatures/rsa_verify.ts` computes with no larger one. */
const MAX_EXPONENT_BYTES = 5;

/** Of a key that is not supported, as of Ed448 and ML-DSA: 2 to 4 ms. */
const SLOW = 24;

/** What is hashed in the same time, in bytes. */
const BYTES_PER_UNIT = 16_384;
