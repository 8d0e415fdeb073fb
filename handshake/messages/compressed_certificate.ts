import {
  type Codec,
  struct,
  uint16,
  uint24,
  vector,
} from "../../record/codec.ts";

/** RFC 8879 section 4. */
export interface CompressedCertificate {
  /** Of the registry `CertificateCompressionAlgorithm`. */
  algorithm: number;
  /** Length in bytes of the Certificate message when decompressed. */
  uncompressedLength: number;
  /** The body of a Certificate message, compressed. */
  compressedCertificateMessage: Uint8Array;
}

/** RFC 8879 section 4. */
export const CompressedCertificate: Codec<CompressedCertificate> = struct(
  "CompressedCertificate",
  {
    algorithm: uint16,
    uncompressedLength: uint24,
    compressedCertificateMessage: vector(uint24, 1, 2 ** 24 - 1),
  },
);
