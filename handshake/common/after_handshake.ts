/**
 * What a connection calls to handle handshake messages between application data:
 * `post_handshake.ts` implements it for TLS 1.3, `renegotiation.ts` below.
 *
 * @module
 */

import type { PeerAuthentication } from "./authenticate.ts";
import type { Certificate } from "../../x509/certificate/certificate.ts";
import type { ChannelBindingType } from "./channel_binding.ts";
import type { ClientAuth, ClientConfig, ServerConfig } from "./config.ts";
import type { Established } from "./established.ts";

/** Options of a renegotiation that we start. */
export interface RenegotiationOptions {
  /**
   * Whether the client must send a certificate; only a server has this option.
   *
   * @default {the server's option of this name}
   */
  readonly clientAuth?: ClientAuth | undefined;
}

/** The messages after the first handshake. */
export interface AfterHandshake {
  /** The configuration in force. */
  readonly config: ClientConfig | ServerConfig;
  /** The result of the last handshake. */
  readonly established: Established;
  /** The peer, as last authenticated. */
  readonly peer: PeerAuthentication;
  /**
   * A renegotiation in progress. It reads records itself, and no application data
   * may be written until it resolves. Rejects with its error.
   */
  readonly running: Promise<void> | undefined;
  /**
   * A renegotiation, or a request for a certificate, that has no answer yet:
   * resolves when it has ended, with or without success. The connection must read
   * for its messages to arrive.
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
  /**
   * The bytes of a channel binding.
   *
   * @throws {TypeError} If this connection has none of that type.
   */
  channelBinding(
    type: ChannelBindingType,
    serverCertificate: Certificate | undefined,
  ): Uint8Array;
  /** Application data was received: the count of messages starts again. */
  sawApplicationData(): void;
  /** Handles the messages that are complete; a renegotiation is only started. */
  receive(): Promise<void>;
  /** Application data that arrives in a renegotiation; `undefined` at its end. */
  nextData(): Promise<Uint8Array | undefined>;
  /** Replaces the write key (RFC 9846 section 4.7.3). */
  updateKeys(requestPeer: boolean): Promise<void>;
  /** Requests a certificate of the client (RFC 9846 section 4.7.2). */
  requestCertificate(): Promise<PeerAuthentication>;
  /** Starts a renegotiation (RFC 5246 section 7.4.1.1). */
  renegotiate(options?: RenegotiationOptions): Promise<Established>;
  /** Refuses each renegotiation that the peer asks for from now on. */
  disableRenegotiation(): void;
  /** The connection has ended: rejects the promises that wait for an answer. */
  abandon(failure: { readonly error: unknown }): void;
}

/**
 * Stops a flood of messages after the handshake, each of which costs us work:
 * BoringSSL's kMaxKeyUpdates is 32.
 */
export const MAX_MESSAGES_WITHOUT_DATA = 32;
