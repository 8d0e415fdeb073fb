/**
 * Protection against replays of early data (RFC 9846 section 8): a ClientHello
 * that is fresh is recorded by its ticket, which carries early data once; one
 * that is not fresh carries none.
 *
 * @module
 */

import { sha256 } from "../../crypto/primitives/hash.ts";
import { toHex } from "../../encoding.ts";
import type { EarlyDataPolicy } from "../common/early_data_policy.ts";
import type { HandshakeIO } from "../io/message_stream.ts";
import { callOrReport } from "../io/optional_callback.ts";
import { USED, UsedTickets } from "./used_tickets.ts";

/** The use of a ticket whose binder was verified. */
export interface TicketUse {
  /** The ticket as it came: what we sealed, or it would not have been opened. */
  readonly ticket: Uint8Array;
  /** When it was issued, in milliseconds since 1970. */
  readonly createdAt: number;
  /** The age that the client tells, less the one by our clock. */
  readonly ticketAgeSkew: number;
}

/**
 * Records the use of a ticket, if it is fresh and the first one.
 *
 * @returns Why it carries no early data, if it is not.
 */
export async function recordUse(
  io: Pick<HandshakeIO, "tell">,
  policy: EarlyDataPolicy,
  now: number,
  use: TicketUse,
): Promise<string | undefined> {
  const { window, replay } = policy;
  // Section 8.3, "Freshness Checks": expected_arrival_time against now. Outside
  // the window nothing is recorded any more.
  if (Math.abs(use.ticketAgeSkew) > window) {
    return `the age of the ticket is off by ${use.ticketAgeSkew} ms`;
  }
  // Section 8.2 has the key derived "only from validated sections of the
  // ClientHello". The ticket is one, and stands for all ClientHellos with it.
  const key = `early-data-${toHex(sha256.digest(use.ticket))}`;
  if (replay === undefined) {
    const uptime = performance.now();
    return usedHere.use(key, window, use.createdAt, { uptime, now });
  }
  // A store that fails cannot tell a replay.
  const isFirst = await callOrReport(
    io,
    "earlyData",
    () => replay.compareAndSet(key, undefined, RECORDED),
  );
  return isFirst === true ? undefined : USED;
}

/**
 * All servers in this process share the record, so that it does not matter how
 * contexts are made, changed and shared.
 */
const usedHere = new UsedTickets();

const RECORDED = Uint8Array.of(1);
