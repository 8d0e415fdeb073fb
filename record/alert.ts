/**
 * Alerts (RFC 9846 section 6).
 *
 * @module
 */

import { TlsProtocolError } from "../errors.ts";
import { AlertDescription, AlertLevel } from "../registry.ts";
import { type Codec, decode, struct, uint8 } from "./codec.ts";

/** RFC 9846 section 6, `Alert`. */
export interface Alert {
  /** AlertLevel: of no meaning in TLS 1.3. */
  level: number;
  /** AlertDescription. */
  description: number;
}

/** RFC 9846 section 6, `Alert`. */
export const Alert: Codec<Alert> = struct<Alert>("Alert", {
  level: uint8,
  description: uint8,
});

/**
 * Reads an alert.
 *
 * @throws {TlsProtocolError} `illegal_parameter`, if its level is unknown.
 */
export function readAlert(bytes: Uint8Array): Alert {
  const alert = decode(Alert, bytes, "Alert");
  const { warning, fatal } = AlertLevel;
  if (alert.level === warning || alert.level === fatal) return alert;
  // RFC 9846 section 6: enum { warning(1), fatal(2), (255) } AlertLevel.
  throw new TlsProtocolError(
    "illegal_parameter",
    `Cannot accept an alert: expected level 1 or 2, got ${alert.level}`,
  );
}

/**
 * Whether the connection goes on after an alert. RFC 9846 section 6: in TLS 1.3
 * all but two alerts are fatal, and "the "level" field can safely be ignored";
 * after user_canceled reading goes on until close_notify (section 6.1).
 */
export function isWarning(
  { level, description }: Alert,
  isTls13: boolean,
): boolean {
  return isTls13
    ? description === AlertDescription.user_canceled
    : level === AlertLevel.warning;
}

/** In bytes. */
export const ALERT_LENGTH = 2;
