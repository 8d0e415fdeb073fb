/**
 * What a server's handshake runs on, as its flow sees it: types only.
 *
 * @module
 */

import type { MaybePromise } from "../../crypto/primitives/provider.ts";
import type { ServerConfig } from "./config.ts";
import type { ClientHelloInfo } from "./callback_info.ts";
import type { EstablishedEarly } from "./established.ts";

/** What a server's handshake tells the connection that it runs on. */
export interface ServerConnection {
  /** The address of the client, where the transport has one. */
  readonly remoteAddr: unknown;
  /** The ClientHello was read. */
  sawClientHello(info: ClientHelloInfo): void;
  /** What the connection goes by from here on: the client's name decides. */
  useConfig(config: ServerConfig): void;
  /**
   * Data can be sent although the client's Finished is still to come.
   *
   * @param early Early data, if it was accepted: it can be read.
   */
  settle(established: EstablishedEarly, early?: EarlyDataIn): void;
}

/** Early data that a server has accepted, as it comes. */
export interface EarlyDataIn {
  /** Whether some has come. */
  readonly hasCome: boolean;
  /** The next data, never empty; `null` at its end. One call at a time. */
  next(): MaybePromise<Uint8Array | null>;
  /** Drops what has not been read, and what is to come. */
  cancel(): void;
}
