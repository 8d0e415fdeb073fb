/**
 * How bad each certificate error is. One row a code: a code without a row does
 * not compile.
 *
 * @module
 */

import type { TlsCertificateErrorCode } from "../../errors.ts";

/** Orders errors and paths: a higher number is a worse error. */
export function severityOf(code: TlsCertificateErrorCode): number {
  return rows[code].severity;
}

/** Whether an error says that a certificate is revoked, or may be. */
export function isAboutRevocation(code: TlsCertificateErrorCode): boolean {
  return rows[code].group === "revocation";
}

interface Row {
  readonly severity: number;
  /** Errors of the same check. */
  readonly group?: "revocation";
}

/** From an almost valid path to no path at all. */
const rows: Readonly<Record<TlsCertificateErrorCode, Row>> = {
  hostname_mismatch: { severity: 0 },
  certificate_not_yet_valid: { severity: 1 },
  certificate_expired: { severity: 2 },
  sct_required: { severity: 3 },
  revocation_unknown: { severity: 4, group: "revocation" },
  ocsp_response_required: { severity: 5, group: "revocation" },
  ocsp_response_unusable: { severity: 6, group: "revocation" },
  crl_unusable: { severity: 7, group: "revocation" },
  certificate_revoked: { severity: 8, group: "revocation" },
  not_strict: { severity: 9 },
  wrong_key_usage: { severity: 10 },
  invalid_policy: { severity: 11 },
  missing_tls_feature: { severity: 12 },
  path_too_long: { severity: 13 },
  name_constraints: { severity: 14 },
  unhandled_critical_extension: { severity: 15 },
  malformed_certificate: { severity: 16 },
  weak_signature: { severity: 17 },
  weak_key: { severity: 18 },
  unsupported_signature: { severity: 19 },
  unsupported_key: { severity: 20 },
  not_a_ca: { severity: 21 },
  certificate_distrusted: { severity: 22 },
  bad_signature: { severity: 23 },
  unknown_issuer: { severity: 24 },
  path_too_complex: { severity: 25 },
  untrusted_public_key: { severity: 26 },
  certificate_refused: { severity: 27 },
  no_certificate: { severity: 28 },
};
