/**
 * The bounds of the RFCs' presentation language: a value at each end of them,
 * and one past it.
 *
 * @module
 */

import { assertEquals, assertThrows } from "@std/assert";
import { type TlsAlertName, TlsProtocolError } from "../../../errors.ts";
import {
  Certificate,
  CertificateEntry,
} from "../../../handshake/messages/certificate.ts";
import { CertificateRequest } from "../../../handshake/messages/certificate_request.ts";
import {
  CertificateRequestTls10,
  CertificateRequestTls12,
} from "../../../handshake/messages/certificate_request_tls12.ts";
import { CertificateStatus } from "../../../handshake/messages/certificate_status.ts";
import { CertificateTls12 } from "../../../handshake/messages/certificate_tls12.ts";
import { ClientHello } from "../../../handshake/messages/client_hello.ts";
import {
  ClientDiffieHellmanPublic,
  ClientEcdhPublic,
  ClientKeyExchangeDhePsk,
  ClientKeyExchangeEcdhePsk,
} from "../../../handshake/messages/client_key_exchange.ts";
import { CompressedCertificate } from "../../../handshake/messages/compressed_certificate.ts";
import { OidFilter } from "../../../handshake/messages/filters.ts";
import { KeyUpdate } from "../../../handshake/messages/key_update.ts";
import { NewSessionTicket } from "../../../handshake/messages/new_session_ticket.ts";
import { ImportedIdentity } from "../../../handshake/messages/imported_identity.ts";
import { OfferedPsks } from "../../../handshake/messages/offered_psks.ts";
import {
  HelloRetryRequest,
  ServerHello,
} from "../../../handshake/messages/server_hello.ts";
import {
  ServerDhParams,
  ServerEcdhParams,
} from "../../../handshake/messages/server_key_exchange.ts";
import { type Codec, decode } from "../../../record/codec.ts";

const zeros = (length: number) => "00".repeat(length);
const uint8 = (value: number) => value.toString(16).padStart(2, "0");
const uint16 = (value: number) => value.toString(16).padStart(4, "0");

const random = zeros(32);
const hello = `0303 ${random}`;
const psk = (identities: string, binders: string) =>
  `${uint16(identities.length / 2)} ${identities} ${
    uint16(binders.length / 2)
  } ${binders}`;
const binder = (length: number) => uint8(length) + zeros(length);
const identity = (length: number) =>
  uint16(length) + zeros(length) + "00000000";

interface Bound {
  codec: Codec<unknown>;
  /** Struct and field with its bounds, as the RFC has them. */
  field: string;
  /** At the bounds. */
  taken: string[];
  /** Past them. */
  refused: string[];
  /** `decode_error` if absent. */
  alert?: TlsAlertName;
}

