/**
 * The results of a handshake, by their names. It is loaded with the handshake.
 *
 * @module
 */

import type { PublicKey } from "../../crypto/signatures/public_key.ts";
import { bytesOfName } from "../../encoding.ts";
import { Lazy } from "../../lazy.ts";
import {
  HandshakeType,
  nameOf,
  ProtocolVersion,
  SignatureScheme,
} from "../../registry.ts";
import type { Certificate } from "../../x509/certificate/certificate.ts";
import { matchingName } from "../../x509/certificate/hostname.ts";
import { DONE, START, WRITTEN } from "../io/event_teller.ts";
import type { Authorization, PeerCertificates } from "./authenticate.ts";
import type { ClientConfig, ServerConfig } from "./config.ts";
import type {
  Established,
  EstablishedEarly,
  EstablishedTls13,
} from "./established.ts";

export type { Authorization };

/** The results of the handshake. Before it is done they are empty. */
export interface ConnectionInfo {
  /** Which side this is. */
  readonly side: "client" | "server";
  /** The negotiated version, such as `"TLSv1.3"`. */
  readonly version: string | undefined;
  /** The cipher suite's IANA name, such as `"TLS_AES_128_GCM_SHA256"`. */
  readonly cipherSuite: string | undefined;
  /** OpenSSL's name of the cipher suite. */
  readonly opensslName: string | undefined;
  /** The group of the key exchange, such as `"x25519"`. */
  readonly group: string | undefined;
  /**
   * The size of that group in bits, such as 253 of `"x25519"` and 2048 of
   * `"ffdhe2048"`; of a hybrid, that of its ML-KEM: 768.
   */
  readonly groupBits: number | undefined;
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
   * The session ID of TLS 1.2 and below, as the ServerHello has it; `undefined`
   * where that is empty, as with most tickets, and in TLS 1.3.
   */
  readonly sessionId: Uint8Array | undefined;
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
   * Whether records are encrypted before they are authenticated (RFC 7366): with
   * the CBC suites of TLS 1.2 and below, where both sides support it.
   */
  readonly encryptThenMac: boolean;
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
   * When the delegated credential expires that the peer signed this handshake
   * with, in place of the certificate's key (RFC 9345); on a resumed connection,
   * the handshake that the session was made in.
   */
  readonly delegatedCredentialNotAfter: Date | undefined;
  /** From the leaf to the trust anchor, where that path was verified. */
  readonly verifiedChain: readonly Certificate[];
  /**
   * All paths that can be verified, from the leaf to a trust anchor each:
   * `verifiedChain` is the first. They are searched when it is called, with what
   * the peer sent and what is trusted, and nothing is fetched.
   *
   * @returns At most 16 paths; none where `verifiedChain` is empty.
   */
  readonly verifiedChains: () => Promise<
    readonly (readonly Certificate[])[]
  >;
  /**
   * At a client, the name in the server's certificate by which it is valid for
   * the name that was asked for, such as `"*.example.com"`.
   */
  readonly matchedName: string | undefined;
  /**
   * Distinguished names, in DER, of the authorities that the peer accepts: a
   * server names them when it asks for a certificate, a client of TLS 1.3 in its
   * ClientHello (RFC 9846 section 4.3.4).
   */
  readonly certificateAuthorities: readonly Uint8Array[];
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
   * When the delegated credential expires that we showed with it on this
   * connection, if any: `undefined` on a resumed one.
   */
  readonly localDelegatedCredentialNotAfter: Date | undefined;
  /**
   * The SubjectPublicKeyInfo that we showed in place of a certificate (RFC 7250),
   * in DER.
   */
  readonly localRawPublicKey: Uint8Array | undefined;
  /** The schemes that both sides have, the peer's order. */
  readonly sharedSignatureSchemes: readonly string[];
  /** When each step of the last handshake was done, in turn. */
  readonly timings: readonly HandshakeTiming[];
}

/** When a step of a handshake was done. */
export interface HandshakeTiming {
  /**
   * `"dial"`: `connect()` began; `"handshake_start"` and `"handshake_done"`, as
   * the events of these names; else the name of a message, such as
   * `"server_hello"`.
   */
  readonly step: string;
  /** Whether we read or wrote it, if it is a message. */
  readonly direction?: "read" | "write";
  /** As `performance.now()` has it: in milliseconds. */
  readonly time: number;
}

/** What the results are made of. */
export interface InfoSource {
  readonly established: Established | EstablishedEarly;
  readonly peer: PeerCertificates;
  readonly config: ClientConfig | ServerConfig;
  /** At a server, the authorities that the ClientHello names. */
  readonly authorities: readonly Uint8Array[] | undefined;
  /** When `connect()` began to dial. */
  readonly dialled: number | undefined;
  /** As `EventTeller` has them. */
  readonly marks: readonly number[];
}

