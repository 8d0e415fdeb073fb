/**
 * Dynamic record sizing: the peer can use nothing of a record before all of it
 * is there, so what begins a burst goes in records of one TCP segment.
 *
 * @module
 */

/** How large the next record of application data is. */
export class RecordSizing {
  readonly #now: () => number;
  #smallRecords = 0;
  #last = -Infinity;

  /** Takes the time in milliseconds from `now`. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /**
   * The most content of the next record, which protection makes longer by
   * `overhead`.
   */
  next(overhead: number): number {
    const now = this.#now();
    if (now - this.#last >= IDLE_MILLISECONDS) this.#smallRecords = 0;
    this.#last = now;
    if (this.#smallRecords >= SMALL_RECORDS) return Infinity;
    this.#smallRecords++;
    return SEGMENT_LENGTH - overhead;
  }
}

/** After so long without a record TCP's congestion window may have closed. */
const IDLE_MILLISECONDS = 1000;

/**
 * The number that fills congestion windows that have doubled twice from ten
 * segments.
 */
const SMALL_RECORDS = 40;

/** 1500 less the headers of IPv6, TCP with timestamps, and a record. */
const SEGMENT_LENGTH: number = 1500 - 40 - 32 - 5;
