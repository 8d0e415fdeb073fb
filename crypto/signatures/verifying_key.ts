/**
 * Public keys that check signatures, imported into WebCrypto once a key and
 * purpose.
 *
 * @module
 */

import { bitString, nullValue, oid, sequence } from "../../x509/asn1/der.ts";
import { toHex } from "../../encoding.ts";
import { hasNullParameters } from "../../x509/asn1/algorithm.ts";
import { KeyAlgorithm } from "../../x509/asn1/oids.ts";
import { bufferSource } from "../primitives/bytes.ts";
import { hashAlgorithms } from "../primitives/hash.ts";
import { type SigningKeyType, signingKeyType } from "./key_types.ts";
import { type PublicKey, unsupportedKey } from "./public_key.ts";

/** The import parameters of a WebCrypto algorithm. */
export interface KeyImportParams {
  readonly name: string;
  readonly hash?: string;
  readonly namedCurve?: string;
}

/**
 * The type that a key checks signatures as.
 *
 * @throws {TlsError} `unsupported_key`, if it checks none.
 */
export function verifyingKeyType(key: PublicKey): SigningKeyType {
  const { algorithm } = key;
  const type = signingKeyType(key);
  // RFC 3279 section 2.3.1: the parameters of rsaEncryption MUST be NULL.
  const isMalformed = type === "rsa" &&
    (algorithm.parameters === undefined || !hasNullParameters(algorithm));
  if (type === undefined || isMalformed) {
    throw unsupportedKey(`its algorithm is ${toHex(algorithm.raw)}`);
  }
  for (const hash of [algorithm.pss?.hash, algorithm.pss?.mgfHash]) {
    if (hash !== undefined && !PSS_HASHES.has(hash)) {
      throw unsupportedKey(`it names the hash ${hash}`);
    }
  }
  return type;
}

/**
 * The key for an algorithm of WebCrypto; rejects if WebCrypto refuses it. It is
 * imported once for as long as the very object is kept, as certificates do.
 */
export function importPublicKey(
  key: PublicKey,
  algorithm: KeyImportParams,
): Promise<CryptoKey> {
  let imports = imported.get(key);
  if (imports === undefined) imported.set(key, imports = new Map());
  const id = `${algorithm.name} ${algorithm.hash}`;
  let result = imports.get(id);
  if (result === undefined) {
    result = crypto.subtle.importKey(
      "spki",
      importableSpki(key),
      algorithm,
      false,
      ["verify"],
    );
    imports.set(id, result);
  }
  return result;
}

/** W3C WebCrypto section 21.4.4: importKey knows rsaEncryption alone. */
function importableSpki(
  { type, spki, bytes }: PublicKey,
): Uint8Array<ArrayBuffer> {
  return type === "rsa-pss"
    ? sequence(
      sequence(oid(KeyAlgorithm.rsaEncryption), nullValue()),
      bitString(bytes),
    )
    : bufferSource(spki);
}

const imported = new WeakMap<PublicKey, Map<string, Promise<CryptoKey>>>();

/** The hash functions of RFC 4055 section 2.1, and none weaker. */
const PSS_HASHES: ReadonlySet<string> = new Set(
  Object.keys(hashAlgorithms).filter((name) => name !== "MD5"),
);
