/**
 * Channel bindings: bytes that are the same at both ends of one connection and
 * on no other (RFC 5929, RFC 9266).
 *
 * @module
 */

import { hashAlgorithms } from "../../crypto/primitives/hash.ts";
import { securityPolicy } from "../../crypto/suites/security_level.ts";
import type { Established } from "./established.ts";
import { ProtocolVersion } from "../../registry.ts";
import type { Certificate } from "../../x509/certificate/certificate.ts";
import { isCheck, signatureCheck } from "../../x509/certificate/signed_data.ts";

/** The types of channel binding. */
export type ChannelBindingType =
  | "tls-unique"
  | "tls-server-end-point"
  | "tls-exporter";

/**
 * The bytes of a channel binding.
 *
 * @throws {TypeError} If this connection has none of that type, with the reason.
 */
export function channelBinding(
  type: ChannelBindingType,
  established: Established,
  serverCertificate: Certificate | undefined,
): Uint8Array {
  switch (type) {
    case "tls-exporter":
      return tlsExporter(established);
    case "tls-server-end-point":
      return tlsServerEndPoint(serverCertificate);
    case "tls-unique":
      return tlsUnique(established);
    default:
      throw new TypeError(`Cannot make a channel binding of type ${type}`);
  }
}

/** RFC 9266 section 2. */
function tlsExporter(established: Established): Uint8Array {
  // Section 4.2: in TLS 1.2 only with the extended master secret.
  return established.exporter.exportKeyingMaterial(
    "EXPORTER-Channel-Binding",
    new Uint8Array(),
    32,
  );
}

/**
 * RFC 5929 section 4.1: the certificate's hash, with the hash function of its
 * signature, or SHA-256 in the place of MD5 and SHA-1.
 */
function tlsServerEndPoint(certificate: Certificate | undefined): Uint8Array {
  if (certificate === undefined) {
    throw new TypeError(
      "Cannot make tls-server-end-point: the server has no certificate on this connection",
    );
  }
  const check = signatureCheck(
    certificate.signatureAlgorithmIdentifier,
    undefined,
    securityPolicy(0),
  );
  const name = isCheck(check) && "hash" in check ? check.hash : undefined;
  if (name === undefined || name === "MD5-SHA-1") {
    throw new TypeError(
      `Cannot make tls-server-end-point: ${certificate.signatureAlgorithm} has no one hash function`,
    );
  }
  const hash = name === "MD5" || name === "SHA-1" ? "SHA-256" : name;
  return hashAlgorithms[hash].digest(certificate.raw);
}

/**
 * RFC 5929 section 3.1: the first Finished. TLS 1.3 has none (RFC 9846 appendix
 * C.5). A session without the extended master secret may be one that somebody
 * in the middle has with both ends; resumed, both have the same Finished, so
 * that RFC 7627 section 5.4 has tls-unique disabled. Here it takes that secret
 * in full handshakes too: what binds to a connection must not depend on how
 * it came about.
 */
function tlsUnique(established: Established): Uint8Array {
  if (established.version === ProtocolVersion["TLSv1.3"]) {
    throw new TypeError(
      "Cannot make tls-unique: TLS 1.3 has none; use tls-exporter",
    );
  }
  const { verifyData, resumed, extendedMasterSecret } = established;
  if (!extendedMasterSecret) {
    throw new TypeError(
      "Cannot make tls-unique: without the extended master secret it may not be unique (RFC 7627 section 5.4)",
    );
  }
  // In an abbreviated handshake the server's Finished is the first.
  return (resumed ? verifyData.server : verifyData.client).slice();
}
