/**
 * Errors for records and messages that may not come where they came.
 *
 * @module
 */

import { TlsProtocolError, TlsTruncatedError } from "../../errors.ts";
import { ContentType, HandshakeType, nameOf } from "../../registry.ts";

/** A message other than the one that the flow is at. */
export function unexpectedMessage(
  type: number,
  expected: string,
): TlsProtocolError {
  return new TlsProtocolError(
    "unexpected_message",
    `Cannot accept ${nameOf(HandshakeType, type)}: expected ${expected}`,
  );
}

/** A record of a type that no handshake has. */
export function unexpectedRecord(type: number): TlsProtocolError {
  return new TlsProtocolError(
    "unexpected_message",
    `Cannot accept a record of type ${
      nameOf(ContentType, type)
    } in the handshake`,
  );
}

/**
 * RFC 9846 section 5.1: handshake messages MUST NOT be interleaved with other
 * record types.
 */
export function interleavedRecord(type: number): TlsProtocolError {
  return new TlsProtocolError(
    "unexpected_message",
    `Cannot accept a record of type ${
      nameOf(ContentType, type)
    } in the middle of a handshake message`,
  );
}

/** The transport ended before the handshake did. */
export function truncatedHandshake(): TlsTruncatedError {
  return new TlsTruncatedError(
    "The transport ended in the middle of the handshake",
  );
}
