/**
 * What a listener is made with: types only.
 *
 * @module
 */

import type { TicketKeys } from "../handshake/session/ticket_keys.ts";
import type { Engine } from "./engine/engine.ts";
import type { ListenOptions } from "./options/listen_options.ts";
import type {
  NamedInput,
  ServerOptions,
  TlsContext,
} from "./options/options.ts";
import type { Transport } from "./transport/transport.ts";

/** The part of the listener's contexts that the listener uses. */
export interface Contexts {
  /** The ticket keys, if tickets are on. */
  readonly ticketKeys: TicketKeys | undefined;
  /** Reads all identities; rejects if one cannot be used. */
  load(): Promise<void>;
  /** Replaces the listener's context. */
  set(given: TlsContext | ServerOptions): Promise<void>;
  /** Replaces the context for a name. */
  add(name: string, given: NamedInput): Promise<void>;
}

/** The listener's own options. */
export interface ListenerSettings {
  /** Closes it. */
  readonly signal: AbortSignal | undefined;
  /** Called for each handshake that failed. */
  readonly onHandshakeError: ListenOptions["onHandshakeError"];
  /** Called when its state changes. */
  readonly onListenerEvent: ListenOptions["onListenerEvent"];
  /** How many handshakes may run at once. */
  readonly maxPendingHandshakes: number;
  /** How many connections may be open at once. */
  readonly maxConnections: number;
  /** The engine of a new connection. */
  engine(transport: Transport): Engine;
}

/** A socket has a peer address. */
export type AddressedHandle = Parameters<
  NonNullable<ListenOptions["onHandshakeError"]>
>[1];
