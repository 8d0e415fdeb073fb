import { type Codec, struct, uint24, vector } from "../../record/codec.ts";

/** RFC 5246 section 7.4.2. */
export interface CertificateTls12 {
  /** In DER, the sender's first; empty if a client has none. */
  certificateList: Uint8Array[];
}

/** RFC 5246 section 7.4.2. */
export const CertificateTls12: Codec<CertificateTls12> = struct(
  "Certificate",
  {
    certificateList: vector(
      uint24,
      0,
      2 ** 24 - 1,
      vector(uint24, 1, 2 ** 24 - 1),
    ),
  },
);
