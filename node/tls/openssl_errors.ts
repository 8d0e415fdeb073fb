/**
 * Our errors in the words of OpenSSL, by which programs for Node know them.
 *
 * @module
 */

import process from "node:process";
import { TlsAlertError, TlsError } from "../../errors.ts";
import { type NodeError, nodeError } from "./errors.ts";

/**
 * An error as Node reports it: the code and reason that OpenSSL has for it, ours
 * as `cause`. What is not of TLS stays as it is.
 */
export function opensslError(error: unknown): Error {
  if (!(error instanceof TlsError)) {
    return error instanceof Error ? error : new Error(String(error));
  }
  // What a callback of the caller's threw is the caller's own.
  const thrown = thrownByCallback(error);
  if (thrown !== undefined) return thrown;
  const reason = reasonOf(error);
  if (reason === undefined) return error;
  return sslError(reason, error);
}

/** An error of OpenSSL's with our own as cause. */
export function sslError(reason: string, cause?: Error): NodeError {
  const code = `ERR_SSL_${reason.toUpperCase().replaceAll(" ", "_")}`;
  const number = ALERT_NUMBERS[reason.replace(/^\S+ /, "")] ??
    REASON_NUMBERS[reason] ?? 0;
  const id = (0x0a000000 + number).toString(16).toUpperCase().padStart(8, "0");
  return nodeError(
    code,
    `error:${id}:SSL routines::${reason}`,
    Error,
    {
      library: "SSL routines",
      reason,
      ...(cause === undefined ? {} : { cause }),
    },
  );
}

/** What a callback of the caller's threw, if that is what went wrong. */
function thrownByCallback(error: unknown): Error | undefined {
  if (!(error instanceof TlsError) || error.code !== "callback_failed") {
    return undefined;
  }
  const { cause } = error;
  // One that names an alert has the caller's own as cause.
  const own = cause instanceof TlsError ? cause.cause ?? cause : cause;
  return own instanceof Error && !(own instanceof TlsError) ? own : undefined;
}

function reasonOf(error: TlsError): string | undefined {
  const { code, alert } = error;
  if (error instanceof TlsAlertError) {
    return alert && `${alertPrefix(alert)} ${alert.replaceAll("_", " ")}`;
  }
  return REASONS[code] ?? (alert === undefined ? undefined : REASONS[alert]);
}

/** OpenSSL groups alerts by the version that they came with. */
function alertPrefix(alert: string): string {
  if (alert === "certificate_required" || alert === "missing_extension") {
    return "tlsv13 alert";
  }
  return SSLV3_ALERTS.has(alert)
    ? OLD_ALERT
    : TLSV1_WITHOUT_ALERT.has(alert)
    ? "tlsv1"
    : "tlsv1 alert";
}

/** OpenSSL calls them so since 3.2. */
const OLD_ALERT = isOpenSsl32() ? "ssl/tls alert" : "sslv3 alert";

function isOpenSsl32(): boolean {
  const [major = 0, minor = 0] = (process.versions.openssl ?? "3.5")
    .split(".").map(Number);
  return major > 3 || major === 3 && minor >= 2;
}

const SSLV3_ALERTS = new Set([
  "close_notify",
  "unexpected_message",
  "bad_record_mac",
  "decompression_failure",
  "handshake_failure",
  "no_certificate",
  "bad_certificate",
  "unsupported_certificate",
  "certificate_revoked",
  "certificate_expired",
  "certificate_unknown",
  "illegal_parameter",
]);

const TLSV1_WITHOUT_ALERT = new Set([
  "unsupported_extension",
  "certificate_unobtainable",
  "unrecognized_name",
  "bad_certificate_status_response",
  "bad_certificate_hash_value",
]);

/** By our codes; where we have none of our own, by the alert that we sent. */
const REASONS: Readonly<Record<string, string>> = {
  not_tls: "wrong version number",
  no_common_version: "unsupported protocol",
  no_common_cipher_suite: "no shared cipher",
  no_common_group: "no suitable key share",
  no_common_signature_scheme: "no shared signature algorithms",
  no_common_alpn_protocol: "no application protocol",
  certificate_required: "peer did not return a certificate",
  client_certificate_refused: "certificate verify failed",
  protocol_version: "unsupported protocol",
  unexpected_message: "unexpected message",
  bad_record_mac: "decryption failed or bad record mac",
  record_overflow: "packet length too long",
  decode_error: "bad length",
  decrypt_error: "bad signature",
  illegal_parameter: "bad extension",
  handshake_failure: "no shared cipher",
  insufficient_security: "no ciphers available",
  unknown_psk_identity: "psk identity not found",
  inappropriate_fallback: "inappropriate fallback",
  missing_extension: "missing supported groups extension",
  weak_key: "ee key too small",
  weak_signature: "ca md too weak",
};

const ALERT_NUMBERS: Readonly<Record<string, number>> = {
  "alert handshake failure": 1040,
  "alert bad certificate": 1042,
  "alert unsupported certificate": 1043,
  "alert certificate revoked": 1044,
  "alert certificate expired": 1045,
  "alert certificate unknown": 1046,
  "alert illegal parameter": 1047,
  "alert unknown ca": 1048,
  "alert decrypt error": 1051,
  "alert protocol version": 1070,
  "alert internal error": 1080,
  "unrecognized name": 1112,
  "alert unknown psk identity": 1115,
  "alert certificate required": 1116,
  "alert no application protocol": 1120,
};

const REASON_NUMBERS: Readonly<Record<string, number>> = {
  "no suitable key share": 101,
  "wrong version number": 267,
  "decryption failed or bad record mac": 281,
  "certificate verify failed": 134,
  "no ciphers available": 181,
  "no shared cipher": 193,
  "no shared signature algorithms": 376,
  "wrong ssl version": 266,
  "peer did not return a certificate": 199,
  "no application protocol": 235,
  "unexpected message": 244,
  "unsupported protocol": 258,
  "no renegotiation": 339,
  "psk identity not found": 223,
};
