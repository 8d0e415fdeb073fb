/**
 * The options that keep sessions and resume them.
 *
 * @module
 */

import type { ConnectionHandle } from "../../handshake/common/callback_info.ts";
import type {
  Session,
  SessionCacheLike,
  SessionStore,
} from "../../handshake/session/session.ts";
import type { TicketKeySource } from "../../handshake/session/ticket_keys.ts";

/** How many tickets a client asks for (RFC 9149). */
export interface TicketRequestOption {
  /** After a full handshake, 0 to 255. @default {2} */
  readonly newSession?: number | undefined;
  /** After a session was resumed, 0 to 255. @default {1} */
  readonly resumption?: number | undefined;
}

/** The options of a client that keep sessions and resume them. */
export interface ClientSessionOptions {
  /** A session to resume. */
  session?: Session | undefined;
  /**
   * Where to look for sessions and keep new ones; without it, none is resumed.
   * A session is offered only if each side would authenticate itself now as it
   * did when the session was made; otherwise a full handshake follows. A client
   * without a name (`serverName`, `hostname`) does not use it.
   */
  sessionCache?: SessionCacheLike | undefined;
  /**
   * Asks the server for a number of session tickets (RFC 9149), where sessions
   * are kept: a client that opens several connections side by side needs one for
   * each. The server may send fewer.
   */
  ticketRequest?: TicketRequestOption | undefined;
  /**
   * Called with each new session. If it throws, nothing fails: `onEvent` gets
   * the error as `callback_failed`.
   */
  onSession?:
    | ((session: Session, connection: ConnectionHandle) => void)
    | undefined;
}

/** The options of a server that keep sessions and resume them. */
export interface ServerSessionOptions {
  /**
   * Ticket keys, 48 or 32 random bytes each, sealing key first; or what gives
   * such, as `sharedTicketKeys()` of `./fleet` does for several machines.
   *
   * @default {own keys, which rotate}
   */
  ticketKeys?: readonly Uint8Array[] | TicketKeySource | undefined;
  /**
   * Where to keep sessions by ID; setting it turns them on. Like ticket keys,
   * it may be shared: a session is resumed only if each side would authenticate
   * itself now as it did when the session was made.
   */
  sessionStore?: SessionStore | undefined;
  /** Lifetime of sessions in seconds. @default {86400} */
  sessionTimeout?: number | undefined;
  /**
   * Sessions of another context are not resumed; up to 32 bytes.
   *
   * @default {""}
   */
  sessionIdContext?: string | Uint8Array | undefined;
  /** How many tickets follow a handshake; 0 for none. @default {2} */
  tickets?: number | undefined;
}
