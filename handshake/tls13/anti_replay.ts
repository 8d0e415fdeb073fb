/**
 * Protection against replays of early data (RFC 9846 section 8): a ClientHello
 * that is fresh is recorded by its ticket, which carries early data once; one
 * that is not fresh carries none.
 *
 * @module
 */

import { sha256 } from "../../crypto/primitives/hash.ts";
import { toHex } from "../../encoding.ts";
import type { EarlyDataPolicy } from "../common/config.ts";
import type { HandshakeIO } from "../io/message_stream.ts";
import { callOrReport } from "../io/optional_callback.ts";

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
  if (replay === undefined) return recordHere(key, window, now, use);
  // A store that fails cannot tell a replay.
  const isFirst = await callOrReport(
    io,
    "earlyData",
    () => replay.compareAndSet(key, undefined, RECORDED),
  );
  return isFirst === true ? undefined : USED;
}

/**
 * Records in this process. All servers in it share the record, so that it does
 * not matter how contexts are made, changed and shared.
 */
function recordHere(
  key: string,
  window: number,
  now: number,
  { createdAt }: TicketUse,
): string | undefined {
  const uptime = performance.now();
  // Section 8.2: freshly started servers "SHOULD reject 0-RTT as long as any
  // portion of their recording window overlaps the startup time", unless the
  // ticket is younger than this process: then so are all its ClientHellos.
  if (uptime < 2 * window && createdAt < now - uptime) {
    return "the ticket is older than this process, which has just started";
  }
  forgetOld(uptime, now);
  const until = recorded.get(key);
  if (until !== undefined && !isPast(until, uptime, now)) return USED;
  recorded.delete(key);
  if (recorded.size >= MAX_RECORDED) return "too many tickets are recorded";
  // It is fresh for `window` before the expected time, and as long behind it.
  const lifetime = 2 * window;
  recorded.set(key, { uptime: uptime + lifetime, now: now + lifetime });
  return undefined;
}

/** Forgets the oldest, as long as they do not matter any more. */
function forgetOld(uptime: number, now: number): void {
  for (const [key, until] of recorded) {
    if (!isPast(until, uptime, now)) return;
    recorded.delete(key);
  }
}

/** A time by two clocks: that of the process is never set back. */
interface Time {
  readonly uptime: number;
  readonly now: number;
}

/** Whether a time is past by both. */
function isPast(time: Time, uptime: number, now: number): boolean {
  return time.uptime <= uptime && time.now <= now;
}

/** Tickets that have carried early data, and until when that matters. */
const recorded = new Map<string, Time>();

/** Bounds the memory, to about 20 MB: beyond it there is no early data. */
const MAX_RECORDED = 100_000;

const USED = "the ticket has carried early data before, or nobody can tell";

const RECORDED = Uint8Array.of(1);
