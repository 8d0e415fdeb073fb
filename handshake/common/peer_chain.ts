/**
 * What a peer sent to be authenticated by, read once: from the messages to the
 * verdict, the session and `info`.
 *
 * @module
 */

import { TlsProtocolError } from "../../errors.ts";
import type { PublicKey } from "../../crypto/signatures/public_key.ts";
import type { Certificate } from "../../x509/certificate/certificate.ts";
import {
  readChain,
  type ShownChain,
} from "../../x509/certificate/certificate_cache.ts";

/** Certificates with what belongs to the leaf; or a raw public key. */
export interface PeerChain extends ShownChain {
  /** The first of the certificates; `undefined` for a raw public key. */
  readonly leaf: Certificate | undefined;
  /** The key of the leaf or of the delegated credential, or the raw one. */
  readonly publicKey: PublicKey;
  /** A delegated credential: its scheme, and its end in milliseconds. */
  readonly delegation?: {
    readonly scheme: number;
    readonly notAfter: number;
  };
  /** The OCSP response for the leaf, in DER. */
  readonly ocspResponse: Uint8Array | undefined;
  /** The SCTs for the leaf that came in the handshake, as serialized. */
  readonly signedCertificateTimestamps: readonly Uint8Array[];
}

/** Certificates. */
export interface CertificateChain extends PeerChain {
  /** The first of the certificates. */
  readonly leaf: Certificate;
}

/** The same as messages, and sessions, have it. */
export interface EncodedChain {
  /** Certificates in DER, leaf first. */
  readonly certificates: readonly Uint8Array[];
  /** The staple of the leaf. */
  readonly ocspResponse?: Uint8Array | undefined;
  /** SCTs of the leaf. */
  readonly signedCertificateTimestamps?: readonly Uint8Array[] | undefined;
}

/**
 * Reads the certificates of a message. All bytes that are kept are copied.
 *
 * @throws {TlsCertificateError} `malformed_certificate`, if the leaf cannot be
 * read.
 * @throws {TlsProtocolError} `decode_error`, if there are no certificates.
 */
export function readPeerChain(
  { ocspResponse, signedCertificateTimestamps = [], ...encoded }: EncodedChain,
): CertificateChain {
  const { certificates, unreadable } = readChain(encoded.certificates);
  const [leaf] = certificates;
  if (leaf === undefined) {
    throw new TlsProtocolError(
      "decode_error",
      "Cannot accept Certificate: certificate_list is empty",
    );
  }
  return {
    certificates,
    unreadable,
    leaf,
    publicKey: leaf.publicKey,
    ocspResponse: ocspResponse?.slice(),
    signedCertificateTimestamps: signedCertificateTimestamps
      .map((timestamp) => timestamp.slice()),
  };
}

/** The key, if there is nothing else. */
export function rawPublicKeyIn(
  { leaf, publicKey }: PeerChain,
): PublicKey | undefined {
  return leaf === undefined ? publicKey : undefined;
}
