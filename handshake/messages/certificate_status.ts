import {
  type Codec,
  rest,
  struct,
  uint16,
  uint24,
  uint8,
  vector,
} from "../../record/codec.ts";
import { CertificateStatusType } from "../../registry.ts";

/** RFC 6066 section 8: the `status_request` of a ClientHello. */
export interface CertificateStatusRequest {
  /** `CertificateStatusType.ocsp`, or a type that we do not know. */
  statusType: number;
  /** OCSP responders that the client trusts, in DER; mostly none. */
  responderIdList: Uint8Array[];
  /** Extensions of the OCSP request, in DER; mostly empty. */
  requestExtensions: Uint8Array;
  /** The undecoded request, if its type is unknown. */
  request?: Uint8Array;
}

interface OcspStatusRequest {
  responderIdList: Uint8Array[];
  requestExtensions: Uint8Array;
}

const OcspStatusRequest: Codec<OcspStatusRequest> = struct(
  "OCSPStatusRequest",
  {
    responderIdList: vector(
      uint16,
      0,
      2 ** 16 - 1,
      vector(uint16, 1, 2 ** 16 - 1),
    ),
    requestExtensions: vector(uint16, 0, 2 ** 16 - 1),
  },
);

/**
 * RFC 6066 section 8. A request of another type than OCSP is kept undecoded: a
 * server that does not know it continues without a status.
 */
export const CertificateStatusRequest: Codec<CertificateStatusRequest> = {
  read(reader) {
    const statusType = uint8.read(reader);
    if (statusType === CertificateStatusType.ocsp) {
      return { statusType, ...OcspStatusRequest.read(reader) };
    }
    return {
      statusType,
      responderIdList: [],
      requestExtensions: new Uint8Array(0),
      request: rest.read(reader),
    };
  },
  write(writer, value) {
    uint8.write(writer, value.statusType);
    if (value.request !== undefined) rest.write(writer, value.request);
    else OcspStatusRequest.write(writer, value);
  },
};

/**
 * RFC 9846 section 4.5.1.1: a server may ask for a status "by sending an empty
 * "status_request" extension in its CertificateRequest message". The form of
 * the ClientHello is read too: it means the same.
 */
export const CertificateStatusRequestOrEmpty: Codec<
  CertificateStatusRequest | true
> = {
  read: (reader) =>
    reader.remaining === 0 ? true : CertificateStatusRequest.read(reader),
  write(writer, value) {
    if (value !== true) CertificateStatusRequest.write(writer, value);
  },
};

/**
 * RFC 6066 section 8: a message of its own in TLS 1.2, and the
 * `status_request` of a CertificateEntry in TLS 1.3 (RFC 9846 section 4.5.1.1).
 */
export interface CertificateStatus {
  /** `CertificateStatusType.ocsp`, or a type that we do not know. */
  statusType: number;
  /** An OCSPResponse in DER. */
  response: Uint8Array;
}

/** RFC 6066 section 8. */
export const CertificateStatus: Codec<CertificateStatus> = struct(
  "CertificateStatus",
  { statusType: uint8, response: vector(uint24, 1, 2 ** 24 - 1) },
);
