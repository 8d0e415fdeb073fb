/**
 * RSAPrivateKey (RFC 8017 appendix A.1.2), with the checks that keep a damaged
 * key from giving signatures that betray its factors.
 *
 * @module
 */

import { TlsError } from "../../errors.ts";
import { toHex } from "../../encoding.ts";
import { type DerReader, integer, sequence } from "../asn1/der.ts";

/** What is needed of an RSA key. */
export interface RsaPrivateKey {
  /** Big-endian, without leading zeros. */
  readonly modulus: Uint8Array;
  /** Big-endian, without leading zeros. */
  readonly publicExponent: Uint8Array;
  /** The RSAPrivateKey, encoded again. */
  readonly der: Uint8Array;
}

/**
 * Reads what follows the header of an RSAPrivateKey and checks that its parts
 * belong together. Platforms check less: a wrong exponent1, say, gives wrong
 * signatures which reveal the factors (Boneh, DeMillo and Lipton).
 */
export function readRsaPrivateKey(key: DerReader): RsaPrivateKey {
  if (key.integer("version") !== 0) {
    throw new TlsError(
      "unsupported_key",
      "Cannot read the private key: it is an RSA key of more than two primes",
    );
  }
  const modulus = key.unsigned("modulus");
  const publicExponent = key.unsigned("publicExponent");
  const secrets = SECRETS.map((field) => key.unsigned(field));
  key.end();
  const parts = [modulus, publicExponent, ...secrets];
  const bits = modulus.length * 8;
  if (bits > MAX_RSA_BITS) {
    throw new TlsError(
      "unsupported_key",
      `Cannot read the private key: an RSA modulus of ${bits} bits is above the limit of ${MAX_RSA_BITS}`,
    );
  }
  if (parts.some((part) => part.length > modulus.length)) {
    key.fail("", "a part is longer than the modulus");
  }
  checkParts(parts.map(toBigInt), key);
  const der = sequence(integer(0), ...parts.map((part) => integer(part)));
  return { modulus, publicExponent, der };
}

/** RFC 8017 section 3.2: how the parts hang together. */
function checkParts(parts: readonly bigint[], key: DerReader): void {
  const [n = 0n, e = 0n, d = 0n, p = 0n, q = 0n, dP, dQ, qInv = 0n] = parts;
  if (e < 3n || e % 2n === 0n) {
    key.fail("publicExponent", "is even or below 3");
  }
  if (p < 3n || q < 3n || p * q !== n) {
    key.fail("modulus", "is not the product of prime1 and prime2");
  }
  if (e * d % (p - 1n) !== 1n || e * d % (q - 1n) !== 1n) {
    key.fail("privateExponent", "does not belong to publicExponent");
  }
  if (dP !== d % (p - 1n)) key.fail("exponent1", "is not d mod (p - 1)");
  if (dQ !== d % (q - 1n)) key.fail("exponent2", "is not d mod (q - 1)");
  if (qInv >= p || qInv * q % p !== 1n) {
    key.fail("coefficient", "is not the inverse of q mod p");
  }
}

function toBigInt(bytes: Uint8Array): bigint {
  return BigInt(`0x0${toHex(bytes)}`);
}

/** What follows the public part. */
const SECRETS = [
  "privateExponent",
  "prime1",
  "prime2",
  "exponent1",
  "exponent2",
  "coefficient",
] as const;

/** As OpenSSL has it: the cost of one signature grows with the cube. */
const MAX_RSA_BITS = 16384;
