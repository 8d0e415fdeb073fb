/**
 * Which public keys there are checks of signatures for.
 *
 * @module
 */

import { signingKeyType } from "../../crypto/signatures/key_types.ts";
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

/** Checking signatures of larger ones takes too long. */
const MAX_RSA_BITS = 16384;

/** The same, in bytes: what has been in use is 65537, 3 and 17. */
const MAX_RSA_EXPONENT = 4;
