/**
 * What programs match on: the codes of errors, besides the names of alerts.
 *
 * @module
 */

/** What a certificate was refused for. */
export type TlsCertificateErrorCode =
  | "unknown_issuer"
  | "hostname_mismatch"
  | "certificate_expired"
  | "certificate_not_yet_valid"
  | "certificate_revoked"
  | "certificate_distrusted"
  | "bad_signature"
  | "not_a_ca"
  | "path_too_long"
  | "path_too_complex"
  | "name_constraints"
  | "invalid_policy"
  | "missing_tls_feature"
  | "unhandled_critical_extension"
  | "wrong_key_usage"
  | "weak_key"
  | "weak_signature"
  | "unsupported_key"
  | "unsupported_signature"
  | "malformed_certificate"
  | "not_strict"
  | "revocation_unknown"
  | "crl_unusable"
  | "ocsp_response_required"
  | "ocsp_response_unusable"
  | "sct_required"
  | "untrusted_public_key"
  | "no_certificate"
  | "certificate_refused";

/**
 * What is wrong with a private key, or with what should have held one, with a
 * list or response, or with getting one.
 */
export type TlsKeyErrorCode =
  | "passphrase_required"
  | "wrong_passphrase"
  | "key_mismatch"
  | "unsupported_key"
  | "malformed_key"
  | "malformed_pem"
  | "malformed_pfx"
  | "malformed_crl"
  | "malformed_ocsp_response"
  | "fetch_failed"
  | "empty_trust_store";

/** What went wrong on a connection. */
export type TlsConnectionErrorCode =
  | "not_tls"
  | "truncated"
  | "handshake_timeout"
  | "read_timeout"
  | "write_timeout"
  | "deadline_exceeded"
  | "close_timeout"
  | "close_overrun"
  | "alert_received"
  | "no_common_version"
  | "no_common_cipher_suite"
  | "no_common_group"
  | "no_common_signature_scheme"
  | "no_common_alpn_protocol"
  | "no_common_certificate_type"
  | "client_certificate_refused"
  | "ech_rejected"
  | "too_many_pending_handshakes"
  | "callback_failed"
  | "module_unavailable"
  | "closed";
