/**
 * The Finished messages of TLS 1.3 (RFC 9846 section 4.5.3), the same for both
 * sides.
 *
 * @module
 */

import type { HmacKey } from "../../crypto/primitives/provider.ts";
import type { Tls13CipherSuite } from "../../crypto/suites/cipher_suites.ts";
import {
  type VerifiedFinished,
  verifyFinished,
} from "../common/authenticate.ts";
import type { HandshakeIO } from "../io/message_stream.ts";
import { tls13 } from "../messages/message_kinds.ts";
import { nextVerifyData } from "./secrets.ts";

/** Sends our Finished, under our handshake traffic secret. */
export function sendFinished(
  io: HandshakeIO,
  suite: Tls13CipherSuite,
  senderSecret: HmacKey,
): Uint8Array {
  const verifyData = nextVerifyData(suite, senderSecret, io.transcript);
  io.send(tls13.finished, { verifyData });
  return verifyData;
}

/** Reads the peer's Finished, under its handshake traffic secret. */
export async function readFinished(
  io: HandshakeIO,
  suite: Tls13CipherSuite,
  senderSecret: HmacKey,
): Promise<VerifiedFinished> {
  const expected = nextVerifyData(suite, senderSecret, io.transcript);
  const { verifyData } = await io.read(tls13.finished);
  return verifyFinished(verifyData, expected);
}
