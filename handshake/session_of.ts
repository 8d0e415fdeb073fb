/**
 * The session that a connection leaves behind.
 *
 * @module
 */

import { sessionAuthorization } from "./authenticate.ts";
import type { HandshakeConfig } from "./config.ts";
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
>;

/** The session that a connection leaves, but for what `own` has. */
export function sessionOf(
  established: EstablishedSession,
  config: HandshakeConfig,
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
    trustFingerprint: config.trust.fingerprint,
    context: EMPTY,
    ...own,
  };
}

/** Section 4.6.1: servers MUST NOT use a value of more than 604800 seconds. */
export const MAX_TICKET_LIFETIME = 604_800;

const EMPTY = new Uint8Array();
