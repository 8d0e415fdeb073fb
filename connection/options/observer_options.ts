/**
 * The options that get to know what a connection does, and change nothing.
 *
 * @module
 */

import type { ConnectionHandle } from "../../handshake/common/callback_info.ts";
import type { TraceDepth } from "../../handshake/common/connection_config.ts";
import type { HandshakeEvent } from "../../handshake/io/events.ts";

/** The options of both sides that observe a connection. */
export interface ObserverOptions {
  /**
   * Called with each line of the key log (RFC 9850), without the newline. For
   * debugging only: these lines decrypt everything. If it throws, nothing
   * fails: `onEvent` gets the error as `callback_failed`.
   */
  keyLog?:
    | ((line: string, connection: ConnectionHandle) => void)
    | undefined;
  /**
   * Called for every event of a connection: when a handshake begins, is done or
   * fails, for messages, alerts and key changes, and at the end. If it throws,
   * nothing fails: the error is dropped.
   */
  onEvent?:
    | ((
      event: HandshakeEvent,
      connection: ConnectionHandle,
    ) => void)
    | undefined;
  /**
   * Called with a readable line for each record and message. If it throws, the
   * same applies as for `keyLog`.
   */
  trace?:
    | ((line: string, connection: ConnectionHandle) => void)
    | undefined;
  /**
   * What `trace` and `setTrace()` say of messages: their names and lengths, or all of their
   * fields as well, in the words of the RFCs. Neither shows a secret; tickets
   * and the like are shown by their length.
   *
   * @default {"messages"}
   */
  traceDepth?: TraceDepth | undefined;
}
