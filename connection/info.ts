/**
 * The results of a handshake, by their names.
 *
 * @module
 */

import { bytesOfName } from "../encoding.ts";
import { nameOf, ProtocolVersion, SignatureScheme } from "../registry.ts";
import type {
  Authorization,
  PeerCertificates,
} from "../handshake/common/authenticate.ts";
import type {
  Established,
  EstablishedEarly,
  EstablishedTls13,
} from "../handshake/common/established.ts";
import type { PublicKey } from "../crypto/signatures/public_key.ts";
import type { Certificate } from "../x509/certificate/certificate.ts";

export type { Authorization };

/** The results of the handshake. Before it is done they are empty. */
export interface ConnectionInfo {
  /** The negotiated version, such as `"TLSv1.3"`. */
  readonly version: string | undefined;
  /** The cipher suite's IANA name, such as `"TLS_AES_128_GCM_SHA256"`. */
  readonly cipherSuite: string | undefined;
  /** OpenSSL's name of the cipher suite. */
  readonly opensslName: string | undefined;
  /** The group of the key exchange, such as `"x25519"`. */
  readonly group: string | undefined;
  /** The scheme that the peer signed the handshake with. */
  readonly signatureScheme: string | undefined;
  /** The scheme that we signed the handshake with. */
  readonly localSignatureScheme: string | undefined;
  /**
   * The ALPN protocol. One that is not UTF-8 has a code unit from U+DC00 on for
   * each byte.
   */
  readonly alpnProtocol: string | undefined;
  /** The same as it was sent. */
  readonly alpnProtocolBytes: Uint8Array | undefined;
  /** The name that the client asked for (RFC 6066 section 3). */
  readonly serverName: string | undefined;
  /** Whether a session was resumed. */
  readonly resumed: boolean;
  /**
   * At a server of TLS 1.3 that resumed a session, in milliseconds: the age of
   * the ticket as the client told it, less the one by our clock (RFC 9846
   * section 4.3.11.1). Far from 0, somebody's clock is wrong, or the
   * ClientHello was on its way for long.
   */
  readonly ticketAgeSkew: number | undefined;
  /**
   * Whether the server answered the first ClientHello with a HelloRetryRequest
   * (RFC 9846 section 4.2.4), which costs a round trip: usually because the
   * client sent no key share for a group that the server supports.
   */
  readonly helloRetryRequest: boolean;
  /**
   * Whether the secrets are bound to this very handshake: always in TLS 1.3,
   * below it by extended_main_secret (RFC 7627).
   */
  readonly extendedMainSecret: boolean;
  /** `extendedMainSecret` by the name that it had before RFC 9846. */
  readonly extendedMasterSecret: boolean;
  /**
   * Whether a renegotiation would be bound to this connection (RFC 5746). In
   * TLS 1.3 always true; below, false shows a peer that lacks an old security
   * update.
   */
  readonly secureRenegotiation: boolean;
  /**
   * What became of early data (RFC 9846 section 4.3.10): a client's
   * `"rejected"` data has not arrived, and is the caller's to send again;
   * `"none"` was offered, as without a session whose ticket allows it.
   */
  readonly earlyData: "none" | "accepted" | "rejected";
  /**
   * What became of Encrypted ClientHello (RFC 9849). At a client: the server
   * decrypted the ClientHello, or was sent GREASE; where it rejects, there is an
   * error. At a server with keys: the ClientHello was decrypted, or no key opened
   * what the client sent, which may be GREASE.
   */
  readonly ech: "none" | "accepted" | "rejected" | "grease";
  /** The peer's certificates as it sent them, leaf first. */
  readonly peerCertificates: readonly Certificate[];
  /**
   * The key that the peer sent in place of certificates (RFC 7250), and proved to
   * have; `authorization` says whether it is a trusted one.
   */
  readonly peerRawPublicKey: PublicKey | undefined;
  /**
   * When the delegated credential expires that the server signed this handshake
   * with, in place of the certificate's key (RFC 9345); on a resumed connection,
   * the handshake that the session was made in.
   */
  readonly delegatedCredentialNotAfter: Date | undefined;
  /** From the leaf to the trust anchor, where that path was verified. */
  readonly verifiedChain: readonly Certificate[];
  /** Whether the peer is authenticated: four states, not a boolean. */
  readonly authorization: Authorization;
  /**
   * The identity of the external pre-shared key that both ends proved to have,
   * on this connection or when the session was made, or `undefined` if there
   * was none.
   */
  readonly pskIdentity: Uint8Array | undefined;
  /** The OCSP response that the server stapled, in DER. */
  readonly ocspResponse: Uint8Array | undefined;
  /** SCTs that came in the handshake (RFC 6962 section 3.3). */
  readonly signedCertificateTimestamps: readonly Uint8Array[];
  /** Our own certificate, if we showed one. */
  readonly localCertificate: Certificate | undefined;
  /**
   * The SubjectPublicKeyInfo that we showed in place of a certificate (RFC 7250),
   * in DER.
   */
  readonly localRawPublicKey: Uint8Array | undefined;
  /** The schemes that both sides have, the peer's order. */
  readonly sharedSignatureSchemes: readonly string[];
}

