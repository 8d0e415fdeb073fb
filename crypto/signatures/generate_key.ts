/**
 * New private keys.
 *
 * @module
 */

import { integer, octetString, oid, sequence } from "../../x509/asn1/der.ts";
import { randomBytes } from "../primitives/bytes.ts";
import {
  isEcdsaCurve,
  isOctetKeyType,
  type OctetKeyRow,
  octetKeyTypes,
  type SigningKeyType,
} from "./key_types.ts";

/**
 * Makes a private key.
 *
 * @param bits Size of an RSA modulus; ignored for other types.
 * @returns PKCS#8; for `"rsa-pss"` under the OID rsaEncryption too.
 */
export async function generatePkcs8(
  type: SigningKeyType,
  bits: number,
): Promise<Uint8Array> {
  if (isOctetKeyType(type) && octetKeyTypes[type].webCrypto === undefined) {
    return octetPkcs8(octetKeyTypes[type]);
  }
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
  if (isEcdsaCurve(type)) return { name: "ECDSA", namedCurve: type };
  if (type === "rsa" || type === "rsa-pss") {
    return {
      name: "RSASSA-PKCS1-v1_5",
      modulusLength,
      publicExponent: Uint8Array.of(1, 0, 1),
      hash: "SHA-256",
    };
  }
  return { name: octetKeyTypes[type].webCrypto ?? type };
}

/** PKCS#8 of a random octet string (RFC 8410 section 7). */
function octetPkcs8({ oid: algorithm, secretLength }: OctetKeyRow): Uint8Array {
  return sequence(
    integer(0),
    sequence(oid(algorithm)),
    octetString(octetString(randomBytes(secretLength))),
  );
}
