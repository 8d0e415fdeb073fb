/**
 * ML-DSA (FIPS 204) with a private key in expanded form, from which the seed
 * cannot be derived: platforms import the seed alone, so that noble signs.
 *
 * @module
 */

import { shake256 } from "@noble/hashes/sha3.js";
import { equalConstantTime } from "../primitives/bytes.ts";
import { type MlDsaType, octetKeyTypes } from "./key_types.ts";
import { loadMlDsa } from "./noble.ts";

/** Signs with an expanded key; the randomness is hedged (section 3.4). */
export async function signExpanded(
  type: MlDsaType,
  key: Uint8Array,
  data: Uint8Array,
): Promise<Uint8Array> {
  return (await loadMlDsa(type)).sign(data, key);
}

/**
 * The public key of an expanded private key, or `undefined` if its parts do not
 * belong together: it has a hash of the public key in it (section 7.2,
 * skEncode).
 */
export async function publicKeyOfExpanded(
  type: MlDsaType,
  key: Uint8Array,
): Promise<Uint8Array | undefined> {
  if (key.length !== octetKeyTypes[type].expandedLength) return undefined;
  const publicKey = (await loadMlDsa(type)).getPublicKey(key);
  const tr = key.subarray(64, 128);
  return equalConstantTime(shake256(publicKey, { dkLen: 64 }), tr)
    ? publicKey
    : undefined;
}
