/**
 * `SubjectPublicKeyInfo` (RFC 5280 section 4.1.2.7): RFC 3279, 4055, 5480, 8410
 * and 9881 define its contents.
 *
 * @module
 */

import {
  type AlgorithmIdentifier,
  readAlgorithm,
  unreadAlgorithm,
} from "../../x509/asn1/algorithm.ts";
import { type DerContext, DerReader, Tag } from "../../x509/asn1/der.ts";
import { type Curve, curves, KeyAlgorithm } from "../../x509/asn1/oids.ts";
import { TlsError } from "../../errors.ts";
import { octetKeyRows } from "./key_types.ts";

/** The types of public keys. */
export type PublicKeyType =
  | "rsa"
  | "rsa-pss"
  | "ec"
  | "ed25519"
  | "ed448"
  | "ml-dsa-44"
  | "ml-dsa-65"
  | "ml-dsa-87"
  | "x25519"
  | "x448"
  | "dsa"
  | "unknown";

/** A public key. */
export interface PublicKey {
  /** Its type; `"unknown"` if nothing but its object identifier is known. */
  readonly type: PublicKeyType;
  /**
   * Its size in bits, as OpenSSL counts: of the modulus, of the curve's field,
   * or of the encoded key; 0 if it is not known.
   */
  readonly bits: number;
  /** IANA's name of the curve, such as `"secp256r1"`; for `"ec"` alone. */
  readonly curve?: string;
  /** The SubjectPublicKeyInfo in DER. */
  readonly spki: Uint8Array;
  /** The algorithm with its parameters. */
  readonly algorithm: AlgorithmIdentifier;
  /**
   * The contents of the BIT STRING: an EC point, an Ed25519 key, an
   * RSAPublicKey.
   */
  readonly bytes: Uint8Array;
  /** Big-endian without leading zeros; for `"rsa"` and `"rsa-pss"`. */
  readonly modulus?: Uint8Array;
  /** Big-endian without leading zeros; for `"rsa"` and `"rsa-pss"`. */
  readonly publicExponent?: Uint8Array;
}

/**
 * Reads a whole SubjectPublicKeyInfo.
 *
 * @param context Makes the errors: `unsupported_key`, unless given.
 */
export function parsePublicKey(
  spki: Uint8Array,
  context: DerContext = PUBLIC_KEY,
): PublicKey {
  const reader = DerReader.of(spki, context);
  const key = readPublicKey(reader, "subjectPublicKeyInfo");
  reader.end();
  return key;
}

/** Reads a `SubjectPublicKeyInfo`. */
export function readPublicKey(reader: DerReader, field: string): PublicKey {
  const spki = reader.peekRaw(field);
  const sequence = reader.sequence(field);
  const algorithm = readAlgorithm(sequence, "algorithm");
  const bytes = sequence.bitStringBytes("subjectPublicKey");
  sequence.end();
  const read = kinds.get(algorithm.oid);
  const what =
    (reader.collects
      ? reader.tolerate(() => read?.(sequence, algorithm, bytes), undefined)
      : read?.(sequence, algorithm, bytes)) ?? { type: "unknown", bits: 0 };
  return { ...what, spki, algorithm, bytes };
}

/** A key that cannot be read. */
export function unreadKey(spki: Uint8Array): PublicKey {
  const bytes = new Uint8Array();
  const algorithm = unreadAlgorithm(bytes);
  return { type: "unknown", bits: 0, spki, algorithm, bytes };
}

type Kind = Pick<
  PublicKey,
  "type" | "bits" | "curve" | "modulus" | "publicExponent"
>;
type ReadKind = (
  reader: DerReader,
  algorithm: AlgorithmIdentifier,
  bytes: Uint8Array,
) => Kind;

function readRsa(type: "rsa" | "rsa-pss"): ReadKind {
  return (outer, algorithm, bytes) => {
    if (type === "rsa" && algorithm.parameters?.[0] !== Tag.NULL) {
      outer.deviation(
        "algorithm",
        "rsaEncryption without NULL parameters (RFC 3279 section 2.3.1)",
      );
    }
    const { modulus, publicExponent } = readRsaNumbers(
      outer.inside("subjectPublicKey", bytes),
    );
    return { type, bits: bitLength(modulus), modulus, publicExponent };
  };
}

