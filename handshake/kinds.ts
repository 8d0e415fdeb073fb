/**
 * Each handshake message as the flows ask for it: its type, its name in the
 * RFC, its codec.
 *
 * @module
 */

import type { Codec } from "../record/codec.ts";
import { HandshakeType } from "../registry.ts";
import { Certificate } from "./messages/certificate.ts";
import { CertificateRequest } from "./messages/certificate_request.ts";
import { CertificateVerify } from "./messages/certificate_verify.ts";
import { ClientHello } from "./messages/client_hello.ts";
import { EncryptedExtensions } from "./messages/encrypted_extensions.ts";
import { EndOfEarlyData } from "./messages/end_of_early_data.ts";
import { Finished } from "./messages/finished.ts";
import { KeyUpdate } from "./messages/key_update.ts";
import { NewSessionTicket } from "./messages/new_session_ticket.ts";
import { HelloRetryRequest, ServerHello } from "./messages/server_hello.ts";

/** A message that a step can ask for or send. */
export interface MessageKind<T> {
  /** HandshakeType. */
  readonly type: number;
  /** As the RFC writes it. */
  readonly name: string;
  /** How it is on the wire. */
  readonly codec: Codec<T>;
}

function kind<T>(
  type: keyof typeof HandshakeType,
  name: string,
  codec: Codec<T>,
): MessageKind<T> {
  return { type: HandshakeType[type], name, codec };
}

/** RFC 8446 section 4: the messages of TLS 1.3. */
export const tls13 = {
  clientHello: kind("client_hello", "ClientHello", ClientHello),
  serverHello: kind("server_hello", "ServerHello", ServerHello),
  helloRetryRequest: kind(
    "server_hello",
    "HelloRetryRequest",
    HelloRetryRequest,
  ),
  encryptedExtensions: kind(
    "encrypted_extensions",
    "EncryptedExtensions",
    EncryptedExtensions,
  ),
  certificateRequest: kind(
    "certificate_request",
    "CertificateRequest",
    CertificateRequest,
  ),
  certificate: kind("certificate", "Certificate", Certificate),
  certificateVerify: kind(
    "certificate_verify",
    "CertificateVerify",
    CertificateVerify,
  ),
  finished: kind("finished", "Finished", Finished),
  newSessionTicket: kind(
    "new_session_ticket",
    "NewSessionTicket",
    NewSessionTicket,
  ),
  keyUpdate: kind("key_update", "KeyUpdate", KeyUpdate),
  endOfEarlyData: kind("end_of_early_data", "EndOfEarlyData", EndOfEarlyData),
} as const;
