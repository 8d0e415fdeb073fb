/**
 * How a handshake of TLS 1.2 or below ends, the same for both sides:
 * our change_cipher_spec and Finished, and the peer's (RFC 5246 sections
 * 7.1 and 7.4.9).
 *
 * @module
 */

import {
  type VerifiedFinished,
  verifyFinished,
} from "../common/authenticate.ts";
import type { HandshakeIO } from "../io/message_stream.ts";
import { tls12 } from "../messages/message_kinds_tls12.ts";
import {
  nextVerifyDataTls12,
  type Protections,
  type Tls12Parameters,
} from "./secrets.ts";

/** The inputs of both Finished messages. */
export interface FinishedInput {
  readonly io: HandshakeIO;
  readonly params: Tls12Parameters;
  /** The master secret. */
  readonly master: Uint8Array;
  readonly protections: Protections;
}

/** Sends change_cipher_spec and Finished. Returns our verify_data. */
export function sendFinished(
  { io, params, master, protections }: FinishedInput,
  sender: "client" | "server",
): Uint8Array {
  const verifyData = nextVerifyDataTls12(
    params,
    master,
    sender,
    io.transcript,
  );
  // One after another without a pause: nothing else may come in between.
  io.sendChangeCipherSpec();
  io.setWriteProtection(protections.write);
  io.send(tls12.finished, { verifyData });
  return verifyData;
}

/** Reads the peer's change_cipher_spec and Finished. */
export async function readFinished(
  { io, params, master, protections }: FinishedInput,
  sender: "client" | "server",
): Promise<VerifiedFinished> {
  await io.readChangeCipherSpec();
  io.setReadProtection(protections.read);
  const expected = nextVerifyDataTls12(
    params,
    master,
    sender,
    io.transcript,
  );
  // Data under keys that no Finished has confirmed yet may not be the peer's.
  const { verifyData } = await io.readWithoutData(tls12.finished);
  return verifyFinished(verifyData, expected);
}
