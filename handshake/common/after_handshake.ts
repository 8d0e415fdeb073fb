/**
 * What a connection needs of whatever reads handshake messages among its
 * application data: `post_handshake.ts` in TLS 1.3, `renegotiation.ts` before.
 *
 * @module
 */

import type { PeerAuthentication } from "./authenticate.ts";
import type { ClientAuth } from "./config.ts";
import type { Established } from "./established.ts";

/** What a handshake that we ask for is to be like. */
export interface RenegotiationOptions {
  /**
   * Whether the client is asked for a certificate: for a server alone.
   *
   * @default {the server's option of this name}
   */
  readonly clientAuth?: ClientAuth | undefined;
}

/** The messages after the first handshake. */
export interface AfterHandshake {
  /** What the last handshake settled. */
  readonly established: Established;
  /** The peer as it is known by now. */
  readonly peer: PeerAuthentication;
  /**
   * Another handshake that is under way: it reads records itself, and until it
   * is over no application data may be written. Rejects with its error.
   */
  readonly running: Promise<void> | undefined;
  /**
   * Another handshake that was asked for or is under way: resolves when it is
   * over, whatever came of it. Its messages come with what the connection reads.
   */
  readonly pending: Promise<void> | undefined;
  /** The write key is near its limit: `updateKeys` must be called before more data. */
  readonly keyUpdateDue: boolean;
  /** This version has KeyUpdate: `updateKeys` does not reject. */
  readonly canUpdateKeys: boolean;
  /**
   * The peer may still refuse our certificate: a client of TLS 1.3 is done with
   * its handshake before the server has verified it.
   */
  readonly awaitsCertificateVerdict: boolean;
  /** Application data have come: messages are counted anew. */
  sawApplicationData(): void;
  /** Reads the messages that are whole by now; a handshake is only begun. */
  receive(): Promise<void>;
  /** Application data that come in that handshake; nothing at its end. */
  nextData(): Promise<Uint8Array | undefined>;
  /** Goes on to new traffic keys (RFC 8446 section 4.6.3). */
  updateKeys(requestPeer: boolean): Promise<void>;
  /** Asks the client for a certificate (RFC 8446 section 4.6.2). */
  requestCertificate(): Promise<PeerAuthentication>;
  /** Asks for another handshake (RFC 5246 section 7.4.1.1). */
  renegotiate(options?: RenegotiationOptions): Promise<Established>;
  /** The connection has ended: who waits for an answer gets none. */
  abandon(reason: unknown): void;
}

/**
 * Messages after the handshake cost us work and a flood of them brings nothing:
 * BoringSSL's kMaxKeyUpdates is 32.
 */
export const MAX_MESSAGES_WITHOUT_DATA = 32;
