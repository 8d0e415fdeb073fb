/**
 * What the parts of one connection share.
 *
 * @module
 */

import type { ConnectionConfig } from "../../handshake/common/connection_config.ts";
import type { HandshakeIO } from "../../handshake/io/message_stream.ts";
import type { TimedTransport } from "../transport/timed_transport.ts";
import type { Transport } from "../transport/transport.ts";
import type { Ending } from "./ending.ts";
import type { Handle } from "./handle.ts";
import type { HandshakeClock } from "./handshake_clock.ts";
import type { ConnectionState } from "./state.ts";

/** What the parts of a connection tell it. */
export interface CoreOwner {
  /** Called when data can be sent before the handshake is over. */
  readonly onSettled: (() => void) | undefined;
  /** Resolves when lines of a trace can be written, if they cannot yet. */
  readonly traceLoading: Promise<void> | undefined;
  /** Goes by other options: a server selects them by the ClientHello. */
  follow(config: ConnectionConfig): void;
  /** The peer's close_notify has come. */
  peerEnded(): void;
  /** Ends both directions, in order. */
  close(): Promise<void>;
  /** Ends both directions at once; pending calls reject with `reason`. */
  abort(reason: unknown): void;
}

/** The inner objects of one connection, from the transport upwards. */
export interface Core {
  readonly handle: Handle;
  readonly transport: Transport;
  /** The transport under `readTimeout` and `writeTimeout`. */
  readonly timed: TimedTransport;
  /** Messages and alerts; its `records` carry application data. */
  readonly io: HandshakeIO;
  readonly state: ConnectionState;
  readonly ending: Ending;
  readonly clock: HandshakeClock;
  readonly owner: CoreOwner;
  /** Whether our close_notify ends our direction of the transport. */
  readonly endsWithCloseNotify: boolean;
}
