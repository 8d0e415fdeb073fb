/**
 * Which codec an extension has in which message: RFC 9846 section 4.3's table,
 * with the extensions of other RFCs.
 *
 * @module
 */

import {
  type Codec,
  opaque,
  rest,
  struct,
  uint16,
  uint32,
  uint8,
  vector,
} from "../../record/codec.ts";
import { ExtensionType } from "../../registry.ts";
import {
  CertificateStatus,
  CertificateStatusRequest,
  CertificateStatusRequestOrEmpty,
} from "./certificate_status.ts";
import {
  CertificateCompressionAlgorithms,
  CertificateTypes,
  DistinguishedNames,
  OidFilters,
} from "./filters.ts";
import { KeyShareClientHello, KeyShareEntry } from "./key_share.ts";
import { MaxFragmentLength, RecordSizeLimit } from "./limits.ts";
import { OfferedPsks } from "./offered_psks.ts";
import {
  ProtocolNameList,
  SelectedProtocolName,
} from "./protocol_name_list.ts";
import { ServerNameList } from "./server_name_list.ts";

/** The messages that have extensions; `Certificate` has them per entry. */
export type ExtensionMessage =
  | "ClientHello"
  | "ServerHello"
  | "HelloRetryRequest"
  | "EncryptedExtensions"
  | "CertificateRequest"
  | "Certificate"
  | "NewSessionTicket";

/** The two versions of ServerHello are distinguished after decoding. */
export type Column<M extends ExtensionMessage> = M extends "ServerHello"
  ? "ServerHello" | "ServerHelloTls12"
  : M;

/** The codec of an extension in each message that it may appear in. */
export type ExtensionRow = {
  readonly [C in ExtensionMessage | "ServerHelloTls12"]?: Codec<unknown>;
};

/** An extension with empty extension_data: its presence is its value. */
const empty: Codec<true> = { read: () => true, write: () => {} };

const namedGroupList = vector(uint16, 2, 2 ** 16 - 1, uint16);
const signatureSchemeList = vector(uint16, 2, 2 ** 16 - 2, uint16);
const ecPointFormatList = vector(uint8, 1, 2 ** 8 - 1, uint8);
const renegotiatedConnection = vector(uint8, 0, 2 ** 8 - 1);
const signedCertificateTimestampList = vector(
  uint16,
  1,
  2 ** 16 - 1,
  vector(uint16, 1, 2 ** 16 - 1),
);

/** RFC 9849 section 4: an ECHConfig of any version. */
export interface ECHConfig {
  /** `0xfe0d` in RFC 9849. */
  version: number;
  /** ECHConfigContents, in that version. */
  contents: Uint8Array;
}

/** RFC 9849 section 4. */
export const ECHConfig: Codec<ECHConfig> = struct("ECHConfig", {
  version: uint16,
  contents: vector(uint16, 0, 2 ** 16 - 1),
});

/** RFC 9849 section 4: in decreasing order of preference. */
export const ECHConfigList: Codec<ECHConfig[]> = vector(
  uint16,
  4,
  2 ** 16 - 1,
  ECHConfig,
);

