/**
 * The error that is thrown, or is in a verdict, if a certificate is refused.
 *
 * @module
 */

import {
  type TlsAlertName,
  type TlsCertificateErrorCode,
  TlsError,
  type TlsErrorOptions,
} from "../../errors.ts";
import type { Certificate } from "./certificate.ts";

/** Options of {@linkcode TlsCertificateError}. */
export interface TlsCertificateErrorOptions extends TlsErrorOptions {
  /** The certificate that it is about. */
  certificate?: Certificate | undefined;
  /** The certificates that were tried, the leaf first. */
  chain?: readonly Certificate[] | undefined;
  /** The rule that it breaks, under the code `not_strict`. */
  rule?: string | undefined;
}

/**
 * A certificate was refused: `code` says for what, `certificate` is the one
 * that is at fault and `chain` the path, or as much of it as there is, from the
 * leaf on. `alert` is what a connection sends for it.
 *
 * @example The reason
 * ```ts
 * import { Certificate, TlsCertificateError } from "@x/tls/x509";
 * import { assertEquals } from "@std/assert";
 *
 * try {
 *   Certificate.parse(new Uint8Array(3));
 * } catch (error) {
 *   if (!(error instanceof TlsCertificateError)) throw error;
 *   assertEquals(error.code, "malformed_certificate");
 *   assertEquals(error.alert, "decode_error");
 * }
 * ```
 */
export class TlsCertificateError extends TlsError {
  /** `"TlsCertificateError"`. */
  override readonly name: string = "TlsCertificateError";
  /** What the certificate was refused for. */
  declare readonly code: TlsCertificateErrorCode;
  /** The certificate at fault, if it is one of the chain. */
  readonly certificate: Certificate | undefined;
  /** The path, or as much of it as there is, from the leaf on. */
  readonly chain: readonly Certificate[];
  /**
   * Under the code `not_strict`: the stable name of the rule that the
   * certificate breaks, such as `"internal_name"`, as {@linkcode
   * lintCertificate} names it.
   */
  readonly rule: string | undefined;

  /**
   * Makes an error from its code and a sentence.
   *
   * @param code What the certificate was refused for.
   * @param message A sentence that says it with names and numbers.
   * @param options The certificates that it is about, an alert, a hint, a
   * cause.
   */
  constructor(
    code: TlsCertificateErrorCode,
    message: string,
    options: TlsCertificateErrorOptions = {},
  ) {
    super(code, message, { alert: alertOf[code], ...options });
    this.certificate = options.certificate;
    this.chain = options.chain ?? [];
    this.rule = options.rule;
  }
}

/** Whether a text is one of the codes of certificates. */
export function isCertificateErrorCode(
  code: string,
): code is TlsCertificateErrorCode {
  return Object.hasOwn(alertOf, code);
}

/**
 * RFC 9846 section 6.2 (Error Alerts) has a sentence for most; where it leaves
 * a choice, this is what rustls sends.
 */
const alertOf: Readonly<Record<TlsCertificateErrorCode, TlsAlertName>> = {
  // "could not be matched with a known trust anchor"
  unknown_issuer: "unknown_ca",
  // "A certificate has expired or is not currently valid": both ends of it.
  certificate_expired: "certificate_expired",
  certificate_not_yet_valid: "certificate_expired",
  // "A certificate was revoked by its signer"
  certificate_revoked: "certificate_revoked",
  // "Some other (unspecified) issue arose in processing the certificate,
  // rendering it unacceptable": its issuer revoked nothing.
  certificate_distrusted: "certificate_unknown",
  // "A certificate was corrupt, contained signatures that did not verify
  // correctly, etc.": Go sends this too. rustls and OpenSSL send decrypt_error,
  // which the RFC has for signatures of the handshake itself.
  bad_signature: "bad_certificate",
  // "A certificate was corrupt" would fit as well as "A message could not be
  // decoded": Go and BoringSSL send the latter for what is not a certificate.
  malformed_certificate: "decode_error",
  not_strict: "bad_certificate",
  // Section 4.5.1.3 (Receiving a Certificate Message) names bad_certificate for
  // MD5 and SHA-1; a key that is too small is refused in the same way.
  weak_signature: "bad_certificate",
  weak_key: "bad_certificate",
  hostname_mismatch: "bad_certificate",
  name_constraints: "bad_certificate",
  not_a_ca: "bad_certificate",
  path_too_long: "bad_certificate",
  invalid_policy: "bad_certificate",
  missing_tls_feature: "bad_certificate",
  unhandled_critical_extension: "bad_certificate",
  // "A certificate was of an unsupported type"
  wrong_key_usage: "unsupported_certificate",
  unsupported_key: "unsupported_certificate",
  unsupported_signature: "unsupported_certificate",
  // "Some other (unspecified) issue arose in processing the certificate"
  path_too_complex: "certificate_unknown",
  revocation_unknown: "certificate_unknown",
  crl_unusable: "certificate_unknown",
  sct_required: "certificate_unknown",
  certificate_refused: "certificate_unknown",
  untrusted_public_key: "certificate_unknown",
  no_certificate: "certificate_unknown",
  // RFC 6066 section 8: an invalid, or missing, OCSP response.
  ocsp_response_required: "bad_certificate_status_response",
  ocsp_response_unusable: "bad_certificate_status_response",
};
