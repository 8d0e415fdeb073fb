/**
 * What a handshake leaves: types only.
 *
 * @module
 */

import type { CipherSuite } from "../../crypto/suites/cipher_suites.ts";
import type { KeyExchangeGroup } from "../../crypto/primitives/provider.ts";
import type { PeerAuthentication, VerifiedFinished } from "./authenticate.ts";
import type { Identity } from "./config.ts";
import type {
  SessionPsk,
  SessionRequest,
  SessionState,
} from "../session/session_state.ts";
import type { TrafficSecrets } from "./traffic_secrets.ts";

/** A connection whose handshake is over. */
export interface Established {
  /** Negotiated version. */
  readonly version: number;
  /** Negotiated cipher suite. */
  readonly cipherSuite: CipherSuite;
  /** The group of the key exchange, where there was one. */
  readonly group: KeyExchangeGroup | undefined;
  /** The negotiated ALPN protocol. */
  readonly alpnProtocol: string | undefined;
  /** The name that the client asked for. */
  readonly serverName: string | undefined;
  /** A session was resumed. */
  readonly resumed: boolean;
  /** What became of early data. */
  readonly earlyData: "none" | "accepted" | "rejected";
  /** The other end, authenticated as the configuration demands. */
  readonly peer: PeerAuthentication;
  /**
   * The external PSK that both ends proved to have, in this handshake or in that
   * of the session.
   */
  readonly psk: SessionPsk | undefined;
  /** Proof that the peer's Finished was right. */
  readonly finished: VerifiedFinished;
  /** What we authenticated ourselves with. */
  readonly localIdentity: Identity | undefined;
  /** The scheme that we signed with. */
  readonly localSignatureScheme: number | undefined;
  /** Schemes that both sides have, in the peer's order. */
  readonly sharedSignatureSchemes: readonly number[];
  /** ClientHello.random. */
  readonly clientRandom: Uint8Array;
  /** Keying material exporter (RFC 8446 section 7.5; RFC 5705). */
  readonly exporter: (
    label: string,
    context: Uint8Array | undefined,
    length: number,
  ) => Uint8Array;
  /** The master secret is bound to the handshake: RFC 7627, and TLS 1.3. */
  readonly extendedMasterSecret: boolean;
  /** Both sides have renegotiation_info (RFC 5746); never in TLS 1.3. */
  readonly secureRenegotiation: boolean;
  /** The client offered post-handshake authentication. */
  readonly postHandshakeAuth: boolean;
  /** The server asked the client for a certificate. */
  readonly certificateRequested: boolean;
  /**
   * At a client, what it was asked for, in this handshake or in that of the
   * session.
   */
  readonly certificateRequest: SessionRequest | undefined;
  /** What TLS 1.3 needs from here on. */
  readonly traffic: TrafficSecrets | undefined;
  /** resumption_master_secret (RFC 8446 section 7.1), or the master secret. */
  readonly resumptionMasterSecret: Uint8Array;
  /** The session that was resumed. */
  readonly session: SessionState | undefined;
  /** How far the ages of a ticket of TLS 1.3 are apart, in milliseconds. */
  readonly ticketAgeSkew?: number | undefined;
  /** verify_data of both Finished messages. */
  readonly verifyData: {
    readonly client: Uint8Array;
    readonly server: Uint8Array;
  };
}
