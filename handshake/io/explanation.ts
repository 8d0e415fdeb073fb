/**
 * What is said of an error that only the handshake can explain.
 *
 * @module
 */

import {
  TlsAlertError,
  type TlsAlertName,
  TlsError,
  TlsProtocolError,
  TlsTruncatedError,
} from "../../errors.ts";
import type { Remarks } from "./remarks.ts";

/** How far a connection is, and what its handshake knows. */
export interface Circumstances {
  /** Whether an alert may be a server's word on our certificate. */
  readonly awaitsVerdict: boolean;
  /** Whether the handshake is still under way. */
  readonly isHandshaking: boolean;
  /** Whether the error is one of the transport. */
  readonly isOfTransport: boolean;
  /** What may explain the error. */
  readonly remarks: Remarks;
}

/**
 * An error with what is known of its cause. Servers have many ways to say that
 * they miss a certificate, or do not want the one that they got: several
 * alerts, the end of the stream, a reset. RFC 9846 section 4.5.1.3 has a TLS
 * 1.3 server judge when the client's handshake is over. Keys that differ show
 * as records that cannot be opened, and a renegotiation that was refused as a
 * peer that leaves.
 */
export function explain(cause: unknown, known: Circumstances): unknown {
  const { awaitsVerdict, isHandshaking, remarks } = known;
  const { certificate, psk, renegotiation } = remarks;
  if (certificate !== undefined && (awaitsVerdict || isHandshaking)) {
    const explained = withCertificate(cause, known);
    if (explained !== cause) return explained;
  }
  if (psk !== undefined && isHandshaking && speaksOfKeys(cause)) {
    return withHint(cause, psk);
  }
  const isEnd = cause instanceof TlsAlertError ||
    cause instanceof TlsTruncatedError;
  return renegotiation !== undefined && isEnd
    ? withHint(cause, renegotiation)
    : cause;
}

function withCertificate(
  cause: unknown,
  { awaitsVerdict, isOfTransport, remarks: { certificate } }: Circumstances,
): unknown {
  const isMissing = certificate?.sent === false;
  const hint = certificate?.note;
  if (cause instanceof TlsAlertError) {
    const { alert } = cause;
    const isOfCertificates = alert !== undefined &&
      CERTIFICATE_ALERTS.has(alert) &&
      // Not if it is our signature that failed.
      !(isMissing && alert === "decrypt_error");
    if (!isOfCertificates) return cause;
    if (awaitsVerdict || isMissing) return refused(cause, isMissing, hint);
    return hint === undefined ? cause : withHint(cause, hint);
  }
  const isEnd = cause instanceof TlsTruncatedError ||
    isOfTransport && cause instanceof Error;
  return certificate?.sent === false && isEnd
    ? withHint(cause, certificate.note)
    : cause;
}

/** What a peer says, or we find, where the two have different keys. */
function speaksOfKeys(cause: unknown): cause is TlsError {
  return cause instanceof TlsError && cause.hint === undefined &&
      cause instanceof TlsProtocolError && cause.alert !== undefined &&
      KEY_FAULTS.has(cause.alert) ||
    cause instanceof TlsAlertError && cause.alert !== undefined &&
      KEY_ALERTS.has(cause.alert);
}

/** The same error with another hint. */
function withHint(cause: Error, hint: string): Error {
  if (cause instanceof TlsAlertError) {
    return new TlsAlertError(cause.description, undefined, { hint });
  }
  const { message } = cause;
  if (cause instanceof TlsTruncatedError) {
    return new TlsTruncatedError(message, { cause: cause.cause, hint });
  }
  if (cause instanceof TlsProtocolError && cause.alert !== undefined) {
    const { alert, code } = cause;
    return new TlsProtocolError(alert, message, {
      cause: cause.cause,
      code,
      hint,
    });
  }
  // What the transport throws passes through, but nothing keeps us from adding.
  if (!("hint" in cause) && Object.isExtensible(cause)) {
    Object.defineProperty(cause, "hint", { value: hint, enumerable: true });
  }
  return cause;
}

function refused(
  { alert, description }: TlsAlertError,
  isMissing: boolean,
  hint: string | undefined,
): TlsAlertError {
  return new TlsAlertError(
    description,
    isMissing
      ? `The server demands a client certificate, and none was sent: ${alert}`
      : `The server refused the client's certificate: ${alert}`,
    { code: "client_certificate_refused", hint },
  );
}

/** What servers answer a client certificate with that they do not accept. */
const CERTIFICATE_ALERTS: ReadonlySet<TlsAlertName> = new Set([
  "handshake_failure",
  "bad_certificate",
  "unsupported_certificate",
  "certificate_revoked",
  "certificate_expired",
  "certificate_unknown",
  "unknown_ca",
  "access_denied",
  "decrypt_error",
  "certificate_required",
]);

/** How we find out that the peer has another key. */
const KEY_FAULTS: ReadonlySet<TlsAlertName> = new Set([
  "bad_record_mac",
  "decrypt_error",
]);

/** How a server says so, or that it has none of that identity. */
const KEY_ALERTS: ReadonlySet<TlsAlertName> = new Set([
  "bad_record_mac",
  "decrypt_error",
  "unknown_psk_identity",
  "handshake_failure",
  "illegal_parameter",
]);
