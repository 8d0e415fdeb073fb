/**
 * Signatures in handshakes of TLS 1.2 and below: over the parameters of a
 * ServerKeyExchange and over all messages (RFC 5246 sections 7.4.3, 7.4.8).
 *
 * @module
 */

import { concat } from "@std/bytes";
import type { HelloRandoms } from "../../crypto/prf_tls12.ts";
import { TlsProtocolError } from "../../errors.ts";
import { nameOf, SignatureScheme } from "../../registry.ts";
import type { PublicKey } from "../../crypto/signatures/public_key.ts";
import type { HandshakeConfig } from "./config.ts";
import type { CertificateVerify } from "../messages/certificate_verify.ts";
import type { Tls12Profile } from "./tls12_profile.ts";

/**
 * RFC 5246 section 7.4.3: what the signature of a ServerKeyExchange is over.
 */
export function signedParams(
  { clientRandom, serverRandom }: HelloRandoms,
  params: Uint8Array,
): Uint8Array {
  return concat([clientRandom, serverRandom, params]);
}

/**
 * The scheme of a signature that came: one that we offered and that the key
 * can make.
 *
 * @throws {TlsProtocolError} `illegal_parameter`, if it is another.
 */
export function receivedScheme(
  { signatures }: Tls12Profile,
  config: HandshakeConfig,
  { algorithm }: CertificateVerify,
  key: PublicKey,
): number {
  const scheme = signatures.schemeOf(algorithm, key);
  const offered = signatures.schemes(config.signatureSchemes);
  if (scheme === undefined || !offered.includes(scheme)) {
    throw new TlsProtocolError(
      "illegal_parameter",
      `Cannot accept the signature over the handshake: ${
        nameOf(SignatureScheme, scheme ?? algorithm)
      } was not offered or does not fit the certificate's ${key.type} key`,
    );
  }
  return scheme;
}

/**
 * The schemes that we may sign with: the peer's, with SHA-1 in TLS 1.2 only if
 * the configuration has it as well (RFC 9155).
 */
export function usableSchemes(
  { signatures }: Tls12Profile,
  config: HandshakeConfig,
  offered: readonly number[] | undefined,
): readonly number[] {
  const ours = signatures.schemes(config.signatureSchemes);
  return signatures.schemes(offered).filter((scheme) =>
    !isOverSha1(scheme) || ours.includes(scheme)
  );
}

function isOverSha1(scheme: number): boolean {
  return scheme === SignatureScheme.rsa_pkcs1_sha1 ||
    scheme === SignatureScheme.ecdsa_sha1;
}
