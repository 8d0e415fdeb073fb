/**
 * What each field of a message is for: by the struct and the field of its codec.
 *
 * @module
 */

import {
  AlertDescription,
  AlertLevel,
  CertificateCompressionAlgorithm,
  CertificateStatusType,
  CipherSuite,
  ClientCertificateType,
  ContentType,
  ExtensionType,
  HandshakeType,
  KeyUpdateRequest,
  ProtocolVersion,
  SignatureScheme,
} from "../../registry.ts";
import { type Meaning, row, secret, type Show } from "./meaning.ts";
import { STRUCT_MEANINGS } from "./struct_meanings.ts";

/** What a field is; `undefined` if the table does not have it. */
export function meaningOf(label: string): Meaning | undefined {
  const table = Object.hasOwn(MEANINGS, label) ? MEANINGS : STRUCT_MEANINGS;
  return Object.hasOwn(table, label) ? table[label] : undefined;
}

const HELLO = "9846 section 4.2.2";
const SERVER_HELLO = "9846 section 4.2.3";
const TICKET = "9846 section 4.7.1";

const COMPRESSION: Show = { null: 0, DEFLATE: 1 };

/** ServerHello and HelloRetryRequest have one form. */
function serverHello(struct: string): Record<string, Meaning> {
  return {
    [`${struct}.legacyVersion`]: row(
      SERVER_HELLO,
      "The version up to TLS 1.2. In TLS 1.3 it stays at TLSv1.2, because old devices on the way refuse what they do not know.",
      ProtocolVersion,
    ),
    [`${struct}.random`]: row(
      SERVER_HELLO,
      struct === "ServerHello"
        ? "32 random bytes: no two handshakes have the same keys. Its last 8 bytes would tell a TLS 1.3 client that it was talked down to an older version."
        : 'The SHA-256 of "HelloRetryRequest": by this value the client knows that this is not an ordinary ServerHello.',
      "hex",
    ),
    [`${struct}.legacySessionIdEcho`]: row(
      SERVER_HELLO,
      "TLS 1.3 repeats what the client sent. Up to TLS 1.2 it is the name of the session: the client's value resumes it.",
      "hex",
    ),
    [`${struct}.cipherSuite`]: row(
      SERVER_HELLO,
      "The suite that the server chose from the client's list: the record protection and its hash.",
      CipherSuite,
    ),
    [`${struct}.legacyCompressionMethod`]: row(
      SERVER_HELLO,
      "Always null: compression would tell an attacker about the content (CRIME).",
      COMPRESSION,
    ),
    [`${struct}.extensions`]: row(
      "9846 section 4.3",
      "The answers to the client's extensions.",
    ),
  };
}

