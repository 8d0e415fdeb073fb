/**
 * The options of `createSecureContext`.
 *
 * @module
 */

import type { BinaryLike, CredentialOptions } from "./credentials.ts";
import type { VersionOptions } from "./protocols.ts";

/** Options of `createSecureContext`. */
export interface SecureContextOptions
  extends CredentialOptions, VersionOptions {
  /** Authorities, in PEM, which replace those that come by default. */
  ca?: BinaryLike | readonly BinaryLike[] | null | undefined | false;
  /** Whether a certificate of `ca` that has an issuer may end a chain. */
  allowPartialTrustChain?: boolean | null | undefined;
  /** A cipher string of OpenSSL's. */
  ciphers?: string | null | undefined;
  /** Algorithms that compress certificates: `"zlib"`, `"brotli"`, `"zstd"`. */
  certificateCompression?: readonly string[] | null | undefined;
  /** Revocation lists. */
  crl?: BinaryLike | readonly BinaryLike[] | null | undefined;
  /** A group for DHE, or `"auto"`. */
  dhparam?: BinaryLike | null | undefined;
  /** Groups by name, separated by colons, or `"auto"`. */
  ecdhCurve?: string | null | undefined;
  /** Signature schemes, separated by colons. */
  sigalgs?: string | null | undefined;
  /** Whether our order of suites decides. */
  honorCipherOrder?: boolean | null | undefined;
  /** Sessions of other contexts are not resumed. */
  sessionIdContext?: string | null | undefined;
  /** Lifetime of sessions, in seconds. */
  sessionTimeout?: number | null | undefined;
  /** 48 bytes. */
  ticketKeys?: ArrayBufferView | null | undefined;
  /** Cannot be used: OpenSSL's engines. */
  clientCertEngine?: string | null | undefined;
  /** Cannot be used: OpenSSL's engines. */
  privateKeyEngine?: string | null | undefined;
  /** Cannot be used: OpenSSL's engines. */
  privateKeyIdentifier?: string | null | undefined;
}
