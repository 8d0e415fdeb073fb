/**
 * What the steps of a handshake stand on: types only. `client.ts` and
 * `server.ts` make them, and hand them to the flow of the version.
 *
 * @module
 */

import type { Tls13CipherSuite } from "../../crypto/suites/cipher_suites.ts";
import type { HmacKey } from "../../crypto/primitives/provider.ts";
import type { ClientOffer } from "./client_hello.ts";
import type { ClientConfig, ClientHelloInfo, ServerConfig } from "./config.ts";
import type { ServerConnection } from "./server_connection.ts";
import type { HandshakeIO } from "../io/message_stream.ts";
import type { ClientHello } from "../messages/client_hello.ts";
import type { OfferedPsk } from "./offered_psk.ts";
import type { PreviousHandshake } from "./renegotiation_info.ts";

/** Everything that the rest of a client's handshake stands on. */
export interface ClientHandshake {
  /** Messages in and out. */
  readonly io: HandshakeIO;
  /** The configuration. */
  readonly config: ClientConfig;
  /** What was offered. */
  readonly offer: ClientOffer;
  /** The handshake before, where this one renegotiates. */
  readonly previous?: PreviousHandshake | undefined;
  /** Early data that is on its way. */
  readonly early?: EarlyDataOut | undefined;
  /** What a HelloRetryRequest settled, if there was one. */
  readonly retried?: {
    readonly suite: Tls13CipherSuite;
    readonly group: number | undefined;
  };
}

/** What a ServerHello settled, as far as early data goes by it. */
export interface AgreedOnHello {
  readonly suite: Tls13CipherSuite;
  /** client_handshake_traffic_secret. */
  readonly client: HmacKey;
  /** The PSK that the server selected. */
  readonly psk: OfferedPsk | undefined;
}

/** Early data of a client that is on its way (RFC 9846 section 4.3.10). */
export interface EarlyDataOut {
  /** Stops it: resolves when nothing more is written under its keys. */
  reject(reason: string): Promise<void>;
  /**
   * The server has answered: what it rejects is stopped.
   *
   * @throws {TlsProtocolError} `illegal_parameter`, if it accepts what it may
   * not accept.
   */
  settle(
    hs: ClientHandshake,
    agreed: AgreedOnHello,
    answer: {
      readonly alpnProtocol: string | undefined;
      readonly acceptsEarlyData: boolean;
    },
  ): Promise<void>;
  /** Ends what the server has accepted: behind the server's Finished. */
  end(hs: ClientHandshake, agreed: AgreedOnHello): Promise<void>;
}

/** Everything that the rest of a server's handshake stands on. */
export interface ServerHandshake {
  /** Messages in and out. */
  readonly io: HandshakeIO;
  /** The configuration for the server name that the client sent. */
  readonly config: ServerConfig;
  /** The ClientHello. */
  readonly hello: ClientHello;
  /** The same as it came, header included. */
  readonly raw: Uint8Array;
  /** The same as callbacks see it. */
  readonly info: ClientHelloInfo;
  /** The ALPN protocol. */
  readonly alpnProtocol: string | undefined;
  /** What it runs on. */
  readonly connection: ServerConnection;
  /** The handshake before, where this one renegotiates. */
  readonly previous?: PreviousHandshake | undefined;
  /** A HelloRetryRequest was sent. */
  readonly retried?: boolean;
}
