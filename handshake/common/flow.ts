/**
 * What the steps of a handshake stand on: types only. `client.ts` and
 * `server.ts` make them, and hand them to the flow of the version.
 *
 * @module
 */

import type { Tls13CipherSuite } from "../../crypto/suites/cipher_suites.ts";
import type { HmacKey } from "../../crypto/primitives/provider.ts";
import type { ClientOffer } from "./client_hello.ts";
import type { ClientConfig, ServerConfig } from "./config.ts";
import type { ClientHelloInfo } from "./callback_info.ts";
import type { Established } from "./established.ts";
import type { ServerConnection } from "./server_connection.ts";
import type { HandshakeIO, Received } from "../io/message_stream.ts";
import type { ClientHello } from "../messages/client_hello.ts";
import type { ECHConfig } from "../messages/extension_table.ts";
import type { HandshakeMessage } from "../messages/framing.ts";
import type {
  HelloRetryRequest,
  ServerHello,
} from "../messages/server_hello.ts";
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
  /** Where the ClientHello had the extension encrypted_client_hello. */
  readonly ech?: ClientEch;
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
  /** Where the ClientHello had the extension encrypted_client_hello. */
  readonly ech?: ServerEch | undefined;
}

/** A handshake that begins with the extension encrypted_client_hello (RFC 9849). */
export interface EchAttempt {
  /** What a session must suit to be offered. */
  readonly sessionConfig: ClientConfig;
  /**
   * Makes what is offered, and the message that is sent for it, from what would be
   * sent without the extension.
   */
  hide(made: ClientOffer): Promise<{
    readonly offer: ClientOffer;
    readonly sent: Uint8Array;
  }>;
  /** Runs the rest with the ClientHello that the server answers. */
  complete(
    hs: ClientHandshake,
    run: (hs: ClientHandshake) => Promise<Established>,
  ): Promise<Established>;
}

/** What a client does otherwise where its ClientHello had the extension. */
export interface ClientEch {
  /** Sends the second ClientHello. */
  sendSecond(io: HandshakeIO, offer: ClientOffer): Promise<void> | void;
  /** Checks what comes behind it. */
  checkSecond(
    io: HandshakeIO,
    suite: Tls13CipherSuite,
    message: HandshakeMessage,
  ): void;
  /** Takes the extension of EncryptedExtensions. */
  readRetryConfigs(configs: readonly ECHConfig[] | undefined): void;
}

/** What a server does otherwise where the ClientHello had the extension. */
export interface ServerEch {
  /** Whether `hello` is the one that was encrypted. */
  readonly state: "accepted" | "rejected";
  /** The extension of EncryptedExtensions. */
  readonly retryConfigs: ECHConfig[] | undefined;
  /** Confirms in a ServerHello that it was. */
  confirm(
    hello: ServerHello,
    suite: Tls13CipherSuite,
    io: HandshakeIO,
  ): ServerHello;
  /** The same in a HelloRetryRequest. */
  confirmRetry(
    request: HelloRetryRequest,
    suite: Tls13CipherSuite,
    io: HandshakeIO,
  ): HelloRetryRequest;
  /** Reads the second ClientHello. */
  readSecond(io: HandshakeIO): Promise<Received<ClientHello>>;
}
