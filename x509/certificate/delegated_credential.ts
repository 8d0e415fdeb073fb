/**
 * The structures of delegated credentials (RFC 9345 section 4), and what the key of
 * a certificate signs for one.
 *
 * @module
 */

import { concat } from "@std/bytes";
import {
  type Codec,
  encode,
  struct,
  uint16,
  uint24,
  uint32,
  vector,
} from "../../record/codec.ts";

/** RFC 9345 section 4. */
export interface Credential {
  /** Seconds from the certificate's notBefore on. */
  validTime: number;
  /** SignatureScheme of the CertificateVerify. */
  dcCertVerifyAlgorithm: number;
  /** The credential's public key, in DER. */
  subjectPublicKeyInfo: Uint8Array;
}

/** RFC 9345 section 4. */
export const Credential: Codec<Credential> = struct("Credential", {
  validTime: uint32,
  dcCertVerifyAlgorithm: uint16,
  subjectPublicKeyInfo: vector(uint24, 1, 2 ** 24 - 1),
});

/** RFC 9345 section 4. */
export interface DelegatedCredential {
  /** What the certificate's key signs. */
  cred: Credential;
  /** SignatureScheme of `signature`. */
  algorithm: number;
  /** By the certificate's key. */
  signature: Uint8Array;
}

/** RFC 9345 section 4. */
export const DelegatedCredential: Codec<DelegatedCredential> = struct(
  "DelegatedCredential",
  {
    cred: Credential,
    algorithm: uint16,
    signature: vector(uint16, 1, 2 ** 16 - 1),
  },
);

/** Who may show a delegated credential. */
export type DelegationSide = "server" | "client";

/** RFC 9345 section 4: what a certificate signs for a side. */
export function delegationContent(
  side: DelegationSide,
  certificate: Uint8Array,
  cred: Credential,
  algorithm: number,
): Uint8Array {
  return concat([
    new TextEncoder().encode(
      `${" ".repeat(64)}TLS, ${side} delegated credentials\0`,
    ),
    certificate,
    encode(Credential, cred),
    encode(uint16, algorithm),
  ]);
}

/** RFC 9345 section 4.2: id-pe-delegationUsage. */
export const DELEGATION_USAGE = "1.3.6.1.4.1.44363.44";
