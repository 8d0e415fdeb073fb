/**
 * Deadlines of reads and writes, which can be moved while the connection lives,
 * as by Go's SetDeadline. They do not end the connection.
 *
 * @module
 */

import { TlsTimeoutError } from "../../errors.ts";
import type { Core } from "./core.ts";

/** What waits for a deadline. */
export interface Deadline {
  /** Something begins to wait: the clock runs. */
  begin(): void;
  /** Nothing waits any more: the clock stands. */
  rest(): void;
}

/** What a connection reads. */
interface Reads {
  deadline: Deadline | undefined;
  /** Whether the application waits for a read. */
  isBusy(): boolean;
  /** Rejects the reads that wait. */
  expire(error: unknown): void;
}

/** What a connection writes. */
interface Writes {
  deadline: WriteDeadline | undefined;
  /** The last write that waits, if there is one. */
  readonly pending: Promise<void> | undefined;
  /** Rejects the writes that wait. */
  expire(error: unknown): void;
}

/** The deadlines of one connection. */
export class Deadlines {
  readonly read: Clock;
  readonly write: WriteDeadline;

  constructor({ ending }: Core, inbound: Reads, outbound: Writes) {
    const late = (verb: "read" | "write") =>
      ending.complete(
        new TlsTimeoutError(
          "deadline_exceeded",
          `Cannot ${verb}: the deadline has passed`,
        ),
      );
    this.read = new Clock(() => inbound.expire(late("read")));
    this.write = new WriteDeadline(outbound, () => late("write"));
    inbound.deadline = this.read;
    outbound.deadline = this.write;
    if (inbound.isBusy()) this.read.begin();
    const { pending } = outbound;
    if (pending !== undefined) this.write.watch(pending);
  }
}

/** Calls back at a time, if something waits then, or as soon as it does. */
class Clock implements Deadline {
  readonly #onLate: () => void;
  /** In milliseconds since 1970. */
  #at = Infinity;
  #isAwaited = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(onLate: () => void) {
    this.#onLate = onLate;
  }

  /** Whether it has passed. */
  get isPast(): boolean {
    return Date.now() >= this.#at;
  }

  /** Moves it; without a time there is none. */
  set(time: Date | undefined): void {
    this.#at = time === undefined ? Infinity : time.getTime();
    this.#run();
  }

  begin(): void {
    this.#isAwaited = true;
    this.#run();
  }

  rest(): void {
    this.#isAwaited = false;
    clearTimeout(this.#timer);
  }

  readonly #run = (): void => {
    clearTimeout(this.#timer);
    if (!this.#isAwaited || this.#at === Infinity) return;
    const left = this.#at - Date.now();
    if (left <= 0) return this.#onLate();
    this.#timer = setTimeout(this.#run, Math.min(left, MAX_TIMEOUT));
  };
}

/**
 * The deadline of writes. A record that has begun must be sent whole, and the
 * peer takes records only in order: a write that is under way when it passes ends
 * writing for good. One that begins later is refused, and nothing of it is sent.
 */
export class WriteDeadline {
  readonly #outbound: Writes;
  readonly #late: () => unknown;
  readonly #clock: Clock;
  readonly #watched = new Set<(error: unknown) => void>();

  constructor(outbound: Writes, late: () => unknown) {
    this.#outbound = outbound;
    this.#late = late;
    this.#clock = new Clock(() => this.#expire());
  }

  /** Moves it; without a time there is none. */
  set(time: Date | undefined): void {
    this.#clock.set(time);
  }

  /** Throws if it has passed. */
  throwIfPast(): void {
    if (this.#clock.isPast) throw this.#late();
  }

  /** The same work, which rejects if it takes longer. */
  watch(work: Promise<void>): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    promise.catch(ignore);
    this.#watched.add(reject);
    const over = () => {
      this.#watched.delete(reject);
      if (this.#watched.size === 0) this.#clock.rest();
    };
    work.then(() => {
      over();
      resolve();
    }, (error) => {
      over();
      reject(error);
    });
    this.#clock.begin();
    return promise;
  }

  #expire(): void {
    const error = this.#late();
    this.#outbound.expire(error);
    for (const reject of this.#watched) reject(error);
    this.#watched.clear();
    this.#clock.rest();
  }
}

function ignore(): void {}

/** The longest time of a timer, in milliseconds. */
const MAX_TIMEOUT = 2 ** 31 - 1;
