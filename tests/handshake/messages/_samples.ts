/**
 * Values for every codec of `handshake/messages/`.
 *
 * @module
 */

import { type Codec, encode } from "../../../record/codec.ts";
import {
  Certificate,
  CertificateEntry,
} from "../../../handshake/messages/certificate.ts";
import { CertificateRequest } from "../../../handshake/messages/certificate_request.ts";
import {
  CertificateRequestTls10,
  CertificateRequestTls12,
} from "../../../handshake/messages/certificate_request_tls12.ts";
import {
  CertificateStatus,
  CertificateStatusRequest,
  CertificateStatusRequestOrEmpty,
} from "../../../handshake/messages/certificate_status.ts";
import { CertificateTls12 } from "../../../handshake/messages/certificate_tls12.ts";
import {
  CertificateVerify,
  CertificateVerifyTls10,
} from "../../../handshake/messages/certificate_verify.ts";
import { ClientHello } from "../../../handshake/messages/client_hello.ts";
import {
  ClientDiffieHellmanPublic,
  ClientEcdhPublic,
  ClientKeyExchangeDhePsk,
  ClientKeyExchangeEcdhePsk,
  ClientKeyExchangePsk,
  ClientKeyExchangeRsaPsk,
  EncryptedPreMasterSecret,
} from "../../../handshake/messages/client_key_exchange.ts";
import {
  Credential,
  DelegatedCredential,
} from "../../../x509/certificate/delegated_credential.ts";
import { CompressedCertificate } from "../../../handshake/messages/compressed_certificate.ts";
import {
  DigitallySigned,
  DigitallySignedTls10,
} from "../../../handshake/messages/digitally_signed.ts";
import {
  ECHClientHello,
  OuterExtensions,
  RawClientHello,
} from "../../../handshake/messages/ech_client_hello.ts";
import { HpkeSymmetricCipherSuite } from "../../../handshake/messages/ech_config.ts";
import {
  ECHConfig,
  ECHConfigList,
} from "../../../handshake/messages/extension_table.ts";
import { EncryptedExtensions } from "../../../handshake/messages/encrypted_extensions.ts";
import {
  EndOfEarlyData,
  HelloRequest,
} from "../../../handshake/messages/empty_messages.ts";
import {
  CertificateCompressionAlgorithms,
  CertificateTypes,
  DistinguishedNames,
  OidFilter,
  OidFilters,
} from "../../../handshake/messages/filters.ts";
import { Finished } from "../../../handshake/messages/finished.ts";
import { ImportedIdentity } from "../../../handshake/messages/imported_identity.ts";
import {
  KeyShareClientHello,
  KeyShareEntry,
} from "../../../handshake/messages/key_share.ts";
import { KeyUpdate } from "../../../handshake/messages/key_update.ts";
import {
  MaxFragmentLength,
  RecordSizeLimit,
} from "../../../handshake/messages/limits.ts";
import { NewSessionTicket } from "../../../handshake/messages/new_session_ticket.ts";
import { NewSessionTicketTls12 } from "../../../handshake/messages/new_session_ticket_tls12.ts";
import {
  OfferedPsks,
  PskIdentity,
} from "../../../handshake/messages/offered_psks.ts";
import {
  ProtocolNameList,
  SelectedProtocolName,
} from "../../../handshake/messages/protocol_name_list.ts";
import {
  HELLO_RETRY_REQUEST_RANDOM,
  HelloRetryRequest,
  ServerHello,
} from "../../../handshake/messages/server_hello.ts";
import { ServerHelloDone } from "../../../handshake/messages/server_hello_done.ts";
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
} from "../../../handshake/messages/server_key_exchange.ts";
import {
  ServerName,
  ServerNameList,
} from "../../../handshake/messages/server_name_list.ts";

/** A codec with values, whose every prefix is refused but for the exceptions. */
export interface Sample {
  /** What it is of. */
  codec: Codec<unknown>;
  /** As decoded. */
  values: unknown[];
  /** Lengths of prefixes that are values too. */
  wholeAt?: (encoded: Uint8Array, value: unknown) => number[];
  /** Whether any byte may follow. */
  openEnded?: (value: unknown) => boolean;
}

function sample<T>(
  codec: Codec<T>,
  values: T[],
  exceptions: {
    wholeAt?: (encoded: Uint8Array, value: T) => number[];
    openEnded?: (value: T) => boolean;
  } = {},
): Sample {
  return { codec, values, ...exceptions } as Sample;
}

/** `length` bytes that differ from one another, and from those of other seeds. */
function bytes(length: number, seed = 1): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => at * 7 + seed);
}

const ascii = (text: string) => new TextEncoder().encode(text);
const lengths = (from: number, below: number) =>
  Array.from({ length: below - from }, (_, at) => from + at);

