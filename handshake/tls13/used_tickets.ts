/**
 * The tickets that have carried early data in this process (RFC 9846 section
 * 8.2).
 *
 * @module
 */

/** Records tickets for as long as a ClientHello with them may be fresh. */
export class UsedTickets {
  /** Until when each matters. */
  readonly #until = new Map<string, Time>();
  /** The largest window so far, and since when it is covered. */
  #window = 0;
  #since = 0;

  /**
   * Records the use of a ticket, if it is the first one.
   *
   * @param key Stands for the ticket.
   * @param window How far the age of a fresh one may be off, in milliseconds.
   * @param createdAt When it was issued, in milliseconds since 1970.
   * @param time The time by both clocks.
   * @returns Why it carries no early data, if it is not.
   */
  use(
    key: string,
    window: number,
    createdAt: number,
    time: Time,
  ): string | undefined {
    this.#cover(window, time);
    // Section 8.2: freshly started servers "SHOULD reject 0-RTT as long as any
    // portion of their recording window overlaps the startup time", unless the
    // ticket is younger than the record: then so are all its ClientHellos.
    const age = time.uptime - this.#since;
    if (age < 2 * window && createdAt < time.now - age) return TOO_OLD;
    this.#forgetOld(time);
    const until = this.#until.get(key);
    if (until !== undefined && !isPast(until, time)) return USED;
    this.#until.delete(key);
    if (this.#until.size >= MAX_RECORDED) {
      return "too many tickets are recorded";
    }
    // It is fresh for a window before the expected time, and as long behind it:
    // for other contexts, too, that have the same ticket keys.
    const lifetime = 2 * this.#window;
    this.#until.set(key, {
      uptime: time.uptime + lifetime,
      now: time.now + lifetime,
    });
    return undefined;
  }

  /** A larger window begins a record: under smaller ones, less was kept. */
  #cover(window: number, { uptime }: Time): void {
    if (window <= this.#window) return;
    // The first one covers all of the time since the process has started.
    if (this.#window > 0) this.#since = uptime;
    this.#window = window;
  }

  /** Forgets the oldest, as long as they do not matter any more. */
  #forgetOld(time: Time): void {
    for (const [key, until] of this.#until) {
      if (!isPast(until, time)) return;
      this.#until.delete(key);
    }
  }
}

/** A time by two clocks, in milliseconds. */
export interface Time {
  /** Since the process has started: it is never set back. */
  readonly uptime: number;
  /** Since 1970. */
  readonly now: number;
}

/** Whether a time is past by both: at the time itself a ticket is fresh. */
function isPast(time: Time, { uptime, now }: Time): boolean {
  return time.uptime < uptime && time.now < now;
}

/** Why a ticket carries no early data that has carried some. */
export const USED =
  "the ticket has carried early data before, or nobody can tell";

const TOO_OLD = "the ticket is older than the record of early data";

/** Bounds the memory, to about 20 MB: beyond it there is no early data. */
const MAX_RECORDED = 100_000;