/** The extensions by their IANA names. */
const extensionTable = {
  // RFC 6066 section 3.
  server_name: {
    ClientHello: ServerNameList,
    EncryptedExtensions: empty,
    ServerHelloTls12: empty,
  },
  // RFC 6066 section 4.
  max_fragment_length: {
    ClientHello: MaxFragmentLength,
    EncryptedExtensions: MaxFragmentLength,
    ServerHelloTls12: MaxFragmentLength,
  },
  // RFC 6066 section 8; RFC 9846 section 4.5.1.1.
  status_request: {
    ClientHello: CertificateStatusRequest,
    CertificateRequest: CertificateStatusRequestOrEmpty,
    Certificate: CertificateStatus,
    ServerHelloTls12: empty,
  },
  // RFC 9846 section 4.3.7. Some servers send it in TLS 1.2 too, BIG-IP among
  // them, where RFC 8422 has it in the ClientHello alone; BoringSSL lets it
  // pass as well.
  supported_groups: {
    ClientHello: namedGroupList,
    EncryptedExtensions: namedGroupList,
    ServerHelloTls12: namedGroupList,
  },
  // RFC 8422 section 5.1.2.
  ec_point_formats: {
    ClientHello: ecPointFormatList,
    ServerHelloTls12: ecPointFormatList,
  },
  // RFC 9846 section 4.3.3.
  signature_algorithms: {
    ClientHello: signatureSchemeList,
    CertificateRequest: signatureSchemeList,
  },
  // RFC 7301 section 3.1.
  application_layer_protocol_negotiation: {
    ClientHello: ProtocolNameList,
    EncryptedExtensions: SelectedProtocolName,
    ServerHelloTls12: SelectedProtocolName,
  },
  // RFC 6962 section 3.3.1.
  signed_certificate_timestamp: {
    ClientHello: empty,
    CertificateRequest: empty,
    Certificate: signedCertificateTimestampList,
    ServerHelloTls12: signedCertificateTimestampList,
  },
  // RFC 7250 section 3.
  client_certificate_type: {
    ClientHello: CertificateTypes,
    EncryptedExtensions: uint8,
    ServerHelloTls12: uint8,
  },
  server_certificate_type: {
    ClientHello: CertificateTypes,
    EncryptedExtensions: uint8,
    ServerHelloTls12: uint8,
  },
  // RFC 7685 section 3.
  padding: { ClientHello: rest },
  // RFC 7366 section 2.
  encrypt_then_mac: { ClientHello: empty, ServerHelloTls12: empty },
  // RFC 7627 section 5.1.
  extended_main_secret: { ClientHello: empty, ServerHelloTls12: empty },
  // RFC 8879 section 3.
  compress_certificate: {
    ClientHello: CertificateCompressionAlgorithms,
    CertificateRequest: CertificateCompressionAlgorithms,
  },
  // RFC 8449 section 4.
  record_size_limit: {
    ClientHello: RecordSizeLimit,
    EncryptedExtensions: RecordSizeLimit,
    ServerHelloTls12: RecordSizeLimit,
  },
  // RFC 9973 section 5.
  tls_cert_with_extern_psk: { ClientHello: empty, ServerHello: empty },
  // RFC 9345 section 4.1.
  delegated_credential: {
    ClientHello: signatureSchemeList,
    CertificateRequest: signatureSchemeList,
    Certificate: rest,
  },
  // RFC 5077 section 3.2: a ticket, or nothing to ask for one.
  session_ticket: { ClientHello: rest, ServerHelloTls12: empty },
  // RFC 9846 section 4.3.11.
  pre_shared_key: { ClientHello: OfferedPsks, ServerHello: uint16 },
  // RFC 9846 section 4.3.10.
  early_data: {
    ClientHello: empty,
    EncryptedExtensions: empty,
    NewSessionTicket: uint32,
  },
  // RFC 9846 section 4.3.1.
  supported_versions: {
    ClientHello: vector(uint8, 2, 254, uint16),
    ServerHello: uint16,
    HelloRetryRequest: uint16,
  },
  // RFC 9846 section 4.3.2.
  cookie: {
    ClientHello: vector(uint16, 1, 2 ** 16 - 1),
    HelloRetryRequest: vector(uint16, 1, 2 ** 16 - 1),
  },
  // RFC 9846 section 4.3.9.
  psk_key_exchange_modes: { ClientHello: vector(uint8, 1, 255, uint8) },
  // RFC 9846 section 4.3.4.
  certificate_authorities: {
    ClientHello: DistinguishedNames,
    CertificateRequest: DistinguishedNames,
  },
  // RFC 9846 section 4.3.5.
  oid_filters: { CertificateRequest: OidFilters },
  // RFC 9846 section 4.3.6.
  post_handshake_auth: { ClientHello: empty },
  // RFC 9846 section 4.3.3.
  signature_algorithms_cert: {
    ClientHello: signatureSchemeList,
    CertificateRequest: signatureSchemeList,
  },
  // RFC 9846 section 4.3.8.
  key_share: {
    ClientHello: KeyShareClientHello,
    ServerHello: KeyShareEntry,
    HelloRetryRequest: uint16,
  },
  // RFC 9149 section 3: expected_count is the answer.
  ticket_request: {
    ClientHello: struct("ClientTicketRequest", {
      newSessionCount: uint8,
      resumptionCount: uint8,
    }),
    EncryptedExtensions: uint8,
  },
  // RFC 9849 section 5.1: in a ClientHelloInner before it is decoded, only.
  ech_outer_extensions: {},
  // RFC 9849 section 5; ECHClientHello belongs to what implements it. A client
  // that does not use the answers "MUST check the extension syntactically".
  encrypted_client_hello: {
    ClientHello: rest,
    HelloRetryRequest: opaque(8),
    EncryptedExtensions: ECHConfigList,
  },
  // RFC 5746 section 3.2.
  renegotiation_info: {
    ClientHello: renegotiatedConnection,
    ServerHelloTls12: renegotiatedConnection,
  },
} satisfies { [K in keyof typeof ExtensionType]?: ExtensionRow };

/** The table with its codecs, for types. */
export type ExtensionTable = typeof extensionTable;

/** An extension that the table has. */
export type ExtensionName = keyof ExtensionTable;

/** Whether a property's name is that of an extension. */
export function isExtensionName(name: string): name is ExtensionName {
  return Object.hasOwn(extensionTable, name);
}

/** The table's row for an extension. */
export function rowOf(name: ExtensionName): ExtensionRow {
  return extensionTable[name];
}

const namesByType: ReadonlyMap<number, ExtensionName> = new Map(
  Object.keys(extensionTable).filter(isExtensionName)
    .map((name) => [ExtensionType[name], name]),
);

/** The name of an extension's type, if the table has it. */
export function extensionName(type: number): ExtensionName | undefined {
  return namesByType.get(type);
}
