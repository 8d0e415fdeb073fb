/**
 * Public keys as signatures are checked with: read from SubjectPublicKeyInfo,
 * imported into WebCrypto once a key and purpose.
 *
 * @module
 */

import { concat } from "@std/bytes";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { TlsError } from "../../errors.ts";
import { bufferSource } from "../primitives/bytes.ts";
import {
  BIT_STRING,
  DerBytes,
  derElement,
  DerError,
  INTEGER,
  OBJECT_IDENTIFIER,
  SEQUENCE,
} from "../primitives/der.ts";
import type { HashAlgorithm } from "../primitives/provider.ts";

/** What a key is of; curves by their names in WebCrypto. */
export type VerifyingKeyType =
  | "rsa"
  | "rsa-pss"
  | "P-256"
  | "P-384"
  | "P-521"
  | "ed25519"
  | "ed448"
  | "ml-dsa-44"
  | "ml-dsa-65"
  | "ml-dsa-87";

/** What an id-RSASSA-PSS key may be used with (RFC 4055 section 1.2). */
export interface PssRestriction {
  readonly hash: HashAlgorithm["name"];
  readonly mgfHash: HashAlgorithm["name"];
  /** The least, in bytes. */
  readonly saltLength: number;
}

/** A public key. */
export class VerifyingKey {
  /** What it is of. */
  readonly type: VerifyingKeyType;
  /** What the BIT STRING holds. */
  readonly bytes: Uint8Array;
  /** Of `"rsa-pss"`: the parameters in the key, if there are any. */
  readonly restriction: PssRestriction | undefined;
  readonly #spki: Uint8Array<ArrayBuffer>;
  readonly #imported = new Map<string, Promise<CryptoKey>>();

  /** Made by {@linkcode verifyingKey}. */
  constructor(
    type: VerifyingKeyType,
    bytes: Uint8Array,
    spki: Uint8Array,
    restriction?: PssRestriction,
  ) {
    this.type = type;
    this.bytes = bytes;
    this.restriction = restriction;
    this.#spki = bufferSource(spki);
  }

  /** The key for an algorithm of WebCrypto; rejects if it does not take it. */
  import(algorithm: KeyImportParams): Promise<CryptoKey> {
    const id = `${algorithm.name} ${algorithm.hash}`;
    let imported = this.#imported.get(id);
    if (imported === undefined) {
      imported = crypto.subtle.importKey(
        "spki",
        this.#spki,
        algorithm,
        false,
        ["verify"],
      );
      this.#imported.set(id, imported);
    }
    return imported;
  }
}

/** What WebCrypto wants to know when a key is imported. */
export interface KeyImportParams {
  readonly name: string;
  readonly hash?: string;
  readonly namedCurve?: string;
}

/**
 * Reads a SubjectPublicKeyInfo. What was read, and imported, is kept for as
 * long as those very bytes are: certificates hold on to them.
 *
 * @throws {TlsError} `unsupported_key`, if it is malformed or of another type.
 */
export function verifyingKey(spki: Uint8Array): VerifyingKey {
  let key = keys.get(spki);
  if (key === undefined) {
    try {
      key = read(spki);
    } catch (cause) {
      if (!(cause instanceof DerError)) throw cause;
      throw unsupportedKey(cause.message, cause);
    }
    keys.set(spki, key);
  }
  return key;
}

/** A key that signatures cannot be checked with. */
export function unsupportedKey(reason: string, cause?: unknown): TlsError {
  return new TlsError(
    "unsupported_key",
    `Cannot use the public key: ${reason}`,
    { cause, alert: "unsupported_certificate" },
  );
}