const MEANINGS: Readonly<Record<string, Meaning>> = {
  "TLSPlaintext.type": row(
    "9846 section 5.1",
    "What the record carries. A protected record of TLS 1.3 always says application_data; its true type is inside.",
    ContentType,
  ),
  "TLSPlaintext.legacyRecordVersion": row(
    "9846 section 5.1",
    "Frozen: a first ClientHello says TLSv1 and all else TLSv1.2, so that old devices on the way let it pass.",
    ProtocolVersion,
  ),
  "TLSPlaintext.length": row(
    "9846 section 5.1",
    "How many bytes follow: at most 2^14, and some more under protection.",
    "bytes",
  ),
  "Handshake.msgType": row(
    "9846 section 4",
    "Which message this is.",
    HandshakeType,
  ),
  "Handshake.length": row(
    "9846 section 4",
    "How many bytes of this message follow. A message may span records.",
    "bytes",
  ),
  "Alert.level": row(
    "9846 section 6",
    "How severe it is. TLS 1.3 ignores it: all alerts but two end the connection.",
    AlertLevel,
  ),
  "Alert.description": row(
    "9846 section 6",
    "Why it was sent.",
    AlertDescription,
  ),
  "ChangeCipherSpec.type": row(
    "5246 section 7.1",
    "Always 1. Up to TLS 1.2 the records behind it are under the new keys. In TLS 1.3 it means nothing, and makes the handshake look familiar to old devices on the way (RFC 9846 appendix D.4).",
    { change_cipher_spec: 1 },
  ),

  "ClientHello.legacyVersion": row(
    HELLO,
    "The highest version up to TLS 1.2. What the client offers beyond that is in supported_versions.",
    ProtocolVersion,
  ),
  "ClientHello.random": row(
    HELLO,
    "32 random bytes: no two handshakes have the same keys. It names the connection in key logs.",
    "hex",
  ),
  "ClientHello.legacySessionId": row(
    HELLO,
    "Up to TLS 1.2 the session to resume. In TLS 1.3 random or empty: not empty, it makes the handshake look like a resumption to old devices.",
    "hex",
  ),
  "ClientHello.cipherSuites": row(
    HELLO,
    "The suites that the client can use, the preferred one first.",
    CipherSuite,
  ),
  "ClientHello.legacyCompressionMethods": row(
    HELLO,
    "Only null: compression would tell an attacker about the content (CRIME).",
    COMPRESSION,
  ),
  "ClientHello.extensions": row(
    "9846 section 4.3",
    "All else that the client offers or asks for.",
  ),
  ...serverHello("ServerHello"),
  ...serverHello("HelloRetryRequest"),

  "Extension.extensionType": row(
    "9846 section 4.3",
    "Which extension this is.",
    ExtensionType,
  ),
  "Extension.extensionData": row(
    "9846 section 4.3",
    "Its content, in a form of its own.",
  ),

  "EncryptedExtensions.extensions": row(
    "9846 section 4.4.1",
    "The answers that nobody else needs to see.",
  ),
  "CertificateRequest.certificateRequestContext": row(
    "9846 section 4.4.2",
    "Empty during the handshake. Afterwards it tells requests apart.",
    "hex",
  ),
  "CertificateRequest.extensions": row(
    "9846 section 4.4.2",
    "What kind of certificate the server accepts.",
  ),
  "CertificateRequest.certificateTypes": row(
    "5246 section 7.4.4",
    "The kinds of keys that the server accepts.",
    ClientCertificateType,
  ),
  "CertificateRequest.supportedSignatureAlgorithms": row(
    "5246 section 7.4.4",
    "The signatures that the server can verify.",
    SignatureScheme,
  ),
  "CertificateRequest.certificateAuthorities": row(
    "5246 section 7.4.4",
    "The names of the authorities that the server trusts; none means any.",
    "name",
  ),
  "Certificate.certificateRequestContext": row(
    "9846 section 4.5.1",
    "Which request this answers; a server's is empty.",
    "hex",
  ),
  "Certificate.certificateList": row(
    "9846 section 4.5.1",
    "The sender's certificate first, then those that lead to a trusted authority.",
    "certificate",
  ),
  "CertificateEntry.certData": row(
    "9846 section 4.5.1",
    "The certificate in DER, or a raw public key (RFC 7250).",
    "certificate",
  ),
  "CertificateEntry.extensions": row(
    "9846 section 4.5.1",
    "What belongs to this certificate, such as its OCSP response.",
  ),
  "CertificateVerify.algorithm": row(
    "9846 section 4.5.2",
    "How the signature was made: one of the schemes that the other side offered.",
    SignatureScheme,
  ),
  "CertificateVerify.signature": row(
    "9846 section 4.5.2",
    "Over the hash of the whole handshake so far, by the certificate's key: it proves that the sender has the key, and that nobody altered the handshake.",
    "hex",
  ),
  "Finished.verifyData": row(
    "9846 section 4.5.3",
    "A MAC over the whole handshake so far: it proves that both sides saw the same messages and have the same keys.",
    "hex",
  ),
  "CertificateStatus.statusType": row(
    "6066 section 8",
    "The kind of the status.",
    CertificateStatusType,
  ),
  "CertificateStatus.response": row(
    "6066 section 8",
    "An OCSP response, signed by the authority: the certificate was not revoked when it was made.",
    "der",
  ),
  "CompressedCertificate.algorithm": row(
    "8879 section 4",
    "How the Certificate message was compressed.",
    CertificateCompressionAlgorithm,
  ),
  "CompressedCertificate.uncompressedLength": row(
    "8879 section 4",
    "Its length before: what unpacks to more is refused.",
    "bytes",
  ),
  "CompressedCertificate.compressedCertificateMessage": row(
    "8879 section 4",
    "The Certificate message, compressed.",
  ),
  "KeyUpdate.requestUpdate": row(
    "9846 section 4.7.3",
    "Whether the other side is to change its keys too.",
    KeyUpdateRequest,
  ),
  "NewSessionTicket.ticketLifetime": row(
    TICKET,
    "How long the ticket can be used: at most 7 days.",
    "seconds",
  ),
  "NewSessionTicket.ticketAgeAdd": secret(row(
    TICKET,
    "The client adds this to the ticket's age, so that nobody links its connections by it.",
    "hex",
  )),
  "NewSessionTicket.ticketNonce": secret(row(
    TICKET,
    "Makes the key of each ticket of a connection another one.",
    "hex",
  )),
  "NewSessionTicket.ticket": secret(row(
    TICKET,
    "What the client shows to resume: mostly the session's state, encrypted under a key that the server alone has.",
  )),
  "NewSessionTicket.extensions": row(
    TICKET,
    "Whether early data may be sent with it, and how much.",
  ),
  "NewSessionTicket.ticketLifetimeHint": row(
    "5077 section 3.3",
    "How long the ticket can be used.",
    "seconds",
  ),
};
