/**
 * What each extension is for.
 *
 * @module
 */

import {
  CertificateCompressionAlgorithm,
  CertificateStatusType,
  CertificateType,
  EchClientHelloType,
  ECPointFormat,
  ExtensionType,
  NamedGroup,
  ProtocolVersion,
  PskKeyExchangeMode,
  SignatureScheme,
} from "../../registry.ts";
import type { ExtensionMeaning } from "./meaning.ts";

/** What an extension is, by its name at IANA. */
export function extensionMeaning(name: string): ExtensionMeaning | undefined {
  return Object.hasOwn(MEANINGS, name)
    ? MEANINGS[name as keyof typeof MEANINGS]
    : undefined;
}

const MEANINGS: Readonly<Record<keyof typeof ExtensionType, ExtensionMeaning>> =
  {
    server_name: {
      section: "RFC 6066 section 3",
      offer:
        "The name of the server that the client wants: one address may serve many. It is not encrypted, unless ECH is used.",
      answer: "The server used the name.",
      content: "server_name_list",
    },
    max_fragment_length: {
      section: "RFC 6066 section 4",
      offer: "Asks for smaller records; record_size_limit has replaced it.",
      content: "max_fragment_length",
      show: { "2^9": 1, "2^10": 2, "2^11": 3, "2^12": 4 },
    },
    status_request: {
      section: "RFC 6066 section 8",
      offer:
        "Asks for an OCSP response with the certificate, so that the client need not ask the authority.",
      answer: "An OCSP response, or that one follows.",
      content: "status_type",
      show: CertificateStatusType,
    },
    supported_groups: {
      section: "RFC 9846 section 4.3.7",
      offer:
        "The groups for the key exchange that the client can use, the preferred one first.",
      answer: "The groups that the server prefers, for the next time.",
      content: "named_group_list",
      show: NamedGroup,
    },
    ec_point_formats: {
      section: "RFC 8422 section 5.1.2",
      offer: "Up to TLS 1.2: points of curves are sent uncompressed.",
      content: "ec_point_format_list",
      show: ECPointFormat,
    },
    signature_algorithms: {
      section: "RFC 9846 section 4.3.3",
      offer: "The signatures that the sender can verify.",
      content: "supported_signature_algorithms",
      show: SignatureScheme,
    },
    use_srtp: {
      section: "RFC 5764 section 4.1.1",
      offer: "Keys for SRTP; for DTLS.",
    },
    heartbeat: {
      section: "RFC 6520 section 2",
      offer: "Heartbeats; we never use them.",
    },
    application_layer_protocol_negotiation: {
      section: "RFC 7301 section 3.1",
      offer: "The protocols that the client could speak above TLS.",
      answer: "The protocol that the server chose.",
      content: "protocol_name_list",
      show: "text",
    },
    status_request_v2: {
      section: "RFC 6961 section 2.2",
      offer: "Asks for OCSP responses; not used any more.",
    },
    signed_certificate_timestamp: {
      section: "RFC 6962 section 3.3.1",
      offer: "Asks for proofs that the certificate is in public logs.",
      answer: "Proofs that the certificate is in public logs.",
      content: "sct_list",
      show: "hex",
    },
    client_certificate_type: {
      section: "RFC 7250 section 3",
      offer: "What the client can show: certificates, or raw public keys.",
      answer: "What the client is to show.",
      content: "client_certificate_types",
      single: "client_certificate_type",
      show: CertificateType,
    },
    server_certificate_type: {
      section: "RFC 7250 section 3",
      offer: "What the client can verify: certificates, or raw public keys.",
      answer: "What the server shows.",
      content: "server_certificate_types",
      single: "server_certificate_type",
      show: CertificateType,
    },
    padding: {
      section: "RFC 7685 section 3",
      offer: "Zeros, so that the message has a length that old devices like.",
      content: "padding",
    },
    encrypt_then_mac: {
      section: "RFC 7366 section 2",
      offer:
        "Up to TLS 1.2, for CBC suites: the MAC is over the ciphertext, which stops attacks on the padding.",
      answer: "The server agrees.",
    },
    extended_main_secret: {
      section: "RFC 7627 section 5.1",
      offer:
        "Up to TLS 1.2: the main secret depends on the whole handshake (it stops the Triple Handshake attack).",
      answer: "The server agrees.",
    },
    compress_certificate: {
      section: "RFC 8879 section 3",
      offer: "How the other side may compress its Certificate message.",
      content: "algorithms",
      show: CertificateCompressionAlgorithm,
    },
    record_size_limit: {
      section: "RFC 8449 section 4",
      offer: "The longest record that the sender wants to receive.",
      content: "record_size_limit",
      show: "bytes",
    },
    tls_cert_with_extern_psk: {
      section: "RFC 9973 section 5",
      offer:
        "The client wants a certificate of the server as well as the external PSK that it offers.",
      answer: "The server uses both.",
    },
    ticket_request: {
      section: "RFC 9149 section 3",
      offer:
        "How many tickets the client can use: after a full handshake, and after a resumed one.",
      answer: "How many tickets the server is going to send.",
      content: "expected_count",
      show: "number",
    },
    delegated_credential: {
      section: "RFC 9345 section 4.1",
      offer:
        "The client also accepts a short-lived key that the certificate's key has signed.",
      answer: "A short-lived key that the certificate's key has signed.",
      content: "supported_signature_algorithm",
      show: SignatureScheme,
    },
    session_ticket: {
      section: "RFC 5077 section 3.2",
      offer:
        "Up to TLS 1.2: a ticket to resume a session, or empty to ask for one.",
      answer: "The server will send a ticket.",
      content: "ticket",
      isSecret: true,
    },
    pre_shared_key: {
      section: "RFC 9846 section 4.3.11",
      offer:
        "Keys that both sides may have already: from a ticket, which resumes a session, or given to both. Always the last extension.",
      answer:
        "Which of the offered keys the server uses. No certificate is needed then.",
      content: "selected_identity",
      show: "number",
    },
    early_data: {
      section: "RFC 9846 section 4.3.10",
      offer:
        "The client sends data at once, under a key of the session that it resumes. Somebody could replay it.",
      answer: "The server accepts the early data.",
      content: "max_early_data_size",
      show: "bytes",
    },
    supported_versions: {
      section: "RFC 9846 section 4.3.1",
      offer: "The versions that the client offers, the preferred one first.",
      answer: "The version of this connection.",
      content: "versions",
      single: "selected_version",
      show: ProtocolVersion,
    },
    cookie: {
      section: "RFC 9846 section 4.3.2",
      offer: "What the server said in its HelloRetryRequest.",
      answer: "To be repeated in the second ClientHello.",
      content: "cookie",
      show: "hex",
    },
    psk_key_exchange_modes: {
      section: "RFC 9846 section 4.3.9",
      offer:
        "How keys of sessions may be used: with a key exchange (psk_dhe_ke), which keeps this connection secret even if the session's key gets known.",
      content: "ke_modes",
      show: PskKeyExchangeMode,
    },
    certificate_authorities: {
      section: "RFC 9846 section 4.3.4",
      offer: "The names of the authorities that the sender trusts.",
      content: "authorities",
      show: "name",
    },
    oid_filters: {
      section: "RFC 9846 section 4.3.5",
      offer: "What the client's certificate must contain.",
      content: "filters",
    },
    post_handshake_auth: {
      section: "RFC 9846 section 4.3.6",
      offer: "The server may ask for a client certificate later.",
    },
    signature_algorithms_cert: {
      section: "RFC 9846 section 4.3.3",
      offer: "The signatures within certificates that the sender can verify.",
      content: "supported_signature_algorithms",
      show: SignatureScheme,
    },
    key_share: {
      section: "RFC 9846 section 4.3.8",
      offer:
        "The client's public keys, one for each group that it expects the server to choose from: that saves a round trip.",
      answer: "The server's public key, in the group that it chose.",
      content: "client_shares",
      single: "selected_group",
      show: NamedGroup,
    },
    ech_outer_extensions: {
      section: "RFC 9849 section 5.1",
      offer:
        "In ClientHelloInner: these extensions are the same as outside, and are not repeated.",
      content: "OuterExtensions",
      show: ExtensionType,
    },
    encrypted_client_hello: {
      section: "RFC 9849 section 5",
      offer:
        "Hides a second ClientHello, with the true server name, in this one. Clients without a key send random bytes in the same form (GREASE), so that it does not stand out.",
      answer: "Keys for the next attempt, or a confirmation.",
      content: "type",
      show: EchClientHelloType,
    },
    renegotiation_info: {
      section: "RFC 5746 section 3.2",
      offer:
        "Up to TLS 1.2: binds a renegotiation to the connection before it. Empty in a first handshake.",
      content: "renegotiated_connection",
      show: "hex",
    },
  };