const bounds: Bound[] = [
  {
    codec: ClientHello,
    field: "ClientHello: legacy_session_id<0..32>",
    taken: [
      `${hello} 00 0002 1301 01 00`,
      `${hello} 20 ${zeros(32)} 0002 1301 01 00`,
    ],
    refused: [`${hello} 21 ${zeros(33)} 0002 1301 01 00`],
  },
  {
    codec: ClientHello,
    field: "ClientHello: cipher_suites<2..2^16-2>",
    taken: [
      `${hello} 00 0002 1301 01 00`,
      `${hello} 00 fffe ${zeros(0xfffe)} 01 00`,
    ],
    refused: [
      `${hello} 00 0000 01 00`,
      `${hello} 00 0003 1301 00 01 00`,
      `${hello} 00 ffff ${zeros(0xffff)} 01 00`,
    ],
  },
  {
    codec: ClientHello,
    field: "ClientHello: legacy_compression_methods<1..2^8-1>",
    taken: [
      `${hello} 00 0002 1301 01 00`,
      `${hello} 00 0002 1301 ff ${zeros(255)}`,
    ],
    refused: [`${hello} 00 0002 1301 00`],
  },
  {
    codec: ServerHello,
    field: "ServerHello: legacy_session_id_echo<0..32>",
    taken: [`${hello} 00 1301 00`, `${hello} 20 ${zeros(32)} 1301 00`],
    refused: [`${hello} 21 ${zeros(33)} 1301 00`],
  },
  {
    codec: HelloRetryRequest,
    field: "HelloRetryRequest: extensions<6..2^16-1>",
    taken: [`${hello} 00 1301 00 0006 002b 0002 0304`],
    refused: [
      `${hello} 00 1301 00`,
      `${hello} 00 1301 00 0000`,
      `${hello} 00 1301 00 0005 ffff 0001 00`,
    ],
  },
  {
    codec: HelloRetryRequest,
    field: "HelloRetryRequest: legacy_session_id_echo<0..32>",
    taken: [`${hello} 20 ${zeros(32)} 1301 00 0006 002b 0002 0304`],
    refused: [`${hello} 21 ${zeros(33)} 1301 00 0006 002b 0002 0304`],
  },
  {
    codec: CertificateRequest,
    field: "CertificateRequest: extensions<0..2^16-1>",
    taken: ["00 0004 ffff 0000", "00 0000"],
    refused: ["00 0001 00"],
  },
  {
    codec: Certificate,
    field: "Certificate: certificate_list<0..2^24-1>",
    taken: ["00 000000", "00 000006 000001 00 0000"],
    refused: ["00 000005 000001 00 00"],
  },
  {
    codec: CertificateEntry,
    field: "CertificateEntry: cert_data<1..2^24-1>",
    taken: ["000001 00 0000"],
    refused: ["000000 0000"],
  },
  {
    codec: CertificateTls12,
    field: "CertificateTls12: ASN.1Cert<1..2^24-1>",
    taken: ["000000", "000004 000001 00"],
    refused: ["000003 000000"],
  },
  {
    codec: CompressedCertificate,
    field: "CompressedCertificate: compressed_certificate_message<1..2^24-1>",
    taken: ["0001 000001 000001 00"],
    refused: ["0001 000001 000000"],
  },
  {
    codec: CertificateStatus,
    field: "CertificateStatus: OCSPResponse<1..2^24-1>",
    taken: ["01 000001 00"],
    refused: ["01 000000"],
  },
  {
    codec: CertificateRequestTls12,
    field: "CertificateRequestTls12: certificate_types<1..2^8-1>",
    taken: ["01 01 0002 0401 0000"],
    refused: ["00 0002 0401 0000"],
  },
  {
    codec: CertificateRequestTls12,
    field: "CertificateRequestTls12: supported_signature_algorithms<2..2^16-2>",
    taken: ["01 01 0002 0401 0000"],
    refused: ["01 01 0000 0000", "01 01 0003 040100 0000"],
  },
  {
    codec: CertificateRequestTls12,
    field: "CertificateRequestTls12: DistinguishedName<1..2^16-1>",
    taken: ["01 01 0002 0401 0003 0001 00"],
    refused: ["01 01 0002 0401 0002 0000"],
  },
  {
    codec: CertificateRequestTls10,
    field: "CertificateRequestTls10: certificate_types<1..2^8-1>",
    taken: ["01 01 0000"],
    refused: ["00 0000"],
  },
  {
    codec: CertificateRequestTls10,
    field: "CertificateRequestTls10: DistinguishedName<1..2^16-1>",
    taken: ["01 01 0003 0001 00"],
    refused: ["01 01 0002 0000"],
  },
  {
    codec: NewSessionTicket,
    field: "NewSessionTicket: ticket<1..2^16-1>",
    taken: [`${zeros(8)} 00 0001 00 0000`],
    refused: [`${zeros(8)} 00 0000 0000`],
  },
  {
    codec: NewSessionTicket,
    field: "NewSessionTicket: extensions<0..2^16-1>",
    taken: [`${zeros(8)} 00 0001 00 ffff ffff fffb ${zeros(0xfffb)}`],
    refused: [`${zeros(8)} 00 0001 00 ffff ffff fffc ${zeros(0xfffb)}`],
  },
  {
    codec: ImportedIdentity,
    field: "ImportedIdentity: external_identity<1..2^16-1>, context<0..2^16-1>",
    taken: ["0001 aa 0000 0304 0001", "0001 aa 0001 bb 0304 0001"],
    refused: ["0000 0000 0304 0001", "0001 aa 0002 bb 0304 0001"],
  },
  {
    codec: OfferedPsks,
    field: "OfferedPsks: identities<7..2^16-1>, identity<1..2^16-1>",
    taken: [psk(identity(1), binder(32))],
    refused: [psk(identity(0) + "00", binder(32)), psk("", binder(32))],
  },
  {
    codec: OfferedPsks,
    field: "OfferedPsks: binders<33..2^16-1>, PskBinderEntry<32..255>",
    taken: [psk(identity(1), binder(32)), psk(identity(1), binder(255))],
    refused: [
      psk(identity(1), ""),
      psk(identity(1), binder(31)),
      psk(identity(1) + identity(1), binder(31) + binder(31)),
    ],
  },
  {
    codec: OidFilter,
    field: "OidFilter: certificate_extension_oid<1..2^8-1>",
    taken: ["01 00 0000"],
    refused: ["00 0000"],
  },
  {
    codec: KeyUpdate,
    field: "KeyUpdate: KeyUpdateRequest",
    taken: ["00", "01"],
    refused: ["02", "03", "ff"],
    alert: "illegal_parameter",
  },
  {
    codec: ServerEcdhParams,
    field: "ServerEcdhParams: curve_type",
    taken: ["03 001d 01 00"],
    refused: ["01 001d 01 00", "02 001d 01 00", "04 001d 01 00"],
    alert: "illegal_parameter",
  },
  {
    codec: ServerEcdhParams,
    field: "ServerEcdhParams: point<1..2^8-1>",
    taken: [`03 001d ff ${zeros(255)}`],
    refused: ["03 001d 00"],
  },
  {
    codec: ServerDhParams,
    field: "ServerDhParams: dh_p, dh_g, dh_Ys<1..2^16-1>",
    taken: ["0001 00 0001 00 0001 00"],
    refused: [
      "0000 0001 00 0001 00",
      "0001 00 0000 0001 00",
      "0001 00 0001 00 0000",
    ],
  },
  {
    codec: ClientDiffieHellmanPublic,
    field: "ClientDiffieHellmanPublic: dh_Yc<1..2^16-1>",
    taken: ["0001 00"],
    refused: ["0000"],
  },
  {
    codec: ClientEcdhPublic,
    field: "ClientEcdhPublic: point<1..2^8-1>",
    taken: ["01 00"],
    refused: ["00"],
  },
  {
    codec: ClientKeyExchangeDhePsk,
    field: "ClientKeyExchangeDhePsk: dh_Yc<1..2^16-1>",
    taken: ["0000 0001 00"],
    refused: ["0000 0000"],
  },
  {
    codec: ClientKeyExchangeEcdhePsk,
    field: "ClientKeyExchangeEcdhePsk: point<1..2^8-1>",
    taken: ["0000 01 00"],
    refused: ["0000 00"],
  },
];

for (const { codec, field, taken, refused, alert } of bounds) {
  Deno.test(`decode() holds the bounds of ${field}`, () => {
    const read = (digits: string) =>
      decode(codec, Uint8Array.fromHex(digits.replaceAll(" ", "")), field);
    for (const digits of taken) read(digits);
    for (const digits of refused) {
      const error = assertThrows(
        () => read(digits),
        TlsProtocolError,
        undefined,
        digits.slice(0, 200),
      );
      assertEquals(error.alert, alert ?? "decode_error");
    }
  });
}