function read(spki: Uint8Array): VerifyingKey {
  const outer = new DerBytes(spki);
  const sequence = outer.enter(SEQUENCE);
  outer.end();
  const identifier = sequence.take(SEQUENCE);
  const bytes = sequence.bitString();
  sequence.end();
  const type = types.get(bytesToHex(identifier));
  if (type !== undefined) return new VerifyingKey(type, bytes, spki);
  const algorithm = new DerBytes(identifier);
  if (bytesToHex(algorithm.take(OBJECT_IDENTIFIER)) !== RSASSA_PSS) {
    throw unsupportedKey(`its algorithm is ${bytesToHex(identifier)}`);
  }
  const restriction = algorithm.tag === undefined
    ? undefined
    : readPss(algorithm);
  // W3C WebCrypto section 21.4.4: importKey knows rsaEncryption alone.
  const plain = derElement(
    SEQUENCE,
    concat([
      derElement(SEQUENCE, RSA_ENCRYPTION),
      derElement(BIT_STRING, concat([Uint8Array.of(0), bytes])),
    ]),
  );
  return new VerifyingKey("rsa-pss", bytes, plain, restriction);
}

/** `RSASSA-PSS-params` (RFC 4055 section 3.1). */
function readPss(algorithm: DerBytes): PssRestriction {
  const params = algorithm.enter(SEQUENCE);
  algorithm.end();
  const explicit = (n: number) =>
    params.tag === CONTEXT + n ? params.enter(CONTEXT + n) : undefined;
  const hash = hashOf(explicit(0));
  const mgf = explicit(1)?.enter(SEQUENCE);
  if (mgf !== undefined && bytesToHex(mgf.take(OBJECT_IDENTIFIER)) !== MGF1) {
    throw unsupportedKey("its mask generation function is not MGF1");
  }
  const mgfHash = hashOf(mgf);
  const salt = explicit(2)?.take(INTEGER) ?? Uint8Array.of(20);
  const trailer = explicit(3)?.take(INTEGER) ?? Uint8Array.of(1);
  params.end();
  if (trailer.length !== 1 || trailer[0] !== 1 || salt.length > 2) {
    throw unsupportedKey("its RSASSA-PSS parameters are out of range");
  }
  return {
    hash,
    mgfHash,
    saltLength: salt.reduce((value, byte) => value * 256 + byte, 0),
  };
}

function hashOf(element: DerBytes | undefined): HashAlgorithm["name"] {
  if (element === undefined) return "SHA-1";
  const oid = bytesToHex(element.enter(SEQUENCE).take(OBJECT_IDENTIFIER));
  const hash = hashes.get(oid);
  if (hash === undefined) throw unsupportedKey(`it names the hash ${oid}`);
  return hash;
}

/** Contents of AlgorithmIdentifier (RFC 3279, 5480, 8410, 9881). */
const types: ReadonlyMap<string, VerifyingKeyType> = new Map([
  ["06092a864886f70d0101010500", "rsa"],
  ["06072a8648ce3d020106082a8648ce3d030107", "P-256"],
  ["06072a8648ce3d020106052b81040022", "P-384"],
  ["06072a8648ce3d020106052b81040023", "P-521"],
  ["06032b6570", "ed25519"],
  ["06032b6571", "ed448"],
  ["0609608648016503040311", "ml-dsa-44"],
  ["0609608648016503040312", "ml-dsa-65"],
  ["0609608648016503040313", "ml-dsa-87"],
]);

const RSA_ENCRYPTION = hexToBytes("06092a864886f70d0101010500");
const RSASSA_PSS = "2a864886f70d01010a";
const MGF1 = "2a864886f70d010108";
/** Tag of `[0] EXPLICIT`. */
const CONTEXT = 0xa0;

const hashes: ReadonlyMap<string, HashAlgorithm["name"]> = new Map([
  ["2b0e03021a", "SHA-1"],
  ["608648016503040204", "SHA-224"],
  ["608648016503040201", "SHA-256"],
  ["608648016503040202", "SHA-384"],
  ["608648016503040203", "SHA-512"],
]);

const keys = new WeakMap<Uint8Array, VerifyingKey>();