/** Makes the results public. */
export function connectionInfo(source: InfoSource): ConnectionInfo {
  const { established, peer, config } = source;
  const name = (registry: Readonly<Record<string, number>>, id?: number) =>
    id === undefined ? undefined : nameOf(registry, id);
  const is13 = isTls13(established);
  // A session remembers the certificate alone: nothing is shown when it is resumed.
  const { delegation } = established.localSignatureScheme === undefined
    ? {}
    : established.localIdentity ?? {};
  return {
    side: config.side,
    version: name(ProtocolVersion, established.version),
    cipherSuite: established.cipherSuite.name,
    opensslName: established.cipherSuite.opensslName,
    group: established.group?.name,
    groupBits: established.group?.bits,
    signatureScheme: name(SignatureScheme, peer.signatureScheme),
    localSignatureScheme: name(
      SignatureScheme,
      established.localSignatureScheme,
    ),
    alpnProtocol: established.alpnProtocol,
    alpnProtocolBytes: established.alpnProtocol === undefined
      ? undefined
      : bytesOfName(established.alpnProtocol),
    serverName: established.serverName,
    resumed: established.resumed,
    sessionId: is13 || established.sessionId.length === 0
      ? undefined
      : established.sessionId.slice(),
    ticketAgeSkew: is13 ? established.ticketAgeSkew : undefined,
    helloRetryRequest: is13 && established.helloRetryRequest,
    extendedMainSecret: established.extendedMasterSecret,
    extendedMasterSecret: established.extendedMasterSecret,
    encryptThenMac: !is13 && established.encryptThenMac,
    secureRenegotiation: is13 || established.secureRenegotiation,
    earlyData: established.earlyData,
    ech: established.ech ?? "none",
    peerCertificates: peer.certificates,
    peerRawPublicKey: peer.rawPublicKey,
    delegatedCredentialNotAfter: peer.delegatedCredentialNotAfter,
    verifiedChain: peer.verifiedChain,
    verifiedChains: async () =>
      (await verifiedChains.load()).verifiedChains(config, peer),
    matchedName: matchedName(config, peer),
    certificateAuthorities:
      (config.side === "client"
        ? established.certificateRequest?.certificateAuthorities ?? []
        : source.authorities ?? []).map((name) => name.slice()),
    authorization: peer.authorization,
    pskIdentity: established.psk?.identity.slice(),
    ocspResponse: peer.ocspResponse,
    signedCertificateTimestamps: peer.signedCertificateTimestamps,
    localCertificate: established.localIdentity?.chain[0],
    localDelegatedCredentialNotAfter: delegation &&
      new Date(delegation.notAfter),
    localRawPublicKey: rawPublicKeyOf(established),
    sharedSignatureSchemes: established.sharedSignatureSchemes
      .map((id) => nameOf(SignatureScheme, id)),
    timings: timingsOf(source),
  };
}

function rawPublicKeyOf(
  { localIdentity: identity }: Pick<Established, "localIdentity">,
): Uint8Array | undefined {
  return identity?.chain.length === 0
    ? identity.key.publicKey.spki.slice()
    : undefined;
}

function isTls13(
  established: Established | EstablishedEarly,
): established is EstablishedTls13 | EstablishedEarly {
  return established.version === ProtocolVersion["TLSv1.3"];
}

function matchedName(
  config: ClientConfig | ServerConfig,
  { certificates: [leaf] }: PeerCertificates,
): string | undefined {
  const asked = config.side === "client" ? config.verifyName : undefined;
  return leaf && asked && matchingName(leaf, asked);
}

function timingsOf({ dialled, marks }: InfoSource): HandshakeTiming[] {
  const timings: HandshakeTiming[] = [];
  if (dialled !== undefined) timings.push({ step: "dial", time: dialled });
  for (let at = 0; at + 1 < marks.length; at += 2) {
    const [code, time] = marks.slice(at, at + 2) as [number, number];
    timings.push({ ...stepOf(code), time });
  }
  return timings;
}

function stepOf(code: number): Omit<HandshakeTiming, "time"> {
  if (code === START) return { step: "handshake_start" };
  if (code === DONE) return { step: "handshake_done" };
  return {
    step: nameOf(HandshakeType, code % WRITTEN),
    direction: code >= WRITTEN ? "write" : "read",
  };
}

const verifiedChains = new Lazy(
  "all paths of a certificate",
  () => import("./verified_chains.ts"),
);
