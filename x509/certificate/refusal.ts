/**
 * The error about a certificate of a chain, and how messages call one.
 *
 * @module
 */

import type { TlsCertificateErrorCode } from "../../errors.ts";
import type { Certificate } from "./certificate.ts";
import { TlsCertificateError } from "./errors.ts";

/** Makes the error of one certificate. */
export function refusal(
  code: TlsCertificateErrorCode,
  certificate: Certificate,
  fact: string,
  chain: readonly Certificate[],
  hint?: string,
  rule?: string,
): TlsCertificateError {
  return new TlsCertificateError(
    code,
    `Cannot accept the certificate of ${nameOf(certificate)}: ${fact}`,
    { certificate, chain, hint, rule },
  );
}

/** How messages call a certificate. */
export function nameOf(certificate: Certificate): string {
  const name = certificate.subject ||
    certificate.subjectAltName[0]?.value ||
    `serial number ${certificate.serialNumber}`;
  return `"${name.length > MAX_NAME ? `${name.slice(0, MAX_NAME)}…` : name}"`;
}

/** How many characters of a name messages show. */
const MAX_NAME = 100;
