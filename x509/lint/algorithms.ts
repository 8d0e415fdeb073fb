/**
 * The AlgorithmIdentifiers of BR 7.1.3, byte for byte, and the hash of each
 * curve.
 *
 * @module
 */

import { derContext, DerReader } from "../asn1/der.ts";
import { TlsError } from "../../errors.ts";
import { SignatureAlgorithm, signatureAlgorithmNames } from "../asn1/oids.ts";
import type { LintSubject } from "./subject.ts";

/** Keys: RSA, P-256, P-384, P-521 (BR 7.1.3.1). */
export const KEY_IDENTIFIERS: ReadonlySet<string> = new Set([
  "300d06092a864886f70d0101010500",
  "301306072a8648ce3d020106082a8648ce3d030107",
  "301006072a8648ce3d020106052b81040022",
  "301006072a8648ce3d020106052b81040023",
]);

/** Signatures (BR 7.1.3.2). */
export const SIGNATURE_IDENTIFIERS: ReadonlySet<string> = new Set([
  // RSASSA-PKCS1-v1_5 with SHA-256, SHA-384 and SHA-512
  "300d06092a864886f70d01010b0500",
  "300d06092a864886f70d01010c0500",
  "300d06092a864886f70d01010d0500",
  // RSASSA-PSS, MGF-1 of the same hash, a salt of the hash's length
  "304106092a864886f70d01010a3034a00f300d0609608648016503040201" +
  "0500a11c301a06092a864886f70d010108300d0609608648016503040201" +
  "0500a203020120",
  "304106092a864886f70d01010a3034a00f300d0609608648016503040202" +
  "0500a11c301a06092a864886f70d010108300d0609608648016503040202" +
  "0500a203020130",
  "304106092a864886f70d01010a3034a00f300d0609608648016503040203" +
  "0500a11c301a06092a864886f70d010108300d0609608648016503040203" +
  "0500a203020140",
  // ECDSA with SHA-256, SHA-384 and SHA-512
  "300a06082a8648ce3d040302",
  "300a06082a8648ce3d040303",
  "300a06082a8648ce3d040304",
]);

/** The one algorithm with which a key on that curve signs (BR 7.1.3.2.2). */
export const ECDSA_HASHES: ReadonlyMap<string, string> = new Map([
  ["secp256r1", "ecdsa-with-SHA256"],
  ["secp384r1", "ecdsa-with-SHA384"],
  ["secp521r1", "ecdsa-with-SHA512"],
]);

/** An ECDSA signature: its algorithm, the curve, and its hash. */
export interface EcdsaHash {
  readonly name: string;
  readonly curve: string;
  readonly wanted: string;
}

/** Reads off an ECDSA signature which algorithm it should have. */
export function ecdsaHash(
  { certificate, issuer }: LintSubject,
): EcdsaHash | undefined {
  const { oid } = certificate.signatureAlgorithmIdentifier;
  const name = signatureAlgorithmNames.get(oid);
  if (name === undefined || !ECDSA.has(oid)) return undefined;
  const curve = issuer?.publicKey.curve ?? curveOf(certificate.signature);
  const wanted = ECDSA_HASHES.get(curve ?? "");
  return curve === undefined || wanted === undefined
    ? undefined
    : { name, curve, wanted };
}

/**
 * The curve of a signature by the size of its numbers: one of 32 bytes less
 * than the curve's order comes up once in 2^128.
 */
function curveOf(signature: Uint8Array): string | undefined {
  const size = ecdsaSize(signature);
  if (size === undefined) return undefined;
  return size <= 32 ? "secp256r1" : size <= 48 ? "secp384r1" : "secp521r1";
}

function ecdsaSize(signature: Uint8Array): number | undefined {
  try {
    const sequence = DerReader.of(signature, CONTEXT).sequence("");
    return Math.max(
      sequence.unsigned("r").length,
      sequence.unsigned("s").length,
    );
  } catch (error) {
    if (error instanceof TlsError) return undefined;
    throw error;
  }
}

const ECDSA: ReadonlySet<string> = new Set([
  SignatureAlgorithm["ecdsa-with-SHA256"],
  SignatureAlgorithm["ecdsa-with-SHA384"],
  SignatureAlgorithm["ecdsa-with-SHA512"],
]);

const CONTEXT = derContext("the signature", "malformed_certificate");
