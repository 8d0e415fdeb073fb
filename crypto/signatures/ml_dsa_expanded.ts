/**
 * ML-DSA (FIPS 204) with a private key in expanded form, from which the seed
 * cannot be had: platforms import the seed alone, so that noble signs.
 *
 * @module
 */

import { shake256 } from "@noble/hashes/sha3.js";
import { equalConstantTime } from "../primitives/bytes.ts";

/** The parameter sets (FIPS 204 section 4). */
export type MlDsaType = "ml-dsa-44" | "ml-dsa-65" | "ml-dsa-87";

/** Bytes of each private key (FIPS 204 section 4, table 2). */
export const expandedKeyLengths: Readonly<Record<MlDsaType, number>> = {
  "ml-dsa-44": 2560,
  "ml-dsa-65": 4032,
  "ml-dsa-87": 4896,
};

/** Signs with an expanded key; the randomness is hedged (section 3.4). */
export async function signExpanded(
  type: MlDsaType,
  key: Uint8Array,
  data: Uint8Array,
): Promise<Uint8Array> {
  return (await load(type)).sign(data, key);
}

/**
 * The public key of an expanded one; nothing, if the key is not one that belongs
 * together: it has a hash of the public key in it (section 7.2, skEncode).
 */
export async function publicKeyOfExpanded(
  type: MlDsaType,
  key: Uint8Array,
): Promise<Uint8Array | undefined> {
  if (key.length !== expandedKeyLengths[type]) return undefined;
  const publicKey = (await load(type)).getPublicKey(key);
  const tr = key.subarray(64, 128);
  return equalConstantTime(shake256(publicKey, { dkLen: 64 }), tr)
    ? publicKey
    : undefined;
}

/** Loaded when a key needs it. */
async function load(type: MlDsaType) {
  const { ml_dsa44, ml_dsa65, ml_dsa87 } = await import(
    "@noble/post-quantum/ml-dsa.js"
  );
  return {
    "ml-dsa-44": ml_dsa44,
    "ml-dsa-65": ml_dsa65,
    "ml-dsa-87": ml_dsa87,
  }[
    type
  ];
}
