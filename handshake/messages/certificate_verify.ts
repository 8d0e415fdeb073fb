import { type Codec, struct, uint16, vector } from "../../record/codec.ts";

/**
 * RFC 9846 section 4.5.2. That of TLS 1.2 (RFC 5246 section 7.4.8) has the
 * same form.
 */
export interface CertificateVerify {
  /** Of the registry `SignatureScheme`. */
  algorithm: number;
  /** The signature in the algorithm's encoding. */
  signature: Uint8Array;
}

/** RFC 9846 section 4.5.2. */
export const CertificateVerify: Codec<CertificateVerify> = struct(
  "CertificateVerify",
  { algorithm: uint16, signature: vector(uint16, 0, 2 ** 16 - 1) },
);

/**
 * RFC 4346 section 7.4.8: TLS 1.1 and TLS 1.0, where the key determines the
 * algorithm.
 */
export interface CertificateVerifyTls10 {
  /** The signature in the algorithm's encoding. */
  signature: Uint8Array;
}

/** RFC 4346 section 7.4.8. */
export const CertificateVerifyTls10: Codec<CertificateVerifyTls10> = struct(
  "CertificateVerify",
  { signature: vector(uint16, 0, 2 ** 16 - 1) },
);
