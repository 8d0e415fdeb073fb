/**
 * The session that a connection leaves behind.
 *
 * @module
 */

import { equals } from "@std/bytes";
import { sha256 } from "../crypto/hash.ts";
import { Certificate } from "../x509/certificate.ts";
import { SESSION_UNVERIFIED, sessionAuthorization } from "./authenticate.ts";
import type {
  ClientConfig,
  HandshakeConfig,
  Identity,
  ServerConfig,
} from "./config.ts";
import type { Established } from "./established.ts";
import type { SessionState } from "./session_state.ts";

/** What of a connection its session is made of. */
export type EstablishedSession = Pick<
  Established,
  | "version"
  | "cipherSuite"
  | "group"
  | "alpnProtocol"
  | "serverName"
  | "peer"
  | "session"
  | "localIdentity"
>;

/** The session that a connection leaves, but for what `own` has. */
export function sessionOf(
  established: EstablishedSession,
  config: ClientConfig | ServerConfig,
  own: Pick<SessionState, "lifetime" | "secret"> & Partial<SessionState>,
): SessionState {
  const { peer, session } = established;
  const now = config.now();
  return {
    version: established.version,
    cipherSuite: established.cipherSuite.id,
    createdAt: now,
    authenticatedAt: session?.authenticatedAt ?? now,
    ticketAgeAdd: 0,
    ticket: EMPTY,
    sessionId: EMPTY,
    extendedMasterSecret: 0,
    encryptThenMac: 0,
    maxFragmentLength: 0,
    offeredFragmentLength: config.side === "client"
      ? config.maxFragmentLength ?? 0
      : 0,
    maxEarlyData: 0,
    serverName: established.serverName ?? "",
    alpnProtocol: established.alpnProtocol ?? "",
    group: established.group?.id ?? 0,
    signatureScheme: peer.signatureScheme ?? 0,
    peerCertificates: peer.certificates.map(({ raw }) => raw),
    verifiedChain: peer.verifiedChain.map(({ raw }) => raw),
    authorization: sessionAuthorization(peer),
    ocspResponse: peer.ocspResponse ?? EMPTY,
    signedCertificateTimestamps: [...peer.signedCertificateTimestamps],
    trustFingerprint: judgementOf(config, sessionAuthorization(peer)),
    context: EMPTY,
    localCertificate: session?.localCertificate ??
      fingerprint(established.localIdentity),
    ...own,
  };
}

/**
 * What a peer was judged by. A client whose certificate was not verified passed
 * by a policy, too: under one that verifies it would have to pass again.
 */
export function judgementOf(
  config: ClientConfig | ServerConfig,
  authorization: number,
): string {
  const { fingerprint } = config.trust;
  const isVerified = authorization !== SESSION_UNVERIFIED;
  return config.side === "client" || isVerified || verifiesClients(config)
    ? fingerprint
    : `${fingerprint}, not verified`;
}

function verifiesClients({ clientAuth }: ServerConfig): boolean {
  return clientAuth !== "request" && clientAuth !== "require-any";
}

/** The certificate that the session stands for must not have expired since. */
export function isLeafValid(session: SessionState, now: number): boolean {
  const [leaf] = session.peerCertificates;
  return leaf === undefined ||
    now <= Certificate.parse(leaf).notAfter.getTime();
}

/**
 * What we authenticated ourselves with when a session was made, if it is still
 * there.
 */
export function identityOfSession(
  { identities }: HandshakeConfig,
  { localCertificate }: SessionState,
): Identity | undefined {
  return localCertificate.length === 0
    ? undefined
    : identities.find((identity) =>
      equals(fingerprint(identity), localCertificate)
    );
}

function fingerprint(identity: Identity | undefined): Uint8Array {
  const leaf = identity?.chain[0];
  return leaf === undefined ? EMPTY : sha256.digest(leaf.raw);
}

/** RFC 8446 section 4.6.1: servers MUST NOT use a value of more than 604800 seconds. */
export const MAX_TICKET_LIFETIME = 604_800;

const EMPTY = new Uint8Array();
