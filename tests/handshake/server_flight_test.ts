/**
 * What a client refuses of a TLS 1.3 server's flight: one rule a test, checked
 * by the alert that arrives.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { ServerConfig } from "../../handshake/common/config.ts";
import { tls13 } from "../../handshake/messages/message_kinds.ts";
import { frameMessage } from "../../handshake/messages/framing.ts";
import {
  HELLO_RETRY_REQUEST_RANDOM,
  type ServerHello,
} from "../../handshake/messages/server_hello.ts";
import {
  ContentType,
  ExtensionType,
  HandshakeType,
  NamedGroup,
  ProtocolVersion,
  SignatureScheme,
} from "../../registry.ts";
import {
  assertRefused,
  editing,
  hostileServer,
  type Mischief,
} from "../_hostile_peer.ts";
import { pattern, utf8 } from "../_pair.ts";
import {
  assertSays,
  dropping,
  inserting,
  repeating,
  type Rule,
} from "./_rules.ts";

interface FlightRule extends Rule {
  readonly config?: Partial<ServerConfig>;
  readonly mischief: Mischief;
}

type Extra = { extensionType: number; extensionData: Uint8Array };

function extra(type: keyof typeof ExtensionType, ...bytes: number[]): Extra[] {
  return [{
    extensionType: ExtensionType[type],
    extensionData: Uint8Array.from(bytes),
  }];
}

function helloWith(edit: (hello: ServerHello) => Partial<ServerHello>) {
  return editing(tls13.serverHello, (hello) => ({ ...hello, ...edit(hello) }));
}

function encryptedExtensions(...extras: Extra[]): Mischief {
  return editing(tls13.encryptedExtensions, ({ extensions }) => ({
    extensions: { ...extensions, unknown: extras },
  }));
}

const rules: readonly FlightRule[] = [
  {
    name: "section 4.2.3: another message in place of ServerHello",
    alert: "unexpected_message",
    says: "server_hello_done: expected ServerHello",
    mischief: {
      message: () =>
        frameMessage(HandshakeType.server_hello_done, new Uint8Array()),
    },
  },
  {
    name: "section 4.2.3: legacy_version of TLS 1.1",
    alert: "protocol_version",
    says: "legacy_version",
    mischief: helloWith(() => ({ legacyVersion: 0x0302 })),
  },
  {
    name: "section 4.2.3: legacy_version of TLS 1.3",
    alert: "protocol_version",
    says: "legacy_version",
    mischief: helloWith(() => ({ legacyVersion: 0x0304 })),
  },
  {
    name: "section 4.2.3: legacy_session_id_echo that is another's",
    alert: "illegal_parameter",
    says: "legacy_session_id_echo",
    mischief: helloWith(() => ({ legacySessionIdEcho: pattern(32) })),
  },
  {
    name: "section 4.2.3: legacy_session_id_echo that is empty",
    alert: "illegal_parameter",
    says: "legacy_session_id_echo",
    mischief: helloWith(() => ({ legacySessionIdEcho: new Uint8Array() })),
  },
  {
    name: "section 4.2.3: a suite that was not offered",
    alert: "illegal_parameter",
    says: "TLS_CHACHA20_POLY1305_SHA256 was not offered",
    client: { cipherSuites: ["TLS_AES_128_GCM_SHA256"] },
    mischief: helloWith(() => ({ cipherSuite: 0x1303 })),
  },
  {
    name: "section 4.2.3: a suite of TLS 1.2",
    alert: "illegal_parameter",
    says: "for TLS 1.3",
    mischief: helloWith(() => ({ cipherSuite: 0xc02b })),
  },
  {
    name: "section 4.2.3: legacy_compression_method",
    alert: "illegal_parameter",
    says: "compression",
    mischief: helloWith(() => ({ legacyCompressionMethod: 1 })),
  },
  {
    name: "section 4.3: an extension of TLS 1.2 in ServerHello",
    alert: "illegal_parameter",
    mischief: helloWith(({ extensions }) => ({
      extensions: { ...extensions, extended_main_secret: true },
    })),
  },
  {
    name: "section 4.2.3: the downgrade sentinel of TLS 1.2",
    alert: "illegal_parameter",
    says: "altered on the way",
    mischief: helloWith(({ random, extensions }) => ({
      random: Uint8Array.of(...random.subarray(0, 24), ...utf8("DOWNGRD\x01")),
      extensions: {
        ...extensions,
        supported_versions: undefined,
        key_share: undefined,
      },
    })),
  },
  {
    name: "section 4.2.3: the downgrade sentinel of TLS 1.1",
    alert: "illegal_parameter",
    says: "altered on the way",
    client: { minVersion: "TLSv1" },
    mischief: helloWith(({ random, extensions }) => ({
      legacyVersion: 0x0301,
      random: Uint8Array.of(...random.subarray(0, 24), ...utf8("DOWNGRD\x00")),
      extensions: {
        ...extensions,
        supported_versions: undefined,
        key_share: undefined,
      },
    })),
  },
  {
    name: "section 4.3.1: TLS 1.2 by supported_versions",
    alert: "illegal_parameter",
    says: "supported_versions selects TLSv1.2",
    mischief: helloWith(({ extensions }) => ({
      extensions: { ...extensions, supported_versions: 0x0303 },
    })),
  },
  {
    name: "section 4.3.1: a version after TLS 1.3",
    alert: "illegal_parameter",
    mischief: helloWith(({ extensions }) => ({
      extensions: { ...extensions, supported_versions: 0x0305 },
    })),
  },
  {
    name: "section 4.3.1: no supported_versions where TLS 1.2 is off",
    alert: "protocol_version",
    code: "no_common_version",
    says: `minVersion: "TLSv1.2" would allow it`,
    client: { minVersion: "TLSv1.3" },
    mischief: helloWith(({ extensions }) => ({
      extensions: {
        ...extensions,
        supported_versions: undefined,
        key_share: undefined,
      },
    })),
  },
  {
    name: "appendix D.5: SSL 3.0",
    alert: "protocol_version",
    code: "no_common_version",
    says: "SSLv3",
    mischief: helloWith(({ extensions }) => ({
      legacyVersion: 0x0300,
      extensions: {
        ...extensions,
        supported_versions: undefined,
        key_share: undefined,
      },
    })),
  },
  {
    name: "section 4.3.8: no key_share",
    alert: "missing_extension",
    mischief: helloWith(({ extensions }) => ({
      extensions: { ...extensions, key_share: undefined },
    })),
  },
  {
    name: "section 4.3.8: a share of a group without an offered share",
    alert: "illegal_parameter",
    says: "secp256r1",
    mischief: helloWith(({ extensions }) => ({
      extensions: {
        ...extensions,
        key_share: { group: NamedGroup.secp256r1, keyExchange: pattern(65) },
      },
    })),
  },
  {
    name: "section 4.3.8: a share of a group that is not on",
    alert: "illegal_parameter",
    says: "x448",
    mischief: helloWith(({ extensions }) => ({
      extensions: {
        ...extensions,
        key_share: { group: NamedGroup.x448, keyExchange: pattern(56) },
      },
    })),
  },
  {
    name: "section 7.4.2: an x25519 share that makes zeros",
    alert: "illegal_parameter",
    client: { groups: ["x25519"] },
    mischief: helloWith(({ extensions }) => ({
      extensions: {
        ...extensions,
        key_share: {
          group: NamedGroup.x25519,
          keyExchange: new Uint8Array(32),
        },
      },
    })),
  },
  {
    name: "section 4.3.8.2: a secp256r1 share that is no point",
    alert: "illegal_parameter",
    client: { groups: ["secp256r1"] },
    mischief: helloWith(({ extensions }) => ({
      extensions: {
        ...extensions,
        key_share: {
          group: NamedGroup.secp256r1,
          keyExchange: Uint8Array.of(4, ...new Uint8Array(64).fill(1)),
        },
      },
    })),
  },
  {
    name: "RFC 10024: a hybrid answer of another length",
    alert: "illegal_parameter",
    mischief: helloWith(({ extensions }) => ({
      extensions: {
        ...extensions,
        key_share: {
          group: NamedGroup.X25519MLKEM768,
          keyExchange: pattern(1119),
        },
      },
    })),
  },
  {
    name: "section 4.3.11: a selected_identity although none was offered",
    alert: "unsupported_extension",
    says: "pre_shared_key was not offered",
    mischief: helloWith(({ extensions }) => ({
      extensions: { ...extensions, pre_shared_key: 0 },
    })),
  },
  {
    name: "section 4.3.11: a selected_identity out of range",
    alert: "illegal_parameter",
    says: "selected_identity 1 was not offered",
    client: { psk: { identity: "us", key: pattern(32) } },
    mischief: helloWith(({ extensions }) => ({
      extensions: { ...extensions, pre_shared_key: 1 },
    })),
  },
  {
    name: "section 4.2: an extension of the ServerHello that was not offered",
    alert: "unsupported_extension",
    mischief: helloWith(({ extensions }) => ({
      extensions: {
        ...extensions,
        unknown: [{ extensionType: 0x4321, extensionData: new Uint8Array() }],
      },
    })),
  },
  {
    name: "section 4.2: an extension that belongs into EncryptedExtensions",
    alert: "illegal_parameter",
    says: "application_layer_protocol_negotiation does not belong there",
    client: { alpnProtocols: ["h2"] },
    mischief: helloWith(({ extensions }) => ({
      extensions: {
        ...extensions,
        application_layer_protocol_negotiation: [utf8("h2")],
      },
    })),
  },
  {
    name: "section 4.2: an extension twice in ServerHello",
    alert: "decode_error",
    says: "there twice",
    mischief: helloWith(({ extensions }) => ({
      extensions: { ...extensions, unknown: extra("supported_versions", 3, 4) },
    })),
  },
  {
    name: "section 4.2.4: a HelloRetryRequest that changes nothing",
    alert: "illegal_parameter",
    says: "change nothing",
    mischief: {
      message: ({ name, raw }) => {
        if (name !== "server_hello") return undefined;
        return editingHello(raw, (hello) => ({
          ...hello,
          random: HELLO_RETRY_REQUEST_RANDOM,
          extensions: { supported_versions: ProtocolVersion["TLSv1.3"] },
        }));
      },
    },
  },
  {
    name: "section 4.4.1: EncryptedExtensions left out",
    alert: "unexpected_message",
    says: "expected EncryptedExtensions",
    mischief: dropping("encrypted_extensions"),
  },
  {
    name: "section 4.4.1: EncryptedExtensions twice",
    alert: "unexpected_message",
    mischief: repeating("encrypted_extensions"),
  },
  {
    name: "section 4.4.1: an extension that was not offered",
    alert: "unsupported_extension",
    says: "application_layer_protocol_negotiation",
    mischief: encryptedExtensions(
      ...extra("application_layer_protocol_negotiation", 0, 3, 2, 0x68, 0x32),
    ),
  },
  {
    name: "section 4.4.1: an unknown extension that was not offered",
    alert: "unsupported_extension",
    mischief: encryptedExtensions({
      extensionType: 0x4321,
      extensionData: new Uint8Array(),
    }),
  },
  {
    name: "section 4.4.1: an extension that belongs into ServerHello",
    alert: "illegal_parameter",
    says: "key_share does not belong there",
    mischief: encryptedExtensions(...extra("key_share", 0, 29, 0, 1, 1)),
  },
  {
    name: "section 4.4.1: an extension that belongs into Certificate",
    alert: "illegal_parameter",
    says: "status_request does not belong there",
    mischief: encryptedExtensions(...extra("status_request")),
  },
  {
    name: "section 4.4.1: an extension twice",
    alert: "decode_error",
    says: "there twice",
    mischief: encryptedExtensions(...extra("server_name")),
  },
  {
    name: "section 4.3.10: early_data that was not offered",
    alert: "unsupported_extension",
    mischief: encryptedExtensions(...extra("early_data")),
  },
  {
    name: "RFC 7301 section 3.1: a protocol that was not offered",
    alert: "illegal_parameter",
    says: "h3",
    client: { alpnProtocols: ["h2", "http/1.1"] },
    mischief: editing(tls13.encryptedExtensions, ({ extensions }) => ({
      extensions: {
        ...extensions,
        application_layer_protocol_negotiation: [utf8("h3")],
      },
    })),
  },
  {
    name: "RFC 7301 section 3.1: two protocols",
    alert: "decode_error",
    client: { alpnProtocols: ["h2", "http/1.1"] },
    mischief: encryptedExtensions(
      ...extra(
        "application_layer_protocol_negotiation",
        0,
        6,
        2,
        0x68,
        0x32,
        2,
        0x68,
        0x33,
      ),
    ),
  },
  {
    name: "RFC 8449 section 4: record_size_limit that was not offered",
    alert: "unsupported_extension",
    mischief: encryptedExtensions(...extra("record_size_limit", 1, 0)),
  },
  {
    name: "RFC 8449 section 4: record_size_limit below 64",
    alert: "illegal_parameter",
    client: { recordSizeLimit: 1000 },
    mischief: encryptedExtensions(...extra("record_size_limit", 0, 63)),
  },
  {
    name: "RFC 6066 section 3: server_name with a content",
    alert: "decode_error",
    mischief: editing(tls13.encryptedExtensions, ({ extensions }) => ({
      extensions: {
        ...extensions,
        server_name: undefined,
        unknown: extra("server_name", 0),
      },
    })),
  },
  {
    name: "section 4.4.2: a certificate_request_context in the handshake",
    alert: "illegal_parameter",
    says: "certificate_request_context",
    server: { clientAuth: "request" },
    mischief: editing(tls13.certificateRequest, (request) => ({
      ...request,
      certificateRequestContext: pattern(3),
    })),
  },
  {
    name: "section 4.4.2: CertificateRequest without signature_algorithms",
    alert: "missing_extension",
    server: { clientAuth: "request" },
    mischief: editing(tls13.certificateRequest, (request) => ({
      ...request,
      extensions: {
        signature_algorithms_cert: request.extensions.signature_algorithms,
      },
    })),
  },
  {
    name: "section 4.4.2: CertificateRequest twice",
    alert: "unexpected_message",
    server: { clientAuth: "request" },
    mischief: repeating("certificate_request"),
  },
  {
    name: "section 4.4: CertificateRequest after Certificate",
    alert: "unexpected_message",
    mischief: inserting(
      "certificate_verify",
      "certificate_request",
      new Uint8Array(3),
    ),
  },
  {
    name: "section 4.5.1: Certificate left out",
    alert: "unexpected_message",
    says: "expected Certificate",
    mischief: dropping("certificate"),
  },
  {
    name: "section 4.5.1: Certificate twice",
    alert: "unexpected_message",
    mischief: repeating("certificate"),
  },
  {
    name: "section 4.5.1: no certificate in it",
    alert: "decode_error",
    mischief: editing(tls13.certificate, (certificate) => ({
      ...certificate,
      certificateList: [],
    })),
  },
  {
    name: "section 4.5.1: a certificate_request_context of a server",
    alert: "illegal_parameter",
    mischief: editing(tls13.certificate, (certificate) => ({
      ...certificate,
      certificateRequestContext: pattern(2),
    })),
  },
  {
    name: "section 4.5.1: an extension that was not offered",
    alert: "unsupported_extension",
    mischief: editing(tls13.certificate, (certificate) => ({
      ...certificate,
      certificateList: certificate.certificateList.map((entry) => ({
        ...entry,
        extensions: {
          unknown: [{
            extensionType: 0x4321,
            extensionData: Uint8Array.of(1),
          }],
        },
      })),
    })),
  },
  {
    name: "section 4.5.1: an extension that does not belong there",
    alert: "illegal_parameter",
    mischief: editing(tls13.certificate, (certificate) => ({
      ...certificate,
      certificateList: certificate.certificateList.map((entry) => ({
        ...entry,
        extensions: { unknown: extra("supported_groups", 0, 2, 0, 29) },
      })),
    })),
  },
  {
    name: "section 4.5.1: a certificate that is no DER",
    alert: "decode_error",
    code: "malformed_certificate",
    mischief: editing(tls13.certificate, (certificate) => ({
      ...certificate,
      certificateList: [{ certData: utf8("no DER at all"), extensions: {} }],
    })),
  },
  {
    name: "section 4.5.1: a certificate with a byte after it",
    alert: "decode_error",
    code: "malformed_certificate",
    mischief: editing(tls13.certificate, (certificate) => ({
      ...certificate,
      certificateList: certificate.certificateList.map((entry) => ({
        ...entry,
        certData: Uint8Array.of(...entry.certData, 0),
      })),
    })),
  },
  {
    name: "section 4.5.2: CertificateVerify left out",
    alert: "unexpected_message",
    says: "expected CertificateVerify",
    mischief: dropping("certificate_verify"),
  },
  {
    name: "section 4.5.2: CertificateVerify twice",
    alert: "unexpected_message",
    mischief: repeating("certificate_verify"),
  },
  {
    name: "section 4.5.2: Certificate and CertificateVerify left out",
    alert: "unexpected_message",
    mischief: {
      message: ({ name }) =>
        name === "certificate" || name === "certificate_verify"
          ? []
          : undefined,
    },
  },
  {
    name: "section 4.5.2: a signature with a bit flipped",
    alert: "decrypt_error",
    mischief: editing(tls13.certificateVerify, ({ algorithm, signature }) => {
      const wrong = signature.slice();
      wrong[wrong.length - 1] = (wrong.at(-1) as number) ^ 1;
      return { algorithm, signature: wrong };
    }),
  },
  {
    name: "section 4.5.2: a signature that is empty",
    alert: "decrypt_error",
    mischief: editing(tls13.certificateVerify, ({ algorithm }) => ({
      algorithm,
      signature: new Uint8Array(),
    })),
  },
  {
    name: "section 4.5.2: a scheme that was not offered",
    alert: "illegal_parameter",
    says: "was not offered or does not fit",
    mischief: editing(tls13.certificateVerify, ({ signature }) => ({
      algorithm: SignatureScheme.ecdsa_sha1,
      signature,
    })),
  },
  {
    name: "section 4.5.2: a scheme for another kind of key",
    alert: "illegal_parameter",
    says: "ec key",
    mischief: editing(tls13.certificateVerify, ({ signature }) => ({
      algorithm: SignatureScheme.rsa_pss_rsae_sha256,
      signature,
    })),
  },
  {
    name: "section 4.3.3: a scheme for another curve",
    alert: "illegal_parameter",
    mischief: editing(tls13.certificateVerify, ({ signature }) => ({
      algorithm: SignatureScheme.ecdsa_secp384r1_sha384,
      signature,
    })),
  },
  {
    name: "section 4.5.2: PKCS #1 over the handshake",
    alert: "illegal_parameter",
    mischief: editing(tls13.certificateVerify, ({ signature }) => ({
      algorithm: SignatureScheme.rsa_pkcs1_sha256,
      signature,
    })),
  },
  {
    name: "section 4.5.3: Finished left out, and data",
    alert: "unexpected_message",
    mischief: {
      ...dropping("finished"),
      message: ({ name }) =>
        name === "finished"
          ? [frameMessage(HandshakeType.new_session_ticket, pattern(20))]
          : undefined,
    },
  },
  {
    name: "section 4.5.3: verify_data with a bit flipped",
    alert: "decrypt_error",
    says: "Finished",
    mischief: editing(tls13.finished, ({ verifyData }) => {
      const wrong = verifyData.slice();
      wrong[0] = (wrong[0] as number) ^ 0x80;
      return { verifyData: wrong };
    }),
  },
  {
    name: "section 4.5.3: verify_data that is short",
    alert: "decode_error",
    mischief: editing(tls13.finished, ({ verifyData }) => ({
      verifyData: verifyData.subarray(1),
    })),
  },
  {
    name: "section 4.5.3: verify_data that is long",
    alert: "decode_error",
    mischief: editing(tls13.finished, ({ verifyData }) => ({
      verifyData: Uint8Array.of(...verifyData, 0),
    })),
  },
  {
    name: "section 4.5.3: verify_data that is empty",
    alert: "decode_error",
    mischief: editing(tls13.finished, () => ({ verifyData: new Uint8Array() })),
  },
  {
    name: "section 4: a message of an unknown type",
    alert: "unexpected_message",
    says: "unknown type",
    mischief: {
      message: ({ name, raw }) =>
        name === "encrypted_extensions"
          ? [frameMessage(99, pattern(4)), raw]
          : undefined,
    },
  },
  {
    name: "section 4.7.3: KeyUpdate in the handshake",
    alert: "unexpected_message",
    mischief: inserting("certificate", "key_update", Uint8Array.of(0)),
  },
  {
    name: "section 4.7.1: NewSessionTicket in the handshake",
    alert: "unexpected_message",
    mischief: inserting("finished", "new_session_ticket", pattern(30)),
  },
  {
    name: "RFC 5246 section 7.4.1.1: HelloRequest",
    alert: "unexpected_message",
    mischief: inserting("encrypted_extensions", "hello_request"),
  },
  {
    name: "section 5: application data before Finished",
    alert: "unexpected_message",
    says: "application_data",
    mischief: {
      record: (type, bytes) =>
        type === ContentType.handshake && bytes[0] === HandshakeType.finished
          ? [
            [ContentType.application_data, utf8("too early")],
            [type, bytes],
          ]
          : undefined,
    },
  },
  {
    name: "section 5.1: a message interleaved with an alert",
    alert: "unexpected_message",
    says: "in the middle of a handshake message",
    mischief: {
      record: (type, bytes) =>
        type === ContentType.handshake && bytes[0] === HandshakeType.certificate
          ? [
            [type, bytes.subarray(0, 10)],
            [ContentType.alert, Uint8Array.of(1, 90)],
            [type, bytes.subarray(10)],
          ]
          : undefined,
    },
  },
  {
    name: "section 5.1: a handshake record without content",
    alert: "unexpected_message",
    mischief: {
      // Type 22 and nothing else: what the writer itself would never send.
      record: (type, bytes) =>
        type === ContentType.handshake && bytes[0] === HandshakeType.certificate
          ? [[type, bytes.subarray(0, 8)], [25, new Uint8Array(1)]]
          : undefined,
    },
  },
  {
    name: "section 5.1: Finished with more after it in its record",
    alert: "unexpected_message",
    says: "follows in the same record",
    mischief: {
      record: (type, bytes) =>
        type === ContentType.handshake && bytes[0] === HandshakeType.finished
          ? [[
            type,
            Uint8Array.of(...bytes, HandshakeType.key_update, 0, 0, 1, 0),
          ]]
          : undefined,
    },
  },
];

function editingHello(
  raw: Uint8Array,
  edit: (hello: ServerHello) => ServerHello,
): Uint8Array {
  const { message } = editing(tls13.serverHello, edit);
  return message?.({ name: "server_hello", raw, index: 0 }) as Uint8Array;
}

for (const rule of rules) {
  Deno.test(`client refuses a server's flight, ${rule.name}`, async () => {
    const error = await assertRefused(
      rule.alert,
      await hostileServer(rule.mischief, {
        client: rule.client ?? {},
        server: rule.server ?? {},
        config: rule.config ?? {},
      }),
    );
    assertEquals(error.side, "client");
    assertSays(error, rule);
  });
}
