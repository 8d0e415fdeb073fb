import { type Codec, struct, uint8, vector } from "../../record/codec.ts";
import { type Extensions, extensions } from "./extensions.ts";

/** RFC 9846 section 4.4.2. */
export interface CertificateRequest {
  /** Empty in the handshake, unique in post-handshake authentication. */
  certificateRequestContext: Uint8Array;
  /** `signature_algorithms` is mandatory. */
  extensions: Extensions<"CertificateRequest">;
}

/** RFC 9846 section 4.4.2. */
export const CertificateRequest: Codec<CertificateRequest> = struct(
  "CertificateRequest",
  {
    certificateRequestContext: vector(uint8, 0, 2 ** 8 - 1),
    // A lower bound of 0 since RFC 9846: that signature_algorithms is missing is
    // for the handshake to say.
    extensions: extensions("CertificateRequest"),
  },
);
