/**
 * The signature schemes (RFC 9846 section 4.3.3), one row a scheme.
 *
 * @module
 */

import { ProtocolVersion, SignatureScheme } from "../../registry.ts";
import {
  type OctetKeyRow,
  octetKeyRows,
  type SignatureKeyType,
} from "./key_types.ts";
import type { PublicKey } from "./public_key.ts";
import {
  type HashName,
  type SignatureAlgorithm,
  verifySignature,
} from "./signatures.ts";

/** A signature scheme. */
export interface SignatureSchemeRow {
  /** SignatureScheme number. */
  readonly id: number;
  /** IANA's name. */
  readonly name: keyof typeof SignatureScheme;
  /** Type of the key, as `PublicKey.type` of a certificate has it. */
  readonly keyType: SignatureKeyType;
  /** The curve that belongs to it in TLS 1.3, by IANA's name of the group. */
  readonly curve?: string | undefined;
  /** The hash that it names, if it names one. */
  readonly hash?: HashName;
  /** How such a signature is checked. */
  readonly algorithm: SignatureAlgorithm;
  /** Versions of whose handshake it may sign; certificates are apart. */
  readonly versions: readonly number[];
  /**
   * Only a client signs with it, and only a CertificateRequest lists it (RFC
   * 9963 section 3).
   */
  readonly clientOnly?: true;
  /** RSA keys with fewer bits cannot make such a signature. */
  readonly minKeyBits?: number;
  /** Collision resistance of its hash in bits, or strength of the key. */
  readonly strength: number;
}

/** The row with a number, if there is one. */
export function signatureSchemeById(
  id: number,
): SignatureSchemeRow | undefined {
  return signatureSchemes.find((row) => row.id === id) ??
    tls10SignatureSchemes.find((row) => row.id === id);
}

/**
 * Whether a signature of a scheme over `content` is right. The caller checks
 * that the scheme fits the key and the version.
 *
 * @throws {TlsError} `unsupported_key`, if the key is of an unknown type.
 */
export function verifyWithScheme(
  scheme: SignatureSchemeRow,
  key: PublicKey,
  content: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  return verifySignature(scheme.algorithm, key, content, signature);
}

type SizedHash = "SHA-1" | "SHA-256" | "SHA-384" | "SHA-512";

/** In bytes. */
const lengths: Readonly<Record<SizedHash, number>> = {
  "SHA-1": 20,
  "SHA-256": 32,
  "SHA-384": 48,
  "SHA-512": 64,
};

/** Of collisions, in bits; SHA-1's as OpenSSL rates it since SHAttered. */
const strengths: Readonly<Record<SizedHash, number>> = {
  "SHA-1": 64,
  "SHA-256": 128,
  "SHA-384": 192,
  "SHA-512": 256,
};

const TLS10 = [ProtocolVersion["TLSv1"], ProtocolVersion["TLSv1.1"]];
const TLS12 = [ProtocolVersion["TLSv1.2"]];
const TLS13 = [ProtocolVersion["TLSv1.3"]];
const BOTH = [...TLS12, ...TLS13];

/** The schemes that are on by default, in order of preference. */
export const defaultSignatureSchemes: readonly SignatureSchemeRow[] = [
  ecdsa("ecdsa_secp256r1_sha256", "SHA-256", "secp256r1"),
  pure("ed25519", BOTH),
  ecdsa("ecdsa_secp384r1_sha384", "SHA-384", "secp384r1"),
  ecdsa("ecdsa_secp521r1_sha512", "SHA-512", "secp521r1"),
  pure("ed448", BOTH),
  rsaPss("rsa_pss_rsae_sha256", "rsa", "SHA-256"),
  rsaPss("rsa_pss_rsae_sha384", "rsa", "SHA-384"),
  rsaPss("rsa_pss_rsae_sha512", "rsa", "SHA-512"),
  rsaPss("rsa_pss_pss_sha256", "rsa-pss", "SHA-256"),
  rsaPss("rsa_pss_pss_sha384", "rsa-pss", "SHA-384"),
  rsaPss("rsa_pss_pss_sha512", "rsa-pss", "SHA-512"),
  rsaPkcs1("rsa_pkcs1_sha256", "SHA-256"),
  rsaPkcs1("rsa_pkcs1_sha384", "SHA-384"),
  rsaPkcs1("rsa_pkcs1_sha512", "SHA-512"),
  // draft-ietf-tls-mldsa: for TLS 1.3 alone. Last, as they are twenty times as
  // long: who has another certificate shows that one.
  pure("mldsa44", TLS13),
  pure("mldsa65", TLS13),
  pure("mldsa87", TLS13),
];

