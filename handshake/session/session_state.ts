/**
 * The types that a session consists of, and their empty values.
 *
 * @module
 */

import { CertificateType, ProtocolVersion } from "../../registry.ts";

/**
 * What both ends keep of a connection. In a ticket it is the server's view.
 * `peer`, `psk`, `localCertificate` and `request` say how each side proved
 * itself: a session is resumed only where the same would hold now.
 */
export interface SessionState {
  /**
   * Whose view it is: {@linkcode CLIENT_SESSION} or {@linkcode SERVER_SESSION}.
   */
  side: number;
  /** Negotiated version. */
  version: number;
  /** Negotiated cipher suite. */
  cipherSuite: number;
  /** When the ticket was issued or received, in milliseconds since 1970. */
  createdAt: number;
  /** When the peer was authenticated: the full handshake, in milliseconds. */
  authenticatedAt: number;
  /** Lifetime in seconds (RFC 9846 section 4.7.1). */
  lifetime: number;
  /** The resumption PSK, or the master secret of TLS 1.2 and below. */
  secret: Uint8Array;
  /** ticket_age_add; a 1.2 session has 0. */
  ticketAgeAdd: number;
  /** The ticket, in a client's session. */
  ticket: Uint8Array;
  /** session_id of TLS 1.2 and below. */
  sessionId: Uint8Array;
  /** Extended master secret was used (RFC 7627 section 5.3). */
  extendedMasterSecret: number;
  /** encrypt_then_mac was negotiated (RFC 7366). */
  encryptThenMac: number;
  /** The MaxFragmentLength that was agreed on (RFC 6066 section 4), or 0. */
  maxFragmentLength: number;
  /** The MaxFragmentLength that the client had asked for, or 0. */
  offeredFragmentLength: number;
  /** max_early_data_size (RFC 9846 section 4.7.1), or 0. */
  maxEarlyData: number;
  /**
   * The peer's record_size_limit (RFC 8449), or 0: in a client's session, for its
   * early data.
   */
  recordSizeLimit: number;
  /** host_name of the connection, or empty. */
  serverName: string;
  /** The ALPN protocol of the connection, or empty. */
  alpnProtocol: string;
  /** The group of the key exchange. */
  group: number;
  /** The peer's certificates and the verdict; empty if it showed none. */
  peer: SessionPeer;
  /** The external PSK that both sides have proved to have, if they did. */
  psk: SessionPsk;
  /** SHA-256 of the certificate that we showed, or empty. */
  localCertificate: Uint8Array;
  /** 1, if the server asked the client for a certificate. */
  certificateRequested: number;
  /** What it asked for, in a client's session. */
  request: SessionRequest;
  /** The server's session ID context. */
  context: Uint8Array;
}

/** The certificates of a peer, or its raw public key, and the verdict on them. */
export interface SessionPeer {
  /** CertificateType of what it showed. */
  certificateType: number;
  /** As it sent them, in DER; of a raw public key it is the only one. */
  certificates: Uint8Array[];
  /** From the leaf to the anchor, or as far as it was built, in DER. */
  path: Uint8Array[];
  /** 1, if the path was verified. */
  verified: number;
  /** What was wrong, the worst first; empty if it was verified. */
  errors: SessionError[];
  /** The certificate policies that the path is valid for. */
  policies: string[];
  /** The name for which the leaf was verified, or empty. */
  name: string;
  /** The `TrustConfig.fingerprint` of its verification. */
  trustFingerprint: string;
  /** The staple that came with it. */
  ocspResponse: Uint8Array;
  /** SCTs that came with it. */
  signedCertificateTimestamps: Uint8Array[];
  /** The scheme that it signed with, for information. */
  signatureScheme: number;
  /**
   * When the delegated credential expires that signed for the leaf (RFC 9345), in
   * milliseconds since 1970; 0, if there was none.
   */
  delegatedUntil: number;
}

/** One thing that is wrong with a certificate. */
export interface SessionError {
  /** Its code. */
  code: string;
  /** The sentence. */
  message: string;
  /**
   * The certificate at fault: its index in `certificates` and then `path`, from
   * 1; 0 if it is in neither.
   */
  certificate: number;
}

/** An external PSK that was proved; all fields are empty if there was none. */
export interface SessionPsk {
  /** PSK identity. */
  identity: Uint8Array;
  /** A hash of the key, which tells it from others. */
  keyHash: Uint8Array;
  /** The psk_identity_hint that the client chose it by, or empty. */
  hint: string;
}

/** What a server asked for in a client's certificate. */
export interface SessionRequest {
  /** Distinguished names, in DER. */
  certificateAuthorities: Uint8Array[];
  /** SignatureScheme numbers; none below TLS 1.2. */
  signatureSchemes: number[];
  /** The same of signature_algorithms_cert; none, if that was not sent. */
  certificateSignatureSchemes: number[];
  /** The same of delegated_credential (RFC 9345); none, if that was not sent. */
  delegatedCredentialSchemes: number[];
  /** ClientCertificateType numbers; none in TLS 1.3. */
  certificateTypes: number[];
  /** The CertificateType that was agreed on for the answer (RFC 7250). */
  certificateType: number;
}

/** `SessionState.side` of a session that a client may offer. */
export const CLIENT_SESSION = 0;
/** `SessionState.side` of a session that a server may take. */
export const SERVER_SESSION = 1;

/** A peer that showed no certificate. */
export const NO_CERTIFICATES: SessionPeer = {
  certificateType: CertificateType.X509,
  certificates: [],
  path: [],
  verified: 0,
  errors: [],
  policies: [],
  name: "",
  trustFingerprint: "",
  ocspResponse: new Uint8Array(),
  signedCertificateTimestamps: [],
  signatureScheme: 0,
  delegatedUntil: 0,
};

/** Sides that have no external PSK. */
export const NO_PSK: SessionPsk = {
  identity: new Uint8Array(),
  keyHash: new Uint8Array(),
  hint: "",
};

/** A client that was not asked for a certificate. */
export const NO_REQUEST: SessionRequest = {
  certificateAuthorities: [],
  signatureSchemes: [],
  certificateSignatureSchemes: [],
  delegatedCredentialSchemes: [],
  certificateTypes: [],
  certificateType: CertificateType.X509,
};

/** Whether a session is one of TLS 1.3. */
export function isTls13(session: SessionState | undefined): boolean {
  return session?.version === ProtocolVersion["TLSv1.3"];
}

/** Remembers an object that holds a session. */
export function rememberSession(session: object): void {
  sessions.add(session);
}

/**
 * Whether a value is such an object. What reads and writes sessions need not be
 * there for it: few clients have one in their options.
 */
export function isSession(value: unknown): boolean {
  return typeof value === "object" && value !== null && sessions.has(value);
}

const sessions = new WeakSet<object>();
