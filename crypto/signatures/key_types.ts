/**
 * The types of keys that sign, one row a type: the data for parsing,
 * generating, signing, verifying and rating such a key.
 *
 * @module
 */

import { curves, KeyAlgorithm } from "../../x509/asn1/oids.ts";

/** Key types; the curves of ECDSA by their names in WebCrypto. */
export type SigningKeyType = "rsa" | "rsa-pss" | EcdsaCurve | OctetKeyType;

/** Curves of ECDSA by their names in WebCrypto. */
export type EcdsaCurve = keyof typeof ecdsaCurves;

/** Key types whose keys are octet strings of one length. */
export type OctetKeyType = keyof typeof octetKeyTypes;

/** Types of keys as signature schemes name them, and `PublicKey.type`. */
export type SignatureKeyType = "rsa" | "rsa-pss" | "ec" | OctetKeyType;

/** The parameter sets of ML-DSA (FIPS 204 section 4). */
export type MlDsaType = Extract<OctetKeyType, `ml-dsa-${string}`>;

/** A curve of ECDSA (RFC 9846 section 4.3.3 has schemes for these alone). */
export interface EcdsaCurveRow {
  /** IANA's name of the curve. */
  readonly curve: string;
  /** Its object identifier (RFC 5480 section 2.1.1.1). */
  readonly oid: string;
  /** Length of a scalar and of a coordinate, in bytes. */
  readonly size: number;
  /** What checking a signature costs; 1 is a check with RSA-2048, 0.1 ms. */
  readonly cost: number;
}

/** A type whose keys are octet strings (RFC 8410 and 9881). */
export interface OctetKeyRow {
  /** Of the key, and of its signatures. */
  readonly oid: string;
  /** IANA's name of the signature scheme. */
  readonly scheme: "ed25519" | "ed448" | "mldsa44" | "mldsa65" | "mldsa87";
  /** What WebCrypto calls it; absent where no runtime but Node has it. */
  readonly webCrypto?: string;
  /** Size in bits, as OpenSSL counts it. */
  readonly bits: number;
  /** Security strength in bits. */
  readonly strength: number;
  /** Length of a public key, in bytes. */
  readonly publicLength: number;
  /** Length of the private key or its seed, in bytes. */
  readonly secretLength: number;
  /** Length of a private key in expanded form, in bytes, if there is one. */
  readonly expandedLength?: number;
  /** The suites before TLS 1.3 that it authenticates, if there are any. */
  readonly authentication?: "ECDSA";
  /** What checking a signature costs, as for curves. */
  readonly cost: number;
}

/** The curves of ECDSA. P-521 is not in every runtime's WebCrypto. */
export const ecdsaCurves = {
  "P-256": ecdsaCurve("secp256r1", 8),
  "P-384": ecdsaCurve("secp384r1", 16),
  "P-521": ecdsaCurve("secp521r1", 48),
} as const satisfies Record<string, EcdsaCurveRow>;

/** EdDSA (RFC 8032 section 8.5) and ML-DSA (FIPS 204 section 4). */
export const octetKeyTypes = {
  "ed25519": octets({
    oid: KeyAlgorithm["id-Ed25519"],
    scheme: "ed25519",
    webCrypto: "Ed25519",
    bits: 256,
    strength: 128,
    publicLength: 32,
    secretLength: 32,
    authentication: "ECDSA",
    cost: 2,
  }),
  "ed448": octets({
    oid: KeyAlgorithm["id-Ed448"],
    scheme: "ed448",
    bits: 456,
    strength: 224,
    publicLength: 57,
    secretLength: 57,
    authentication: "ECDSA",
    cost: 24,
  }),
  "ml-dsa-44": mlDsa("44", 1312, 2560, 128),
  "ml-dsa-65": mlDsa("65", 1952, 4032, 192),
  "ml-dsa-87": mlDsa("87", 2592, 4896, 256),
} as const satisfies Record<string, OctetKeyRow>;

/** The curves with their rows. */
export const ecdsaCurveRows: readonly (readonly [EcdsaCurve, EcdsaCurveRow])[] =
  (
    Object.keys(ecdsaCurves) as EcdsaCurve[] // The keys of the table above.
  ).map((type) => [type, ecdsaCurves[type]]);

/** The octet key types with their rows. */
export const octetKeyRows: readonly (readonly [OctetKeyType, OctetKeyRow])[] = (
  Object.keys(octetKeyTypes) as OctetKeyType[] // The keys of the table above.
).map((type) => [type, octetKeyTypes[type]]);

/** Whether a name is that of an octet key type. */
export function isOctetKeyType(type: string): type is OctetKeyType {
  return Object.hasOwn(octetKeyTypes, type);
}

/** Whether a name is that of a curve in WebCrypto. */
export function isEcdsaCurve(type: string): type is EcdsaCurve {
  return Object.hasOwn(ecdsaCurves, type);
}

/** Whether a key type is one of ML-DSA. */
export function isMlDsa(type: SigningKeyType): type is MlDsaType {
  return type.startsWith("ml-dsa-");
}

/** The curve with an object identifier, if ECDSA can use it. */
export function ecdsaCurveByOid(oid: string): EcdsaCurve | undefined {
  return ecdsaCurveRows.find(([, row]) => row.oid === oid)?.[0];
}

/** The octet key type with an object identifier, if there is one. */
export function octetKeyTypeByOid(oid: string): OctetKeyType | undefined {
  return octetKeyRows.find(([, row]) => row.oid === oid)?.[0];
}

/**
 * The type that a public key signs as; `undefined` if it signs nothing here.
 */
export function signingKeyType(
  { type, curve }: { readonly type: string; readonly curve?: string },
): SigningKeyType | undefined {
  if (type === "ec") {
    return ecdsaCurveRows.find(([, row]) => row.curve === curve)?.[0];
  }
  if (type === "rsa" || type === "rsa-pss") return type;
  return isOctetKeyType(type) ? type : undefined;
}

/**
 * What authenticates the server in suites before TLS 1.3 for which a key has the
 * right type, or `undefined` if there are none. RFC 8422 section 5.3: EdDSA keys
 * are used in suites with ECDSA.
 */
export function suiteAuthentication(
  { type }: { readonly type: string },
): "RSA" | "ECDSA" | undefined {
  if (type === "rsa" || type === "rsa-pss") return "RSA";
  if (type === "ec") return "ECDSA";
  return isOctetKeyType(type)
    ? (octetKeyTypes[type] as OctetKeyRow).authentication
    : undefined;
}

function ecdsaCurve(name: string, cost: number): EcdsaCurveRow {
  for (const [oid, { name: curve, bits }] of curves) {
    if (curve === name) return { curve, oid, size: Math.ceil(bits / 8), cost };
  }
  throw new TypeError(`Cannot find the curve "${name}"`);
}

function octets(row: OctetKeyRow): OctetKeyRow {
  return row;
}

/** Lengths: FIPS 204 section 4, table 2; the seed: RFC 9881 section 6. */
function mlDsa(
  set: "44" | "65" | "87",
  publicLength: number,
  expandedLength: number,
  strength: number,
): OctetKeyRow {
  return {
    oid: KeyAlgorithm[`id-ml-dsa-${set}`],
    scheme: `mldsa${set}`,
    webCrypto: `ML-DSA-${set}`,
    bits: publicLength * 8,
    strength,
    publicLength,
    secretLength: 32,
    expandedLength,
    cost: 24,
  };
}
