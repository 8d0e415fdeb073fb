import {
  type Codec,
  struct,
  uint16,
  uint8,
  vector,
} from "../../record/codec.ts";

/** RFC 5246 section 7.4.4. */
export interface CertificateRequestTls12 {
  /** Of the registry `ClientCertificateType`. */
  certificateTypes: number[];
  /** Of the registry `SignatureScheme`. */
  supportedSignatureAlgorithms: number[];
  /** Names in DER; empty if any authority will do. */
  certificateAuthorities: Uint8Array[];
}

/** RFC 5246 section 7.4.4. */
export const CertificateRequestTls12: Codec<CertificateRequestTls12> = struct(
  "CertificateRequest",
  {
    certificateTypes: vector(uint8, 1, 2 ** 8 - 1, uint8),
    supportedSignatureAlgorithms: vector(uint16, 2, 2 ** 16 - 2, uint16),
    certificateAuthorities: vector(
      uint16,
      0,
      2 ** 16 - 1,
      vector(uint16, 1, 2 ** 16 - 1),
    ),
  },
);

/** RFC 4346 section 7.4.4: TLS 1.1 and TLS 1.0. */
export interface CertificateRequestTls10 {
  /** Of the registry `ClientCertificateType`. */
  certificateTypes: number[];
  /** Names in DER; empty if any authority will do. */
  certificateAuthorities: Uint8Array[];
}

/** RFC 4346 section 7.4.4. */
export const CertificateRequestTls10: Codec<CertificateRequestTls10> = struct(
  "CertificateRequest",
  {
    certificateTypes: vector(uint8, 1, 2 ** 8 - 1, uint8),
    certificateAuthorities: vector(
      uint16,
      0,
      2 ** 16 - 1,
      vector(uint16, 1, 2 ** 16 - 1),
    ),
  },
);
