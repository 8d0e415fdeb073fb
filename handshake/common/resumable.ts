/**
 * Whether a session may be resumed here and now. It belongs to those who made
 * it: each side must still be the one that it was, proved in the same way, and
 * that way must be one that this configuration would accept. One function a
 * side decides, for tickets and session IDs, in all versions.
 *
 * @module
 */

import { equals } from "@std/bytes";
import { isPostQuantum } from "../../crypto/groups/named_groups.ts";
import { CertificateType, ProtocolVersion } from "../../registry.ts";
import { cachedCertificate } from "../../x509/certificate/certificate_cache.ts";
import { answerCertificateRequest } from "./answer_certificate_request.ts";
import type { ClientConfig, HandshakeConfig, ServerConfig } from "./config.ts";
import type { LocalIdentity } from "./local_identity.ts";
import {
  authenticatingPskOf,
  clientHasPsk,
  pskOf,
  serverHasPsk,
} from "./external_psk.ts";
import { identityOfSession, isIdentityOf } from "./session_identity.ts";
import type { SessionState } from "../session/session_state.ts";

/**
 * A session of which it was found out that it may be resumed. What is left is
 * the caller's word on the peer's certificates: `peerOfSession()`.
 */
class ResumableSession {
  /** The session. */
  readonly state: SessionState;
  /** The certificate that stands for us, if the session was made with one. */
  readonly localIdentity: LocalIdentity | undefined;
  readonly #proven = true;

  constructor(state: SessionState, localIdentity: LocalIdentity | undefined) {
    this.state = state;
    this.localIdentity = localIdentity;
  }

  /** Whether a value is such a session. */
  static is(value: object): value is ResumableSession {
    return #proven in value;
  }
}

export type { ResumableSession };

/** The session, if a client may offer it. */
export async function resumableByClient(
  config: ClientConfig,
  state: SessionState,
): Promise<ResumableSession | undefined> {
  if (!suits(config, state) || !hasPskAsWanted(config, state)) {
    return undefined;
  }
  if (!await isTrustedAlike(config, state)) return undefined;
  const psk = pskOf(state);
  if (psk !== undefined && !await clientHasPsk(config, psk)) return undefined;
  const identity = await currentIdentity(config, state);
  return isIdentityOf(state, identity)
    ? new ResumableSession(state, identity)
    : undefined;
}

/**
 * Whether a session suits a client's connection, as far as can be seen without
 * asking anyone. It chooses one of several sessions in a cache.
 */
export function suits(config: ClientConfig, session: SessionState): boolean {
  const now = config.now();
  return config.versions.includes(session.version) &&
    now < session.createdAt + session.lifetime * 1000 &&
    // RFC 9846 section 4.7.1: not longer than seven days, whatever was added.
    now < session.authenticatedAt + MAX_SESSION_AGE &&
    session.ticket.length <= MAX_TICKET_LENGTH &&
    config.cipherSuites.some((suite) => suite.id === session.cipherSuite) &&
    session.serverName === (config.serverName ?? "") &&
    (session.alpnProtocol === "" ||
      config.alpnProtocols.includes(session.alpnProtocol)) &&
    mayKeep(config, session) && isOfGroup(config, session) &&
    // What holds is part of the session: OpenSSL refuses to hear of another.
    session.offeredFragmentLength === (config.maxFragmentLength ?? 0) &&
    isLeafValid(session, now) && isLeafFor(config, session) &&
    mayBeOurs(config, session);
}

/** What a callback would choose is not known yet. */
function mayBeOurs(config: ClientConfig, session: SessionState): boolean {
  return session.localCertificate.length === 0 ||
    config.onCertificateRequest !== undefined ||
    identityOfSession(config, session) !== undefined;
}

/**
 * The certificate that we would show now if the server asked as it did then.
 * Another one, or one where there was none, is for a full handshake to show.
 */
async function currentIdentity(
  config: ClientConfig,
  session: SessionState,
): Promise<LocalIdentity | undefined> {
  const { certificateRequested, request, version } = session;
  const { X509 } = CertificateType;
  const { certificateType } = request;
  if (
    certificateRequested === 0 ||
    certificateType !== X509 &&
      !config.certificateTypes.includes(certificateType)
  ) return undefined;
  const context = { version, resumed: true };
  const { chosen } = await answerCertificateRequest(config, request, context);
  return chosen?.identity;
}

/**
 * The leaf was verified for the name that is asked for now. A caller may pass a
 * session of another server, and addresses send no server_name that could
 * differ.
 */
function isLeafFor(config: ClientConfig, { peer }: SessionState): boolean {
  return peer.certificates.length === 0 || peer.name === judgedName(config);
}

/** The name that the peer's certificate is judged by; empty, if by none. */
export function judgedName(config: ClientConfig | ServerConfig): string {
  return config.side === "client"
    ? config.verifyName?.value.toLowerCase() ?? ""
    : "";
}

