/**
 * What each handshake message is for.
 *
 * @module
 */

import { HandshakeType, nameOf } from "../../registry.ts";
import type { MessageMeaning } from "./meaning.ts";

/** What a message is, by its type and the version that was negotiated. */
export function messageMeaning(type: number, isTls13: boolean): MessageMeaning {
  const name = nameOf(HandshakeType, type);
  return (isTls13 ? undefined : TLS12[name]) ?? ALL[name] ?? {
    name,
    section: "RFC 9846 section 4",
    meaning: "A message that this module does not know.",
  };
}

/** A server_hello that asks for another ClientHello. */
export const HELLO_RETRY_REQUEST: MessageMeaning = {
  name: "HelloRetryRequest",
  section: "RFC 9846 section 4.2.4",
  meaning:
    "The server cannot go on with this ClientHello and says what to change: mostly, to send a public key in another group. It costs one more round trip.",
};

const ALL: Readonly<Record<string, MessageMeaning>> = {
  client_hello: {
    name: "ClientHello",
    section: "RFC 9846 section 4.2.2",
    meaning:
      "The client begins. It says all that it can do: versions, suites, groups, signatures, protocols, the name of the server, and its public keys. Everybody on the way can read it.",
  },
  server_hello: {
    name: "ServerHello",
    section: "RFC 9846 section 4.2.3",
    meaning:
      "The server chooses one of each that the client offered, and gives its own public key. From here on both sides have the same secret, and all else is encrypted.",
  },
  encrypted_extensions: {
    name: "EncryptedExtensions",
    section: "RFC 9846 section 4.4.1",
    meaning:
      "The first message under encryption: the answers to extensions that are not needed to agree on keys.",
  },
  certificate_request: {
    name: "CertificateRequest",
    section: "RFC 9846 section 4.4.2",
    meaning: "The server wants to know who the client is.",
  },
  certificate: {
    name: "Certificate",
    section: "RFC 9846 section 4.5.1",
    meaning:
      "Who the sender is, by the word of authorities. On its own it proves nothing: anyone can copy it.",
  },
  compressed_certificate: {
    name: "CompressedCertificate",
    section: "RFC 8879 section 4",
    meaning: "A Certificate message, compressed.",
  },
  certificate_verify: {
    name: "CertificateVerify",
    section: "RFC 9846 section 4.5.2",
    meaning:
      "The proof that the sender has the key of its certificate: a signature over all messages so far.",
  },
  finished: {
    name: "Finished",
    section: "RFC 9846 section 4.5.3",
    meaning:
      "The last message of a side in the handshake. If anyone had changed a byte of it, this would not fit.",
  },
  end_of_early_data: {
    name: "EndOfEarlyData",
    section: "RFC 9846 section 4.6",
    meaning:
      "No early data follows: the client goes on under the keys of the handshake.",
  },
  new_session_ticket: {
    name: "NewSessionTicket",
    section: "RFC 9846 section 4.7.1",
    meaning:
      "A ticket with which the client can resume later, without certificates.",
  },
  key_update: {
    name: "KeyUpdate",
    section: "RFC 9846 section 4.7.3",
    meaning: "The sender goes on under new keys.",
  },
  certificate_status: {
    name: "CertificateStatus",
    section: "RFC 6066 section 8",
    meaning: "The OCSP response that the client asked for.",
  },
  server_key_exchange: {
    name: "ServerKeyExchange",
    section: "RFC 5246 section 7.4.3",
    meaning:
      "The server's public key for this connection alone, signed with the key of its certificate.",
  },
  server_hello_done: {
    name: "ServerHelloDone",
    section: "RFC 5246 section 7.4.5",
    meaning: "The server has said all, and waits.",
  },
  client_key_exchange: {
    name: "ClientKeyExchange",
    section: "RFC 5246 section 7.4.7",
    meaning: "The client's part of the key exchange: now both sides have keys.",
  },
  hello_request: {
    name: "HelloRequest",
    section: "RFC 5246 section 7.4.1.1",
    meaning: "The server asks for a new handshake on this connection.",
  },
};

/** What is another thing up to TLS 1.2. */
const TLS12: Readonly<Record<string, MessageMeaning>> = {
  server_hello: {
    name: "ServerHello",
    section: "RFC 5246 section 7.4.1.3",
    meaning:
      "The server chooses one of each that the client offered. Nothing is encrypted yet.",
  },
  certificate: {
    name: "Certificate",
    section: "RFC 5246 section 7.4.2",
    meaning:
      "Who the sender is, by the word of authorities. On its own it proves nothing: anyone can copy it. Up to TLS 1.2 everybody on the way can read it.",
  },
  certificate_request: {
    name: "CertificateRequest",
    section: "RFC 5246 section 7.4.4",
    meaning: "The server wants to know who the client is.",
  },
  certificate_verify: {
    name: "CertificateVerify",
    section: "RFC 5246 section 7.4.8",
    meaning: "The proof that the client has the key of its certificate.",
  },
  finished: {
    name: "Finished",
    section: "RFC 5246 section 7.4.9",
    meaning:
      "The first message under the new keys. If anyone had changed a byte of the handshake, this would not fit.",
  },
  new_session_ticket: {
    name: "NewSessionTicket",
    section: "RFC 5077 section 3.3",
    meaning:
      "A ticket with which the client can resume later, without certificates. It is sent before the keys change.",
  },
};