const serverEcdhParams = { curveType: 3, namedCurve: 29, point: bytes(32) };
const serverDhParams = {
  dhP: bytes(256),
  dhG: Uint8Array.of(2),
  dhYs: bytes(256, 5),
};
const signed = { algorithm: 0x0804, signature: bytes(256, 3) };
const signedTls10 = { signature: bytes(256, 3) };
const grease = { extensionType: 0x1a1a, extensionData: Uint8Array.of(0) };

const oldClientHello: ClientHello = {
  legacyVersion: 0x0301,
  random: bytes(32),
  legacySessionId: bytes(0),
  cipherSuites: [0x002f],
  legacyCompressionMethods: [0, 1],
  extensions: { unknown: [], order: [] },
};
const oldServerHello: ServerHello = {
  legacyVersion: 0x0303,
  random: bytes(32),
  legacySessionIdEcho: bytes(0),
  cipherSuite: 0xc02f,
  legacyCompressionMethod: 0,
  extensions: { unknown: [], order: [] },
};

const clientHellos: ClientHello[] = [
  oldClientHello,
  {
    ...oldClientHello,
    legacySessionId: bytes(32, 9),
    cipherSuites: [0x1a1a, 0x1301, 0x1302, 0x1303],
    extensions: {
      server_name: [{ nameType: 0, hostName: ascii("example.com") }],
      status_request: {
        statusType: 1,
        responderIdList: [],
        requestExtensions: bytes(0),
      },
      supported_groups: [0x1a1a, 29, 23],
      signature_algorithms: [0x0403, 0x0804],
      application_layer_protocol_negotiation: [ascii("h2")],
      supported_versions: [0x0304, 0x0303],
      psk_key_exchange_modes: [1],
      early_data: true,
      key_share: [{ group: 29, keyExchange: bytes(32) }],
      pre_shared_key: {
        identities: [{ identity: bytes(100), obfuscatedTicketAge: 2 ** 31 }],
        binders: [bytes(32, 4)],
      },
      unknown: [grease],
      order: [0x1a1a, 0, 5, 10, 13, 16, 43, 45, 42, 51, 41],
    },
  },
];

const serverHellos: ServerHello[] = [
  oldServerHello,
  {
    ...oldServerHello,
    extensions: {
      server_name: true,
      renegotiation_info: bytes(0),
      ec_point_formats: [0],
      session_ticket: true,
      extended_main_secret: true,
      unknown: [grease],
      order: [0x1a1a, 0, 0xff01, 11, 35, 23],
    },
  },
  {
    ...oldServerHello,
    legacySessionIdEcho: bytes(32, 9),
    cipherSuite: 0x1301,
    extensions: {
      pre_shared_key: 0,
      key_share: { group: 29, keyExchange: bytes(32) },
      supported_versions: 0x0304,
      unknown: [],
      order: [41, 51, 43],
    },
  },
];

/** Everything before the extensions is a hello too. */
function beforeExtensions<T extends { extensions: object }>(codec: Codec<T>) {
  return (encoded: Uint8Array, value: T) => {
    const at = encode(codec, { ...value, extensions: {} }).length;
    return at < encoded.length ? [at] : [];
  };
}

