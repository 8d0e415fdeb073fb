import {
  type Codec,
  struct,
  uint24,
  uint8,
  vector,
} from "../../record/codec.ts";
import { type Extensions, extensions } from "./extensions.ts";

/** RFC 9846 section 4.5.1. */
export interface CertificateEntry {
  /** An X.509 certificate, or a SubjectPublicKeyInfo (RFC 7250), in DER. */
  certData: Uint8Array;
  /** The extensions for this certificate. */
  extensions: Extensions<"Certificate">;
}

/** RFC 9846 section 4.5.1. */
export const CertificateEntry: Codec<CertificateEntry> = struct(
  "CertificateEntry",
  {
    certData: vector(uint24, 1, 2 ** 24 - 1),
    extensions: extensions("Certificate"),
  },
);

/** RFC 9846 section 4.5.1. */
export interface Certificate {
  /** That of the CertificateRequest; empty from a server. */
  certificateRequestContext: Uint8Array;
  /** The sender's certificate first; empty if a client has none. */
  certificateList: CertificateEntry[];
}

/** RFC 9846 section 4.5.1. */
export const Certificate: Codec<Certificate> = struct("Certificate", {
  certificateRequestContext: vector(uint8, 0, 2 ** 8 - 1),
  certificateList: vector(uint24, 0, 2 ** 24 - 1, CertificateEntry),
});
