import { type Codec, struct, uint16, vector } from "../../record/codec.ts";

/** RFC 5246 section 4.7. */
export interface DigitallySigned {
  /**
   * A SignatureAndHashAlgorithm, as number of the registry `SignatureScheme`.
   */
  algorithm: number;
  /** The signature in the algorithm's encoding. */
  signature: Uint8Array;
}

/** RFC 5246 section 4.7. */
export const DigitallySigned: Codec<DigitallySigned> = struct(
  "DigitallySigned",
  { algorithm: uint16, signature: vector(uint16, 0, 2 ** 16 - 1) },
);

/**
 * RFC 4346 section 4.7: TLS 1.1 and TLS 1.0, where the key determines the
 * algorithm.
 */
export interface DigitallySignedTls10 {
  /** The signature in the algorithm's encoding. */
  signature: Uint8Array;
}

/** RFC 4346 section 4.7. */
export const DigitallySignedTls10: Codec<DigitallySignedTls10> = struct(
  "DigitallySigned",
  { signature: vector(uint16, 0, 2 ** 16 - 1) },
);
