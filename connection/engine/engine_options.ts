/**
 * The options of an engine: types only.
 *
 * @module
 */

import type { ConnectionConfig } from "../../handshake/common/connection_config.ts";
import type { RunningClock } from "./handshake_clock.ts";

/** What a server's options say about the names that clients ask for. */
export interface NameRules {
  /** Whether the name makes a difference to how a client is judged. */
  readonly judgesByName: boolean;
  /**
   * Whether a client is judged alike under two names, by the same authorities
   * and demands; `undefined` stands for a client that sends no name.
   */
  judgesAlike(one: string | undefined, other: string | undefined): boolean;
}

/** Options of an engine besides those that the ClientHello decides on. */
export interface EngineOptions extends ConnectionConfig {
  /** The limit of the first handshake, if it runs already. */
  readonly clock?: RunningClock;
  /** Aborts the connection. */
  readonly signal?: AbortSignal | undefined;
  /** Whether our close_notify ends our direction of the transport. */
  readonly endsWithCloseNotify?: boolean;
  /** Bytes that were read from the transport already. */
  readonly initialData?: Uint8Array | undefined;
  /** What the options of a server say about names. */
  readonly names?: NameRules | undefined;
}