/** Makes the results public. */
export function connectionInfo(
  established: Established | EstablishedEarly | undefined,
  peer: PeerCertificates | undefined,
): ConnectionInfo {
  const name = (registry: Readonly<Record<string, number>>, id?: number) =>
    id === undefined ? undefined : nameOf(registry, id);
  return {
    version: name(ProtocolVersion, established?.version),
    cipherSuite: established?.cipherSuite.name,
    opensslName: established?.cipherSuite.opensslName,
    group: established?.group?.name,
    signatureScheme: name(SignatureScheme, peer?.signatureScheme),
    localSignatureScheme: name(
      SignatureScheme,
      established?.localSignatureScheme,
    ),
    alpnProtocol: established?.alpnProtocol,
    alpnProtocolBytes: established?.alpnProtocol === undefined
      ? undefined
      : bytesOfName(established.alpnProtocol),
    serverName: established?.serverName,
    resumed: established?.resumed ?? false,
    ticketAgeSkew: isTls13(established) ? established.ticketAgeSkew : undefined,
    helloRetryRequest: isTls13(established) && established.helloRetryRequest,
    extendedMainSecret: established?.extendedMasterSecret ?? false,
    extendedMasterSecret: established?.extendedMasterSecret ?? false,
    secureRenegotiation: established !== undefined &&
      (isTls13(established) || established.secureRenegotiation),
    earlyData: established?.earlyData ?? "none",
    ech: established?.ech ?? "none",
    peerCertificates: peer?.certificates ?? [],
    peerRawPublicKey: peer?.rawPublicKey,
    delegatedCredentialNotAfter: peer?.delegatedCredentialNotAfter,
    verifiedChain: peer?.verifiedChain ?? [],
    authorization: peer?.authorization ?? { status: "none" },
    pskIdentity: established?.psk?.identity.slice(),
    ocspResponse: peer?.ocspResponse,
    signedCertificateTimestamps: peer?.signedCertificateTimestamps ?? [],
    localCertificate: established?.localIdentity?.chain[0],
    localRawPublicKey: rawPublicKeyOf(established),
    sharedSignatureSchemes: (established?.sharedSignatureSchemes ?? [])
      .map((id) => nameOf(SignatureScheme, id)),
  };
}

function rawPublicKeyOf(
  established: Pick<Established, "localIdentity"> | undefined,
): Uint8Array | undefined {
  const identity = established?.localIdentity;
  return identity?.chain.length === 0
    ? identity.key.publicKey.spki.slice()
    : undefined;
}

function isTls13(
  established: Established | EstablishedEarly | undefined,
): established is EstablishedTls13 | EstablishedEarly {
  return established?.version === ProtocolVersion["TLSv1.3"];
}
