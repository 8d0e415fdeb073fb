/**
 * What the steps of a handshake stand on: types only. `client.ts` and
 * `server.ts` make them, and hand them to the flow of the version.
 *
 * @module
 */

import type { Tls13CipherSuite } from "../../crypto/suites/cipher_suites.ts";
import type { ClientOffer } from "./client_hello.ts";
import type { ClientConfig, ClientHelloInfo, ServerConfig } from "./config.ts";
import type { HandshakeIO } from "../io/message_stream.ts";
import type { ClientHello } from "../messages/client_hello.ts";
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
  /** What a HelloRetryRequest settled, if there was one. */
  readonly retried?: {
    readonly suite: Tls13CipherSuite;
    readonly group: number | undefined;
  };
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
  /** The handshake before, where this one renegotiates. */
  readonly previous?: PreviousHandshake | undefined;
  /** A HelloRetryRequest was sent. */
  readonly retried?: boolean;
}
