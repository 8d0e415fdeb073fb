/**
 * Each handshake message as the flows ask for it: its type, its name in the
 * RFC, its codec.
 *
 * @module
 */

import type { Codec } from "../../record/codec.ts";
import { HandshakeType } from "../../registry.ts";
import { Certificate } from "./certificate.ts";
import { CertificateRequest } from "./certificate_request.ts";
import {
  CertificateRequestTls10,
  CertificateRequestTls12,
} from "./certificate_request_tls12.ts";
import { CertificateStatus } from "./certificate_status.ts";
import { CertificateTls12 } from "./certificate_tls12.ts";
import {
  CertificateVerify,
  CertificateVerifyTls10,
} from "./certificate_verify.ts";
import { ClientHello } from "./client_hello.ts";
import {
  ClientDiffieHellmanPublic,
  ClientEcdhPublic,
  ClientKeyExchangeDhePsk,
  ClientKeyExchangeEcdhePsk,
  ClientKeyExchangePsk,
  ClientKeyExchangeRsaPsk,
  EncryptedPreMasterSecret,
} from "./client_key_exchange.ts";
import { EncryptedExtensions } from "./encrypted_extensions.ts";
import { EndOfEarlyData } from "./end_of_early_data.ts";
import { Finished } from "./finished.ts";
import { HelloRequest } from "./hello_request.ts";
import { KeyUpdate } from "./key_update.ts";
import { NewSessionTicket } from "./new_session_ticket.ts";
import { NewSessionTicketTls12 } from "./new_session_ticket_tls12.ts";
import { HelloRetryRequest, ServerHello } from "./server_hello.ts";
import { ServerHelloDone } from "./server_hello_done.ts";
import {
  ServerDhParams,
  ServerEcdhParams,
  ServerKeyExchangeDhe,
  ServerKeyExchangeDhePsk,
  ServerKeyExchangeDheTls10,
  ServerKeyExchangeEcdhe,
  ServerKeyExchangeEcdhePsk,
  ServerKeyExchangeEcdheTls10,
  ServerKeyExchangePsk,
} from "./server_key_exchange.ts";

/** A message that a step can ask for or send. */
export interface MessageKind<T> {
  /** HandshakeType. */
  readonly type: number;
  /** Its name in the RFC. */
  readonly name: string;
  /** Its encoding. */
  readonly codec: Codec<T>;
}

function kind<T>(
  type: keyof typeof HandshakeType,
  name: string,
  codec: Codec<T>,
): MessageKind<T> {
  return { type: HandshakeType[type], name, codec };
}

/** RFC 9846 section 4: the messages of TLS 1.3. */
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
  // Waits for 0-RTT: no flow sends or reads it yet.
  endOfEarlyData: kind("end_of_early_data", "EndOfEarlyData", EndOfEarlyData),
} as const;

/** RFC 5246 section 7.4: the messages of TLS 1.2 and below. */
export const tls12 = {
  helloRequest: kind("hello_request", "HelloRequest", HelloRequest),
  clientHello: tls13.clientHello,
  serverHello: tls13.serverHello,
  certificate: kind("certificate", "Certificate", CertificateTls12),
  certificateStatus: kind(
    "certificate_status",
    "CertificateStatus",
    CertificateStatus,
  ),
  serverHelloDone: kind(
    "server_hello_done",
    "ServerHelloDone",
    ServerHelloDone,
  ),
  newSessionTicket: kind(
    "new_session_ticket",
    "NewSessionTicket",
    NewSessionTicketTls12,
  ),
  finished: tls13.finished,
} as const;

/** RFC 5246 section 7.4.3: ServerKeyExchange, by how keys are exchanged. */
export const serverKeyExchange = {
  ecdhe: serverKeyExchangeOf(ServerKeyExchangeEcdhe),
  ecdheTls10: serverKeyExchangeOf(ServerKeyExchangeEcdheTls10),
  ecdhAnon: serverKeyExchangeOf(ServerEcdhParams),
  dhe: serverKeyExchangeOf(ServerKeyExchangeDhe),
  dheTls10: serverKeyExchangeOf(ServerKeyExchangeDheTls10),
  dhAnon: serverKeyExchangeOf(ServerDhParams),
  psk: serverKeyExchangeOf(ServerKeyExchangePsk),
  dhePsk: serverKeyExchangeOf(ServerKeyExchangeDhePsk),
  ecdhePsk: serverKeyExchangeOf(ServerKeyExchangeEcdhePsk),
} as const;

/** RFC 5246 section 7.4.7: ClientKeyExchange, by how keys are exchanged. */
export const clientKeyExchange = {
  rsa: clientKeyExchangeOf(EncryptedPreMasterSecret),
  dhe: clientKeyExchangeOf(ClientDiffieHellmanPublic),
  ecdhe: clientKeyExchangeOf(ClientEcdhPublic),
  psk: clientKeyExchangeOf(ClientKeyExchangePsk),
  dhePsk: clientKeyExchangeOf(ClientKeyExchangeDhePsk),
  ecdhePsk: clientKeyExchangeOf(ClientKeyExchangeEcdhePsk),
  rsaPsk: clientKeyExchangeOf(ClientKeyExchangeRsaPsk),
} as const;

/** The messages whose form TLS 1.2 changed, in that form and the older one. */
export const signed = {
  certificateRequest: kind(
    "certificate_request",
    "CertificateRequest",
    CertificateRequestTls12,
  ),
  certificateRequestTls10: kind(
    "certificate_request",
    "CertificateRequest",
    CertificateRequestTls10,
  ),
  certificateVerify: tls13.certificateVerify,
  certificateVerifyTls10: kind(
    "certificate_verify",
    "CertificateVerify",
    CertificateVerifyTls10,
  ),
} as const;

function serverKeyExchangeOf<T>(codec: Codec<T>): MessageKind<T> {
  return kind("server_key_exchange", "ServerKeyExchange", codec);
}

function clientKeyExchangeOf<T>(codec: Codec<T>): MessageKind<T> {
  return kind("client_key_exchange", "ClientKeyExchange", codec);
}
