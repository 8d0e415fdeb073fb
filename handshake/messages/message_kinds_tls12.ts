/**
 * Each handshake message of TLS 1.2 and below as the flows ask for it.
 *
 * @module
 */

import type { Codec } from "../../record/codec.ts";
import {
  CertificateRequestTls10,
  CertificateRequestTls12,
} from "./certificate_request_tls12.ts";
import { CertificateStatus } from "./certificate_status.ts";
import { CertificateTls12 } from "./certificate_tls12.ts";
import { CertificateVerifyTls10 } from "./certificate_verify.ts";
import {
  ClientDiffieHellmanPublic,
  ClientEcdhPublic,
  ClientKeyExchangeDhePsk,
  ClientKeyExchangeEcdhePsk,
  ClientKeyExchangePsk,
  ClientKeyExchangeRsaPsk,
  EncryptedPreMasterSecret,
} from "./client_key_exchange.ts";
import { HelloRequest } from "./empty_messages.ts";
import { kind, type MessageKind } from "./message_kind.ts";
import { tls13 } from "./message_kinds.ts";
import { NewSessionTicketTls12 } from "./new_session_ticket_tls12.ts";
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
