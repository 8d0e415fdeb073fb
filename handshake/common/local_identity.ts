/**
 * Our own certificates with their keys, as a handshake chooses among them: types
 * only.
 *
 * @module
 */

import type { Identity } from "../../x509/keys/key_pair.ts";

/**
 * One of our certificate chains with its key, and what is sent with the chain.
 * An empty chain stands for the key alone, as a raw public key (RFC 7250).
 */
export interface LocalIdentity extends Identity {
  /** A staple for the leaf, in DER. */
  readonly ocspResponse?: Uint8Array | undefined;
  /** A delegated credential, to whose key `key` is the private one. */
  readonly delegation?: Delegation | undefined;
  /** SCTs to send with the leaf (RFC 6962 section 3.3). */
  readonly signedCertificateTimestamps?: readonly Uint8Array[] | undefined;
}

/** A delegated credential that we show (RFC 9345). */
export interface Delegation {
  /** Whom the certificate's key signed it for. */
  readonly side: "client" | "server";
  /** The DelegatedCredential as it is sent. */
  readonly raw: Uint8Array;
  /** The SignatureScheme that its key signs with. */
  readonly scheme: number;
  /** The SignatureScheme that the certificate's key signed it with. */
  readonly algorithm: number;
  /** Until then peers refuse it, as it is valid for too long. */
  readonly notBefore: number;
  /** When it expires, in milliseconds since 1970. */
  readonly notAfter: number;
}
