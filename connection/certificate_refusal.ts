/**
 * What a client says when a server ends the connection over its certificate.
 *
 * @module
 */

import {
  TlsAlertError,
  type TlsAlertName,
  TlsError,
  TlsTruncatedError,
} from "../errors.ts";
import type { CertificateAnswer } from "../handshake/certificate_answer.ts";

/** How far a client is, and how it answered the server's request. */
export interface RequestedCertificate {
  /** Whether an alert may be a server's word on our certificate. */
  readonly awaitsVerdict: boolean;
  /** Whether the handshake is still under way. */
  readonly isHandshaking: boolean;
  /** How the request was answered, if there was one. */
  readonly answer: CertificateAnswer | undefined;
}

/**
 * An error with what is known of the certificate that the server asked for.
 * Servers have many ways to say that they miss one, or do not want the one that
 * they got: several alerts, the end of the stream, a reset. RFC 9846 section
 * 4.5.2.4 has a TLS 1.3 server judge when the client's handshake is over.
 */
export function explainRefusal(
  cause: unknown,
  { awaitsVerdict, isHandshaking, answer }: RequestedCertificate,
): unknown {
  const isMissing = answer?.sent === false;
  const hint = answer?.note;
  if (cause instanceof TlsAlertError) {
    const { alert } = cause;
    const isOfCertificates = alert !== undefined &&
      CERTIFICATE_ALERTS.has(alert) &&
      // A signature of ours, where there is one.
      !(isMissing && alert === "decrypt_error");
    if (!isOfCertificates) return cause;
    if (awaitsVerdict || isHandshaking && isMissing) {
      return refused(cause, isMissing, hint);
    }
    return isHandshaking && hint !== undefined
      ? new TlsAlertError(cause.description, undefined, { hint })
      : cause;
  }
  if (!isMissing || !awaitsVerdict && !isHandshaking) return cause;
  if (cause instanceof TlsTruncatedError) {
    return new TlsTruncatedError(cause.message, { cause: cause.cause, hint });
  }
  // What the transport throws passes through, but nothing keeps us from adding.
  if (
    cause instanceof Error && !(cause instanceof TlsError) &&
    !("hint" in cause) && Object.isExtensible(cause)
  ) Object.defineProperty(cause, "hint", { value: hint, enumerable: true });
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
