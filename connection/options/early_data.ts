/**
 * The option `earlyData`: a client says what it sends, a server what it accepts.
 * Types only.
 *
 * @module
 */

import type {
  ConnectionHandle,
  EarlyDataSession,
} from "../../handshake/common/callback_info.ts";
import type {
  EarlyDataPolicy,
  ReplayStore,
} from "../../handshake/common/early_data_policy.ts";
import type { MaybePromise } from "../../crypto/primitives/provider.ts";

/** Returns the early data of a client, if there is some for a session. */
export type EarlyDataFunction = (
  session: EarlyDataSession,
  connection: ConnectionHandle,
) => MaybePromise<Uint8Array | undefined | null>;

/** What a server accepts as early data. */
export interface EarlyDataOptions {
  /**
   * Most bytes that one connection may send early, 1 to 1048576: tickets promise
   * it, and as much is kept until it is read.
   *
   * @default {16384}
   */
  readonly maxSize?: number | undefined;
  /**
   * How far the age of a ticket, as the client tells it, may be off, in
   * milliseconds, 1 to 600000: a ClientHello that was on its way for longer
   * carries no early data (RFC 9846 section 8.3).
   *
   * @default {10000}
   */
  readonly window?: number | undefined;
  /**
   * Where it is recorded that a ticket has carried early data, which it does
   * once (RFC 9846 section 8.2). Servers on several machines, or in several
   * processes or workers, that have the same `ticketKeys` need one store for all:
   * `redisStore()` or `kvStore()`. Its values may expire after twice the
   * `window` and the time by which the clocks of the servers may differ. A store
   * that throws, rejects or does not answer within a second has early data
   * rejected.
   *
   * @default {the memory of this process}
   */
  readonly replay?: ReplayStore | undefined;
}

/** The option, as it was read. */
export type EarlyDataSource =
  | { readonly give: EarlyDataFunction }
  | { readonly policy: EarlyDataPolicy };
