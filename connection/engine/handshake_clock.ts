/**
 * The time limits of handshakes: of the first one, and of renegotiations.
 *
 * @module
 */

import { TlsTimeoutError } from "../../errors.ts";
import { Deadline } from "../transport/deadline.ts";
import type { Ending } from "./ending.ts";

/** A limit that runs already: since when, as `performance.now()` has it. */
export interface RunningClock {
  readonly deadline: Deadline;
  readonly started: number;
}

/** The clocks of one connection. */
export class HandshakeClock {
  readonly #ending: Ending;
  /** In milliseconds; 0 for no limit. */
  #timeout: number;
  /** When the first handshake began, and the signal that aborts it. */
  #started = 0;
  #signal: AbortSignal | undefined;
  #first: Deadline | undefined;
  #grace: Deadline | undefined;
  /** The other handshake for which the clock runs. */
  #limited: Promise<void> | undefined;

  constructor(ending: Ending, timeout: number) {
    this.#ending = ending;
    this.#timeout = timeout;
  }

  /**
   * Starts the clock of the first handshake, or goes on with one that has run
   * while the transport was dialled.
   */
  start(signal?: AbortSignal, running?: RunningClock): void {
    this.#started = running?.started ?? performance.now();
    this.#signal = signal;
    if (running === undefined) {
      this.#first = this.#deadline(this.#timeout, signal);
      return;
    }
    this.#first = running.deadline;
    running.deadline.onEnd = (reason) => this.#end(reason);
    // Since it was dialled.
    if (signal?.aborted) this.#end(signal.reason);
  }

  /** Changes the limit, also for a first handshake that is under way. */
  setTimeout(timeout: number): void {
    if (timeout === this.#timeout) return;
    this.#timeout = timeout;
    if (this.#first === undefined) return;
    this.#first.clear();
    const left = timeout - (performance.now() - this.#started);
    this.#first = this.#deadline(
      timeout === 0 ? 0 : Math.max(1, left),
      this.#signal,
    );
  }

  /** Stops the clock of the first handshake. */
  stop(): void {
    this.#first?.clear();
    this.#first = undefined;
    this.#grace?.clear();
  }

  /** Applies the same limit to another handshake. */
  limit(pending: Promise<void> | undefined): void {
    if (pending === undefined || pending === this.#limited) return;
    this.#limited = pending;
    const deadline = this.#deadline(this.#timeout);
    pending.then(() => deadline.clear());
  }

  /** Waits a moment for the peer's alert after a write has failed. */
  startGrace(error: unknown): void {
    this.#grace ??= new Deadline(
      GRACE_TIME,
      undefined,
      () => this.#ending.fail(error),
    );
  }

  #deadline(timeLeft: number, signal?: AbortSignal): Deadline {
    return new Deadline(timeLeft, signal, (reason) => this.#end(reason));
  }

  #end(reason: unknown): void {
    this.#ending.giveUp(
      reason ?? new TlsTimeoutError(
        "handshake_timeout",
        `The handshake took longer than ${this.#timeout} ms`,
      ),
    );
  }
}

/** Milliseconds that a handshake waits for an alert after a failed write. */
const GRACE_TIME = 500;