/** The session, if a server may take it from a client that asks for a name. */
export async function resumableByServer(
  config: ServerConfig,
  state: SessionState,
  serverName: string | undefined,
): Promise<ResumableSession | undefined> {
  if (!isCurrent(config, state, serverName)) return undefined;
  const identity = identityOfSession(config, state);
  // A ticket of one tenant does not open the context of another, be they under
  // the same ticket keys: we must still be who we were.
  if (!isIdentityOf(state, identity)) return undefined;
  if (!satisfiesClientAuth(config, state)) return undefined;
  if (!hasPskAsWanted(config, state)) return undefined;
  const psk = pskOf(state);
  if (psk !== undefined && !await serverHasPsk(config, psk)) return undefined;
  return await isTrustedAlike(config, state)
    ? new ResumableSession(state, identity)
    : undefined;
}

/** The same name and context, and not too old. */
function isCurrent(
  config: ServerConfig,
  session: SessionState,
  serverName: string | undefined,
): boolean {
  const now = config.now();
  return now < session.createdAt + session.lifetime * 1000 &&
    now < session.authenticatedAt + config.sessionTimeout * 1000 &&
    session.serverName === (serverName ?? "") &&
    equals(session.context, config.sessionIdContext) &&
    isLeafValid(session, now) && mayKeep(config, session) &&
    isOfGroup(config, session);
}

/**
 * Whether the client proved itself by what it would be asked for now. What a
 * certificate is worth is for `peerOfSession()` to say.
 */
function satisfiesClientAuth(
  { clientAuth }: ServerConfig,
  session: SessionState,
): boolean {
  const { peer, localCertificate, certificateRequested } = session;
  if (peer.certificates.length > 0) return clientAuth !== "none";
  // RFC 9846 section 4.4.2: a client with a PSK alone is not asked.
  if (clientAuth === "none" || authenticatingPskOf(session) !== undefined) {
    return true;
  }
  if (clientAuth === "require" || clientAuth === "require-any") return false;
  // It may have a certificate, for which nobody has asked it. RFC 5246 section
  // 7.4.4: an anonymous server cannot.
  return certificateRequested === 1 || localCertificate.length === 0;
}

/**
 * Where an external PSK goes with certificates (RFC 9973), a session of a client
 * with a PSK had a certificate as well. If it is required a client does without
 * sessions: a full handshake that follows an unknown ticket would lack the PSK.
 */
function hasPskAsWanted(
  { side, certificateWithPsk }: ClientConfig | ServerConfig,
  { peer, psk, localCertificate }: SessionState,
): boolean {
  if (certificateWithPsk === "never") return true;
  const hasPsk = psk.keyHash.length > 0;
  if (side === "client") {
    return certificateWithPsk === "allow" &&
      (!hasPsk || peer.certificates.length > 0);
  }
  return certificateWithPsk === "allow" ||
    hasPsk && localCertificate.length > 0;
}

/** Certificates were judged by the same anchors, lists and demands. */
async function isTrustedAlike(
  { trust }: HandshakeConfig,
  { peer }: SessionState,
): Promise<boolean> {
  return peer.certificates.length === 0 ||
    peer.trustFingerprint === await trust.fingerprint();
}

/**
 * The certificate that the session stands for must not have expired since, nor a
 * delegated credential: RFC 9345 section 7.4 has a client that validates the
 * certificate again do the same with the credential.
 */
function isLeafValid({ peer }: SessionState, now: number): boolean {
  const [leaf] = peer.certificates;
  if (
    leaf === undefined || peer.certificateType === CertificateType.RawPublicKey
  ) return true;
  return now <= cachedCertificate(leaf).notAfter.getTime() &&
    (peer.delegatedUntil === 0 || now <= peer.delegatedUntil);
}

/**
 * Whether a session is one to keep, to offer, to resume, by how it is bound.
 */
export function mayKeep(
  { weakSessions }: HandshakeConfig,
  session: SessionState,
): boolean {
  return weakSessions || session.version === ProtocolVersion["TLSv1.3"] ||
    hasExtendedMasterSecret(session);
}

/**
 * Where all groups are post-quantum, a session is made by one of them: nothing
 * else protects its early data.
 */
function isOfGroup(
  { groups }: HandshakeConfig,
  session: SessionState,
): boolean {
  return groups.some((group) =>
    group.id === session.group || !isPostQuantum(group)
  );
}

/** Whether a session of TLS 1.2 or below has the extended master secret. */
export function hasExtendedMasterSecret(session: SessionState): boolean {
  return session.extendedMasterSecret === 1;
}

/** Seven days, in milliseconds (RFC 9846 section 4.7.1). */
const MAX_SESSION_AGE = 604_800_000;

/**
 * In bytes. A ticket may have 2^16-1, but that is also all the room that the
 * extensions of the ClientHello have which brings it back (RFC 9846 section
 * 4.2.2): half of it is left for the others. What would be larger, as with a
 * long chain of the client's, is not resumed.
 */
export const MAX_TICKET_LENGTH = 32_768;
