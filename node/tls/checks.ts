/**
 * Judges the peer as Node does: when the handshake is done.
 *
 * @module
 */

import { unknownIssuerCode } from "../views.ts";
import type { PeerVerdict } from "../../handshake/common/callback_info.ts";
import type { Certificate } from "../../x509/certificate/certificate.ts";
import type { TlsCertificateError } from "../../x509/certificate/errors.ts";
import { type NodeError, nodeError } from "./errors.ts";

/**
 * What is wrong with the peer's certificates, by OpenSSL's name.
 *
 * @param verdict The verdict on them.
 * @param mayEndChain Whether a certificate of `ca` may be the anchor.
 * @returns The error, or `undefined`.
 */
export function verifyError(
  verdict: PeerVerdict,
  mayEndChain: (anchor: Certificate) => boolean,
): NodeError | undefined {
  const error = verdict.errors.find(({ code }) => code !== "hostname_mismatch");
  if (error === undefined) {
    const anchor = verdict.path.at(-1);
    return anchor === undefined || mayEndChain(anchor) ? undefined : x509Error(
      verdict.path.length === 1
        ? "UNABLE_TO_VERIFY_LEAF_SIGNATURE"
        : "UNABLE_TO_GET_ISSUER_CERT",
    );
  }
  return x509Error(nameOf(error, verdict.chain), error);
}

/** The client showed no certificate, and had to. */
export function noCertificate(): NodeError {
  return x509Error("UNABLE_TO_GET_ISSUER_CERT");
}

function x509Error(name: string, cause?: TlsCertificateError): NodeError {
  const message = MESSAGES[name] ?? cause?.message ?? name;
  return nodeError(name, message, Error, cause === undefined ? {} : { cause });
}

function nameOf(
  error: TlsCertificateError,
  chain: readonly Certificate[],
): string {
  if (error.code !== "unknown_issuer") {
    return NAMES[error.code] ?? error.code.toUpperCase();
  }
  return unknownIssuerCode(chain);
}

/** X509_verify_cert_error_string(3). */
const MESSAGES: Readonly<Record<string, string>> = {
  UNABLE_TO_GET_ISSUER_CERT: "unable to get issuer certificate",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "unable to get local issuer certificate",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "unable to verify the first certificate",
  DEPTH_ZERO_SELF_SIGNED_CERT: "self-signed certificate",
  SELF_SIGNED_CERT_IN_CHAIN: "self-signed certificate in certificate chain",
  CERT_HAS_EXPIRED: "certificate has expired",
  CERT_NOT_YET_VALID: "certificate is not yet valid",
  CERT_REVOKED: "certificate revoked",
  CERT_SIGNATURE_FAILURE: "certificate signature failure",
  CERT_UNTRUSTED: "certificate not trusted",
  CERT_REJECTED: "certificate rejected",
  INVALID_CA: "invalid CA certificate",
  INVALID_PURPOSE: "unsuitable certificate purpose",
  PATH_LENGTH_EXCEEDED: "path length constraint exceeded",
  UNABLE_TO_GET_CRL: "unable to get certificate CRL",
  CRL_SIGNATURE_FAILURE: "CRL signature failure",
  CERT_CHAIN_TOO_LONG: "certificate chain too long",
};

const NAMES: Readonly<Record<string, string>> = {
  certificate_expired: "CERT_HAS_EXPIRED",
  certificate_not_yet_valid: "CERT_NOT_YET_VALID",
  certificate_revoked: "CERT_REVOKED",
  certificate_distrusted: "CERT_UNTRUSTED",
  certificate_refused: "CERT_REJECTED",
  bad_signature: "CERT_SIGNATURE_FAILURE",
  not_a_ca: "INVALID_CA",
  path_too_long: "PATH_LENGTH_EXCEEDED",
  path_too_complex: "CERT_CHAIN_TOO_LONG",
  wrong_key_usage: "INVALID_PURPOSE",
  revocation_unknown: "UNABLE_TO_GET_CRL",
  crl_unusable: "CRL_SIGNATURE_FAILURE",
  weak_key: "EE_KEY_TOO_SMALL",
  weak_signature: "CA_MD_TOO_WEAK",
  name_constraints: "PERMITTED_VIOLATION",
  unhandled_critical_extension: "UNHANDLED_CRITICAL_EXTENSION",
};
