/**
 * Makes the session that a connection leaves behind.
 *
 * @module
 */

import { equals } from "@std/bytes";
import { CertificateType } from "../../registry.ts";
import type { TlsCertificateError } from "../../x509/certificate/errors.ts";
import type { Verdict } from "../../x509/path/verdict.ts";
import type { PeerCertificates } from "./authenticate.ts";
import type { ClientConfig, ServerConfig } from "./config.ts";
import type { Established } from "./established.ts";
import { fingerprintOf } from "./session_identity.ts";
import { judgedName } from "./resumable.ts";
import {
  CLIENT_SESSION,
  NO_CERTIFICATES,
  NO_PSK,
  NO_REQUEST,
  SERVER_SESSION,
  type SessionError,
  type SessionPeer,
  type SessionState,
} from "../session/session_state.ts";

/** What of a connection its session is made of. */
export type EstablishedSession = Pick<
  Established,
  | "version"
  | "cipherSuite"
  | "group"
  | "alpnProtocol"
  | "serverName"
  | "peer"
  | "psk"
  | "session"
  | "localIdentity"
  | "certificateRequested"
  | "certificateRequest"
>;

/** The session that a connection leaves, but for what `own` has. */
export async function makeSessionState(
  established: EstablishedSession,
  config: ClientConfig | ServerConfig,
  own: Pick<SessionState, "lifetime" | "secret"> & Partial<SessionState>,
): Promise<SessionState> {
  const { session, certificateRequested } = established;
  const now = config.now();
  return {
    side: config.side === "client" ? CLIENT_SESSION : SERVER_SESSION,
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
    recordSizeLimit: 0,
    serverName: established.serverName ?? "",
    alpnProtocol: established.alpnProtocol ?? "",
    group: established.group?.id ?? 0,
    peer: await sessionPeer(config, established.peer),
    psk: established.psk ?? NO_PSK,
    localCertificate: fingerprintOf(established.localIdentity),
    certificateRequested: certificateRequested
      ? 1
      : session?.certificateRequested ?? 0,
    request: established.certificateRequest ?? NO_REQUEST,
    context: EMPTY,
    ...own,
  };
}

async function sessionPeer(
  config: ClientConfig | ServerConfig,
  peer: PeerCertificates,
): Promise<SessionPeer> {
  const { verdict } = peer;
  if (verdict === undefined) return NO_CERTIFICATES;
  const { rawPublicKey } = peer;
  const certificates = rawPublicKey === undefined
    ? peer.certificates.map(({ raw }) => raw)
    : [rawPublicKey.spki];
  const path = verdict.path.map(({ raw }) => raw);
  return {
    certificateType: rawPublicKey === undefined
      ? CertificateType.X509
      : CertificateType.RawPublicKey,
    certificates,
    path,
    verified: verdict.status === "verified" ? 1 : 0,
    errors: sessionErrors(verdict, [...certificates, ...path]),
    policies: [...verdict.policies],
    name: judgedName(config),
    trustFingerprint: await config.trust.fingerprint(),
    ocspResponse: peer.ocspResponse ?? EMPTY,
    signedCertificateTimestamps: [...peer.signedCertificateTimestamps],
    signatureScheme: peer.signatureScheme ?? 0,
    delegatedUntil: peer.delegatedCredentialNotAfter?.getTime() ?? 0,
  };
}

function sessionErrors(
  { errors }: Pick<Verdict, "errors">,
  certificates: readonly Uint8Array[],
): SessionError[] {
  return errors.map((error) => ({
    code: error.code,
    message: error.message,
    certificate: 1 + certificates.findIndex((der) => isOf(error, der)),
  }));
}

function isOf({ certificate }: TlsCertificateError, der: Uint8Array): boolean {
  return certificate !== undefined && equals(certificate.raw, der);
}

/** RFC 9846 section 4.7.1: servers MUST NOT use a value of more than 604800 seconds. */
export const MAX_TICKET_LIFETIME = 604_800;

const EMPTY = new Uint8Array();