/** All schemes, those that are on by default first. */
export const signatureSchemes: readonly SignatureSchemeRow[] = [
  ...defaultSignatureSchemes,
  // RFC 9963: for clients whose RSA key is in hardware that cannot make PSS.
  rsaPkcs1Legacy("rsa_pkcs1_sha256_legacy", "SHA-256"),
  rsaPkcs1Legacy("rsa_pkcs1_sha384_legacy", "SHA-384"),
  rsaPkcs1Legacy("rsa_pkcs1_sha512_legacy", "SHA-512"),
  // RFC 9155 section 2: SHA-1 is not to be used in TLS 1.2 any more either.
  ecdsa("ecdsa_sha1", "SHA-1"),
  rsaPkcs1("rsa_pkcs1_sha1", "SHA-1"),
];

/**
 * The schemes of TLS 1.0 and 1.1, which name none: the type of the key
 * determines the scheme (RFC 4346 section 7.4.3, RFC 4492 section 5.4).
 */
export const tls10SignatureSchemes: readonly SignatureSchemeRow[] = [
  {
    ...named("rsa_pkcs1_md5_sha1"),
    keyType: "rsa",
    algorithm: { kind: "rsa-pkcs1", hash: "MD5-SHA-1" },
    versions: TLS10,
    // RFC 8017 section 9.2 step 3, without a DigestInfo.
    minKeyBits: 8 * (16 + 20 + 10) + 1,
    strength: strengths["SHA-1"],
  },
  { ...ecdsa("ecdsa_sha1", "SHA-1"), versions: TLS10 },
];

function ecdsa(
  name: SignatureSchemeRow["name"],
  hash: SizedHash,
  curve?: string,
): SignatureSchemeRow {
  return {
    ...named(name),
    keyType: "ec",
    curve,
    hash,
    algorithm: { kind: "ecdsa", hash },
    versions: curve === undefined ? TLS12 : BOTH,
    strength: strengths[hash],
  };
}

function rsaPss(
  name: SignatureSchemeRow["name"],
  keyType: "rsa" | "rsa-pss",
  hash: "SHA-256" | "SHA-384" | "SHA-512",
): SignatureSchemeRow {
  const saltLength = lengths[hash];
  return {
    ...named(name),
    keyType,
    hash,
    algorithm: { kind: "rsa-pss", hash, saltLength },
    versions: BOTH,
    // RFC 8017 section 9.1.1 step 3: ceil((bits - 1) / 8) >= hash + salt + 2.
    minKeyBits: 8 * (2 * saltLength + 1) + 2,
    strength: strengths[hash],
  };
}

function rsaPkcs1(
  name: SignatureSchemeRow["name"],
  hash: SizedHash,
): SignatureSchemeRow {
  // RFC 8017 section 9.2 step 3: ceil(bits / 8) >= DigestInfo + 11.
  const digestInfo = lengths[hash] + (hash === "SHA-1" ? 15 : 19);
  return {
    ...named(name),
    keyType: "rsa",
    hash,
    algorithm: { kind: "rsa-pkcs1", hash },
    // RFC 9846 section 4.3.3: in TLS 1.3 for certificates only.
    versions: TLS12,
    minKeyBits: 8 * (digestInfo + 10) + 1,
    strength: strengths[hash],
  };
}

function rsaPkcs1Legacy(
  name: SignatureSchemeRow["name"],
  hash: SizedHash,
): SignatureSchemeRow {
  return { ...rsaPkcs1(name, hash), versions: TLS13, clientOnly: true };
}

/**
 * The schemes of a list without those that a ClientHello must not have, nor a
 * server sign with (RFC 9963 section 3).
 */
export function schemesForServers(schemes: readonly number[]): number[] {
  return schemes.filter((id) => !isClientOnly(id));
}

/** Whether only a client signs with a scheme. */
export function isClientOnly(id: number): boolean {
  return signatureSchemeById(id)?.clientOnly ?? false;
}

/** @throws {TypeError} If no type of key has such a scheme. */
function pure(
  name: OctetKeyRow["scheme"],
  versions: readonly number[],
): SignatureSchemeRow {
  const found = octetKeyRows.find(([, { scheme }]) => scheme === name);
  if (found === undefined) throw new TypeError(`Cannot find scheme "${name}"`);
  const [kind, { strength }] = found;
  return {
    ...named(name),
    keyType: kind,
    algorithm: { kind },
    versions,
    strength,
  };
}

function named(
  name: SignatureSchemeRow["name"],
): Pick<SignatureSchemeRow, "id" | "name"> {
  return { id: SignatureScheme[name], name };
}
