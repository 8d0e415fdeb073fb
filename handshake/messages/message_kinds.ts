/**
 * Each handshake message of TLS 1.3 as the flows ask for it: its type, its name
 * in the RFC, its codec.
 *
 * @module
 */

import { Certificate } from "./certificate.ts";
import { CertificateRequest } from "./certificate_request.ts";
import { CertificateVerify } from "./certificate_verify.ts";
import { ClientHello } from "./client_hello.ts";
import { EncryptedExtensions } from "./encrypted_extensions.ts";
import { EndOfEarlyData } from "./empty_messages.ts";
import { Finished } from "./finished.ts";
import { KeyUpdate } from "./key_update.ts";
import { kind } from "./message_kind.ts";
import { NewSessionTicket } from "./new_session_ticket.ts";
import { HelloRetryRequest, ServerHello } from "./server_hello.ts";

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
  endOfEarlyData: kind("end_of_early_data", "EndOfEarlyData", EndOfEarlyData),
} as const;