/** All samples. */
export const samples: Sample[] = [
  sample(ClientHello, clientHellos, {
    wholeAt: beforeExtensions(ClientHello),
  }),
  sample(ServerHello, serverHellos, {
    wholeAt: beforeExtensions(ServerHello),
  }),
  sample(HelloRetryRequest, [{
    legacyVersion: 0x0303,
    random: HELLO_RETRY_REQUEST_RANDOM,
    legacySessionIdEcho: bytes(32),
    cipherSuite: 0x1301,
    legacyCompressionMethod: 0,
    extensions: {
      supported_versions: 0x0304,
      key_share: 23,
      cookie: bytes(20),
      unknown: [],
      order: [43, 51, 44],
    },
  }]),
  sample(EncryptedExtensions, [
    { extensions: { unknown: [], order: [] } },
    {
      extensions: {
        server_name: true,
        application_layer_protocol_negotiation: [ascii("h2")],
        record_size_limit: 16385,
        unknown: [],
        order: [0, 16, 28],
      },
    },
  ]),
  sample(CertificateRequest, [{
    certificateRequestContext: bytes(8),
    extensions: {
      signature_algorithms: [0x0403],
      certificate_authorities: [bytes(30), bytes(40)],
      oid_filters: [{
        certificateExtensionOid: bytes(3),
        certificateExtensionValues: bytes(0),
      }],
      unknown: [grease],
      order: [0x1a1a, 13, 47, 48],
    },
  }]),
  sample(Certificate, [
    { certificateRequestContext: bytes(0), certificateList: [] },
    {
      certificateRequestContext: bytes(3),
      certificateList: [
        {
          certData: bytes(500),
          extensions: {
            status_request: { statusType: 1, response: bytes(60) },
            signed_certificate_timestamp: [bytes(50), bytes(51)],
            unknown: [],
            order: [5, 18],
          },
        },
        { certData: bytes(1), extensions: { unknown: [], order: [] } },
      ],
    },
  ]),
  sample(CertificateEntry, [{
    certData: bytes(70_000),
    extensions: { delegated_credential: bytes(9), unknown: [], order: [34] },
  }]),
  sample(CertificateTls12, [
    { certificateList: [] },
    { certificateList: [bytes(400), bytes(1)] },
  ]),
  sample(CompressedCertificate, [{
    algorithm: 2,
    uncompressedLength: 2 ** 24 - 1,
    compressedCertificateMessage: bytes(300),
  }]),
  sample(CertificateRequestTls12, [
    {
      certificateTypes: [1, 64],
      supportedSignatureAlgorithms: [0x0403, 0x0401],
      certificateAuthorities: [bytes(30)],
    },
    {
      certificateTypes: [1],
      supportedSignatureAlgorithms: [0x0401],
      certificateAuthorities: [],
    },
  ]),
  sample(CertificateRequestTls10, [{
    certificateTypes: [1, 64],
    certificateAuthorities: [bytes(30), bytes(1)],
  }]),
  sample(CertificateVerify, [{ algorithm: 0x0403, signature: bytes(71) }]),
  sample(CertificateVerifyTls10, [{ signature: bytes(128) }]),
  sample(CertificateStatus, [{ statusType: 1, response: bytes(70_000) }]),
  sample(
    CertificateStatusRequest,
    [
      {
        statusType: 1,
        responderIdList: [bytes(20), bytes(1)],
        requestExtensions: bytes(7),
      },
      {
        statusType: 2,
        responderIdList: [],
        requestExtensions: bytes(0),
        request: bytes(5),
      },
    ],
    {
      wholeAt: (encoded, { statusType }) =>
        statusType === 1 ? [] : lengths(1, encoded.length),
      openEnded: ({ statusType }) => statusType !== 1,
    },
  ),
  sample(
    CertificateStatusRequestOrEmpty,
    [{ statusType: 1, responderIdList: [], requestExtensions: bytes(0) }],
    { wholeAt: () => [0] },
  ),
  sample(Finished, [{ verifyData: bytes(12) }, { verifyData: bytes(48) }], {
    wholeAt: (encoded) => lengths(0, encoded.length),
    openEnded: () => true,
  }),
  sample(NewSessionTicket, [{
    ticketLifetime: 604800,
    ticketAgeAdd: 2 ** 32 - 1,
    ticketNonce: bytes(0),
    ticket: bytes(200),
    extensions: {
      early_data: 2 ** 32 - 1,
      unknown: [grease],
      order: [42, 6682],
    },
  }]),
  sample(NewSessionTicketTls12, [
    { ticketLifetimeHint: 0, ticket: bytes(0) },
    { ticketLifetimeHint: 7200, ticket: bytes(180) },
  ]),
  sample(KeyUpdate, [{ requestUpdate: 0 }, { requestUpdate: 1 }]),
  sample(EndOfEarlyData, [{}]),
  sample(HelloRequest, [{}]),
  sample(ServerHelloDone, [{}]),
  sample(DigitallySigned, [signed]),
  sample(DigitallySignedTls10, [signedTls10]),
  sample(ServerEcdhParams, [serverEcdhParams]),
  sample(ServerDhParams, [serverDhParams]),
  sample(ServerKeyExchangeEcdhe, [
    { params: serverEcdhParams, signedParams: signed },
  ]),
  sample(ServerKeyExchangeEcdheTls10, [
    { params: serverEcdhParams, signedParams: signedTls10 },
  ]),
  sample(ServerKeyExchangeDhe, [
    { params: serverDhParams, signedParams: signed },
  ]),
  sample(ServerKeyExchangeDheTls10, [
    { params: serverDhParams, signedParams: signedTls10 },
  ]),
  sample(ServerKeyExchangePsk, [
    { pskIdentityHint: bytes(0) },
    { pskIdentityHint: ascii("hint") },
  ]),
  sample(ServerKeyExchangeDhePsk, [
    { pskIdentityHint: ascii("hint"), params: serverDhParams },
  ]),
  sample(ServerKeyExchangeEcdhePsk, [
    { pskIdentityHint: bytes(0), params: serverEcdhParams },
  ]),
  sample(EncryptedPreMasterSecret, [{ encryptedPreMasterSecret: bytes(256) }]),
  sample(ClientDiffieHellmanPublic, [{ dhYc: bytes(256) }]),
  sample(ClientEcdhPublic, [{ ecdhYc: bytes(65) }]),
  sample(ClientKeyExchangePsk, [{ pskIdentity: ascii("Client_identity") }]),
  sample(ClientKeyExchangeDhePsk, [
    { pskIdentity: ascii("Client_identity"), dhYc: bytes(256) },
  ]),
  sample(ClientKeyExchangeEcdhePsk, [
    { pskIdentity: ascii("Client_identity"), ecdhYc: bytes(65) },
  ]),
  sample(ClientKeyExchangeRsaPsk, [{
    pskIdentity: ascii("Client_identity"),
    encryptedPreMasterSecret: bytes(256),
  }]),
  sample(ServerName, [{ nameType: 0, hostName: ascii("example.com") }]),
  sample(ServerNameList, [
    [{ nameType: 0, hostName: ascii("example.com") }],
    [{ nameType: 1, hostName: bytes(1) }, { nameType: 0, hostName: bytes(2) }],
  ]),
  sample(ProtocolNameList, [[ascii("h2"), ascii("http/1.1")]]),
  sample(SelectedProtocolName, [[ascii("http/1.1")]]),
  sample(KeyShareEntry, [{ group: 0x11ec, keyExchange: bytes(1216) }]),
  sample(KeyShareClientHello, [
    [],
    [
      { group: 0x1a1a, keyExchange: bytes(1) },
      { group: 29, keyExchange: bytes(32) },
    ],
  ]),
  sample(PskIdentity, [
    { identity: bytes(1), obfuscatedTicketAge: 0 },
    { identity: bytes(200), obfuscatedTicketAge: 2 ** 32 - 1 },
  ]),
  sample(OfferedPsks, [{
    identities: [
      { identity: bytes(1), obfuscatedTicketAge: 0 },
      { identity: bytes(64), obfuscatedTicketAge: 5 },
    ],
    binders: [bytes(32), bytes(48)],
  }]),
  sample(ImportedIdentity, [
    {
      externalIdentity: bytes(1),
      context: bytes(0),
      targetProtocol: 0x0304,
      targetKdf: 1,
    },
    {
      externalIdentity: bytes(70),
      context: bytes(90),
      targetProtocol: 0xfefc,
      targetKdf: 2,
    },
  ]),
  sample(DistinguishedNames, [[bytes(1)], [bytes(90), bytes(3)]]),
  sample(OidFilter, [{
    certificateExtensionOid: bytes(5),
    certificateExtensionValues: bytes(12),
  }]),
  sample(OidFilters, [
    [],
    [{
      certificateExtensionOid: bytes(5),
      certificateExtensionValues: bytes(0),
    }],
  ]),
  sample(MaxFragmentLength, [1, 2, 3, 4]),
  sample(RecordSizeLimit, [64, 16385, 65535]),
  sample(CertificateCompressionAlgorithms, [[1], [1, 2, 3, 0xffff]]),
  sample(Credential, [{
    validTime: 2 ** 32 - 1,
    dcCertVerifyAlgorithm: 0x0403,
    subjectPublicKeyInfo: bytes(91),
  }]),
  sample(DelegatedCredential, [{
    cred: {
      validTime: 0,
      dcCertVerifyAlgorithm: 0x0807,
      subjectPublicKeyInfo: bytes(1),
    },
    algorithm: 0x0403,
    signature: bytes(72),
  }]),
  sample(CertificateTypes, [[2], [2, 0], [0, 2, 255]]),
  sample(HpkeSymmetricCipherSuite, [{ kdfId: 1, aeadId: 3 }]),
  sample(ECHConfig, [
    { version: 0xfe0d, contents: bytes(70) },
    { version: 0xbadd, contents: bytes(0) },
  ]),
  sample(ECHConfigList, [
    [{ version: 0xfe0d, contents: bytes(70) }],
    [
      { version: 0xbadd, contents: bytes(5) },
      { version: 0xfe0d, contents: bytes(9) },
    ],
  ]),
  sample<ECHClientHello>(ECHClientHello, [
    "inner",
    {
      cipherSuite: { kdfId: 1, aeadId: 1 },
      configId: 7,
      enc: bytes(32),
      payload: bytes(200),
    },
    {
      cipherSuite: { kdfId: 1, aeadId: 3 },
      configId: 255,
      enc: bytes(0),
      payload: bytes(1),
    },
  ]),
  sample(RawClientHello, [{
    legacyVersion: 0x0303,
    random: bytes(32),
    legacySessionId: bytes(0),
    cipherSuites: bytes(4),
    legacyCompressionMethods: bytes(1),
    extensions: [
      { extensionType: 0xfd00, extensionData: bytes(5) },
      { extensionType: 0, extensionData: bytes(0) },
    ],
  }]),
  sample(OuterExtensions, [[51], [10, 13, 51, 0x0a0a]]),
];
