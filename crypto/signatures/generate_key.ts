/**
 * New private keys.
 *
 * @module
 */

import { concat } from "@std/bytes";
import { randomBytes } from "../primitives/bytes.ts";
import type { SigningKeyType } from "./signing_key.ts";

/**
 * Makes a private key.
 *
 * @param bits Size of an RSA modulus; of no account for other types.
 * @returns PKCS#8; for `"rsa-pss"` under the OID rsaEncryption too.
 */
export async function generatePkcs8(
  type: SigningKeyType,
  bits: number,
): Promise<Uint8Array> {
  if (type === "ed448") return concat([ED448_HEADER, randomBytes(57)]);
  const pair = await crypto.subtle.generateKey(
    algorithmOf(type, bits),
    true,
    ["sign", "verify"],
  );
  if (!("privateKey" in pair)) {
    throw new TypeError(`Cannot generate a key: ${type} gives no pair`);
  }
  return new Uint8Array(
    await crypto.subtle.exportKey("pkcs8", pair.privateKey),
  );
}

function algorithmOf(
  type: SigningKeyType,
  modulusLength: number,
): AlgorithmIdentifier | RsaHashedKeyGenParams | EcKeyGenParams {
  if (type.startsWith("P-")) return { name: "ECDSA", namedCurve: type };
  if (type === "rsa" || type === "rsa-pss") {
    return {
      name: "RSASSA-PKCS1-v1_5",
      modulusLength,
      publicExponent: Uint8Array.of(1, 0, 1),
      hash: "SHA-256",
    };
  }
  return { name: type === "ed25519" ? "Ed25519" : type.toUpperCase() };
}

/** PKCS#8 of an Ed448 key (RFC 8410 section 7) up to the 57 secret bytes. */
const ED448_HEADER: Uint8Array = Uint8Array.of(
  ...[0x30, 0x47, 0x02, 0x01, 0x00],
  ...[0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x71],
  ...[0x04, 0x3b, 0x04, 0x39],
);
