/**
 * Middlebox compatibility mode of TLS 1.3 (RFC 9846 appendix E.4).
 *
 * @module
 */

import type { HandshakeIO } from "../io/message_stream.ts";
import type { ClientHello } from "../messages/client_hello.ts";

/**
 * Sends a change_cipher_spec without meaning if the client asked for this mode
 * by a session ID. A side calls it once: a client before its second flight,
 * a server after its first message.
 */
export function sendCompatibilityChangeCipherSpec(
  io: HandshakeIO,
  { legacySessionId }: Pick<ClientHello, "legacySessionId">,
): void {
  if (legacySessionId.length > 0) io.sendChangeCipherSpec();
}
