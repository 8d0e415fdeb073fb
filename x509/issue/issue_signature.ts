/**
 * Signed structures, as certificates, CRLs and OCSP responses are: made.
 *
 * @module
 */

import { octetKeyRows } from "../../crypto/signatures/key_types.ts";
import type { SignatureSchemeName } from "../../crypto/signatures/signing_key.ts";
import {
  bitString,
  explicit,
  integer,
  nullValue,
  oid,
  sequence,
} from "../asn1/der.ts";
import { HashOid, MGF1, SignatureAlgorithm } from "../asn1/oids.ts";
import { signatureSchemesOf, type Signer } from "../keys/private_key.ts";

/**
 * The scheme with which a key signs certificates: its first one, but
 * RSASSA-PKCS1-v1_5 for RSA, which every verifier knows.
 *
 * @throws {TypeError} If the key signs with none.
 */
export function certificateScheme(signer: Signer): SignatureSchemeName {
  const schemes = signer.schemes ?? signatureSchemesOf(signer.publicKey);
  const scheme = signer.publicKey.type === "rsa" &&
      schemes.includes("rsa_pkcs1_sha256")
    ? "rsa_pkcs1_sha256"
    : schemes[0];
  if (scheme !== undefined) return scheme;
  throw new TypeError("Cannot issue: the issuer's key has no signature scheme");
}

/** `SEQUENCE { tbs, signatureAlgorithm, signature }`. */
export async function signStructure(
  tbs: Uint8Array,
  signer: Signer,
  scheme: SignatureSchemeName,
): Promise<Uint8Array> {
  return sequence(
    tbs,
    encodeSignatureAlgorithm(scheme),
    bitString(await signer.sign(scheme, tbs)),
  );
}

/** The AlgorithmIdentifier for a scheme's signatures. */
export function encodeSignatureAlgorithm(
  scheme: SignatureSchemeName,
): Uint8Array {
  const hash = /sha(\d+)$/.exec(scheme)?.[1];
  if (scheme.startsWith("rsa_pss")) {
    return sequence(
      oid(SignatureAlgorithm["id-RSASSA-PSS"]),
      pssParameters(hash === "384" || hash === "512" ? hash : "256"),
    );
  }
  const name = names.get(scheme.replace(/_secp\d+r1/, ""));
  if (name === undefined) {
    throw new TypeError(`Cannot issue: ${scheme} signs no certificates`);
  }
  return scheme.startsWith("rsa")
    ? sequence(oid(name), nullValue())
    : sequence(oid(name));
}

/** RFC 4055 section 3.1; the salt is as long as the digest. */
function pssParameters(hash: "256" | "384" | "512"): Uint8Array {
  const algorithm = sequence(oid(HashOid[`SHA-${hash}`]), nullValue());
  return sequence(
    explicit(0, algorithm),
    explicit(1, sequence(oid(MGF1), algorithm)),
    explicit(2, integer(Number(hash) / 8)),
  );
}

const names: ReadonlyMap<string, string> = new Map<string, string>([
  ["rsa_pkcs1_sha1", SignatureAlgorithm.sha1WithRSAEncryption],
  ["rsa_pkcs1_sha256", SignatureAlgorithm.sha256WithRSAEncryption],
  ["rsa_pkcs1_sha384", SignatureAlgorithm.sha384WithRSAEncryption],
  ["rsa_pkcs1_sha512", SignatureAlgorithm.sha512WithRSAEncryption],
  ["ecdsa_sha1", SignatureAlgorithm["ecdsa-with-SHA1"]],
  ["ecdsa_sha256", SignatureAlgorithm["ecdsa-with-SHA256"]],
  ["ecdsa_sha384", SignatureAlgorithm["ecdsa-with-SHA384"]],
  ["ecdsa_sha512", SignatureAlgorithm["ecdsa-with-SHA512"]],
  ...octetKeyRows.map(({ 1: { scheme, oid } }) => [scheme, oid] as const),
]);