/** `RSAPublicKey` (RFC 8017 appendix A.1.1). */
export function readRsaNumbers(
  reader: DerReader,
): { modulus: Uint8Array; publicExponent: Uint8Array } {
  const sequence = reader.sequence("RSAPublicKey");
  const modulus = sequence.unsigned("modulus");
  const publicExponent = sequence.unsigned("publicExponent");
  sequence.end();
  reader.end();
  if (modulus[0] === 0) sequence.fail("modulus", "zero");
  if (publicExponent[0] === 0) sequence.fail("publicExponent", "zero");
  return { modulus, publicExponent };
}

function readEc(
  reader: DerReader,
  algorithm: AlgorithmIdentifier,
  bytes: Uint8Array,
): Kind {
  const curve = readCurve(reader, algorithm);
  // Explicit curves, and unknown ones: RFC 5480 section 2.1.1 requires named
  // ones, and no path with such a key is accepted.
  if (curve === undefined) return { type: "ec", bits: 0 };
  const size = Math.ceil(curve.bits / 8);
  const form = bytes[0];
  const uncompressed = form === 4 && bytes.length === 1 + 2 * size;
  const compressed = (form === 2 || form === 3) && bytes.length === 1 + size;
  if (!uncompressed && !compressed) {
    reader.fail(
      "subjectPublicKey",
      `not a point of ${curve.name} (RFC 5480 section 2.2)`,
    );
  }
  return { type: "ec", bits: curve.bits, curve: curve.name };
}

function readCurve(
  reader: DerReader,
  algorithm: AlgorithmIdentifier,
): Curve | undefined {
  if (algorithm.parameters?.[0] !== Tag.OBJECT_IDENTIFIER) {
    reader.deviation(
      "algorithm",
      "an EC key without a named curve (RFC 5480 section 2.1.1)",
    );
    return undefined;
  }
  return curves.get(
    reader.inside("algorithm", algorithm.parameters).oid("parameters"),
  );
}

/** Keys that are a string of bytes of one length, and have no parameters. */
function readFixed(
  type: PublicKeyType,
  length: number,
  bits: number,
): ReadKind {
  return (reader, algorithm, bytes) => {
    if (algorithm.parameters !== undefined) {
      reader.fail(
        "algorithm",
        "parameters that must be absent (RFC 8410 section 3)",
      );
    }
    if (bytes.length !== length) {
      reader.fail(
        "subjectPublicKey",
        `expected ${length} bytes, got ${bytes.length}`,
      );
    }
    return { type, bits };
  };
}

/** DSA has a type so that errors can name it; its size is not read. */
function readDsa(): Kind {
  return { type: "dsa", bits: 0 };
}

function bitLength(magnitude: Uint8Array): number {
  return magnitude.length * 8 - Math.clz32(magnitude[0] ?? 0) + 24;
}

const kinds: ReadonlyMap<string, ReadKind> = new Map([
  [KeyAlgorithm.rsaEncryption, readRsa("rsa")],
  [KeyAlgorithm["id-RSASSA-PSS"], readRsa("rsa-pss")],
  [KeyAlgorithm["id-ecPublicKey"], readEc],
  [KeyAlgorithm["id-dsa"], readDsa],
  [KeyAlgorithm["id-X25519"], readFixed("x25519", 32, 253)],
  [KeyAlgorithm["id-X448"], readFixed("x448", 56, 448)],
  ...octetKeyRows.map(([type, { oid, publicLength, bits }]) =>
    [oid, readFixed(type, publicLength, bits)] as const
  ),
]);

/** The error of a key that signatures cannot be checked with. */
export function unsupportedKey(reason: string): TlsError {
  return PUBLIC_KEY.error(`Cannot use the public key: ${reason}`);
}

/** Makes the errors of public keys that signatures cannot be checked with. */
export const PUBLIC_KEY: DerContext = {
  what: "the public key",
  maxLength: 1 << 20,
  error: (message) =>
    new TlsError("unsupported_key", message, {
      alert: "unsupported_certificate",
    }),
};
