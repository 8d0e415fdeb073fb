/**
 * The result of a handshake: types only. What only TLS 1.3, or only the versions
 * before it, settle is in the type of that version.
 *
 * @module
 */

import type {
  CipherSuite,
  Tls13CipherSuite,
} from "../../crypto/suites/cipher_suites.ts";
import type { KeyExchangeGroup } from "../../crypto/primitives/provider.ts";
import type { PeerAuthentication, VerifiedFinished } from "./authenticate.ts";
import type { LocalIdentity } from "./local_identity.ts";
import type {
  SessionPsk,
  SessionRequest,
  SessionState,
} from "../session/session_state.ts";
import type {
  Exporter,
  TrafficSecrets,
  VerifyData,
} from "./traffic_secrets.ts";
import type { Tls12Version, Tls13Version } from "./versions.ts";

/** The result of a handshake. `version` tells which type it is. */
export type Established = EstablishedTls13 | EstablishedTls12;

/** The result of a handshake of TLS 1.3. */
export interface EstablishedTls13 extends EstablishedCommon {
  /** TLS 1.3. */
  readonly version: Tls13Version;
  /** Negotiated cipher suite. */
  readonly cipherSuite: Tls13CipherSuite;
  /** TLS 1.3 binds all secrets to the handshake. */
  readonly extendedMasterSecret: true;
  /** The application traffic secrets, which KeyUpdate replaces. */
  readonly traffic: TrafficSecrets;
  /** The server sent a HelloRetryRequest. */
  readonly helloRetryRequest: boolean;
  /** The client offered post-handshake authentication. */
  readonly postHandshakeAuth: boolean;
  /** CertificateType of the client, also for a certificate that is asked for later. */
  readonly clientCertificateType: number;
  /**
   * At a server that resumed a session: the age of the ticket that the client
   * sent, less the age by our clock, in milliseconds.
   */
  readonly ticketAgeSkew: number | undefined;
}

/**
 * What a server knows when its Finished is sent and the client's is still to come:
 * the ClientHello may be a replay.
 */
export type EstablishedEarly = Omit<
  EstablishedTls13,
  | "traffic"
  | "exporter"
  | "finished"
  | "verifyData"
>;

/** The result of a handshake of TLS 1.2, 1.1 or 1.0. */
export interface EstablishedTls12 extends EstablishedCommon {
  /** Negotiated version. */
  readonly version: Tls12Version;
  /** session_id of the ServerHello. */
  readonly sessionId: Uint8Array;
  /** encrypt_then_mac (RFC 7366). */
  readonly encryptThenMac: boolean;
  /** Both sides sent renegotiation_info (RFC 5746). */
  readonly secureRenegotiation: boolean;
}

/** What handshakes of all versions settle. */
interface EstablishedCommon {
  /** Negotiated cipher suite. */
  readonly cipherSuite: CipherSuite;
  /** The group of the key exchange, if it used one. */
  readonly group: KeyExchangeGroup | undefined;
  /** The negotiated ALPN protocol. */
  readonly alpnProtocol: string | undefined;
  /** The name that the client asked for. */
  readonly serverName: string | undefined;
  /** A session was resumed. */
  readonly resumed: boolean;
  /** Whether the client sent early data, and whether the server accepted it. */
  readonly earlyData: "none" | "accepted" | "rejected";
  /** The peer, authenticated as the configuration demands. */
  readonly peer: PeerAuthentication;
  /**
   * The external PSK that both sides proved to have, in this handshake or in that
   * of the session.
   */
  readonly psk: SessionPsk | undefined;
  /** Proof that the peer's Finished was verified. */
  readonly finished: VerifiedFinished;
  /** verify_data of both Finished, which renegotiation_info repeats. */
  readonly verifyData: VerifyData;
  /** What we authenticated ourselves with. */
  readonly localIdentity: LocalIdentity | undefined;
  /** The scheme that we signed with. */
  readonly localSignatureScheme: number | undefined;
  /** Schemes that both sides have, in the peer's order. */
  readonly sharedSignatureSchemes: readonly number[];
  /** Keying material exporter (RFC 9846 section 7.5; RFC 5705). */
  readonly exporter: Exporter;
  /** The master secret is bound to the handshake: RFC 7627, and TLS 1.3. */
  readonly extendedMasterSecret: boolean;
  /** The server asked the client for a certificate. */
  readonly certificateRequested: boolean;
  /**
   * At a client, what the server asked for, in this handshake or in that of the
   * session.
   */
  readonly certificateRequest: SessionRequest | undefined;
  /** The session that was resumed. */
  readonly session: SessionState | undefined;
  /** What became of Encrypted ClientHello, where it had a part. */
  readonly ech?: "accepted" | "rejected" | "grease";
}
