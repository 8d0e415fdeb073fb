/**
 * Certificates and keys as callers give them: looked at, and certificates read,
 * without what reads keys.
 *
 * @module
 */

import { isPem } from "../asn1/pem.ts";
import { Certificate } from "../certificate/certificate.ts";
import type { Signer } from "./private_key.ts";

/** Certificates as they may be given: PEM, DER of one, or read already. */
export type CertificateInput = string | Uint8Array | readonly Certificate[];

/** A private key as it may be given: PEM, DER, or what signs. */
export type KeyInput = string | Uint8Array | Signer;

/**
 * The certificates of PEM, of DER, or given as they are; one at least.
 *
 * @throws {TlsCertificateError} `malformed_certificate`
 * @throws {TypeError} If it is something else.
 */
export function readCertificates(
  cert: CertificateInput,
): readonly Certificate[] {
  if (typeof cert === "string") return Certificate.fromPem(cert);
  if (cert instanceof Uint8Array) {
    return isPem(cert) ? Certificate.fromPem(cert) : [Certificate.parse(cert)];
  }
  return checkCertificates(cert);
}

/** @throws {TypeError} If it is not a list of certificates, or an empty one. */
export function checkCertificates(cert: unknown): readonly Certificate[] {
  const isList = Array.isArray(cert) && cert.length > 0 &&
    cert.every((item) => item instanceof Certificate);
  if (isList) return cert;
  throw new TypeError(
    "Cannot read the certificates: expected PEM, DER or a list of Certificate",
  );
}

/** @throws {TypeError} If it cannot be what signs. */
export function checkSigner(signer: Signer): Signer {
  if (
    typeof signer?.sign !== "function" ||
    !(signer.publicKey?.spki instanceof Uint8Array)
  ) {
    throw new TypeError(
      'Cannot use the key: expected PEM, DER or an object with "publicKey" and "sign"',
    );
  }
  return signer;
}
