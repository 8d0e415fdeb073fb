/**
 * The error of a failed opening, the same for all implementations.
 *
 * @module
 */

import { TlsProtocolError } from "../../errors.ts";

/**
 * RFC 9846 section 5.2: a record whose deprotection fails is answered with
 * `bad_record_mac`, whatever the reason.
 */
export function badTag(cause?: unknown): TlsProtocolError {
  return new TlsProtocolError(
    "bad_record_mac",
    "Cannot open: the authentication tag does not match",
    { cause },
  );
}
