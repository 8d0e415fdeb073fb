/**
 * How long handshakes may take: the first, and those that renegotiate.
 *
 * @module
 */

import { TlsTimeoutError } from "../../errors.ts";
import { Deadline } from "../transport/deadline.ts";
import type { Ending } from "./ending.ts";

/** The clocks of one connection. */
export class HandshakeClock {
  readonly #ending: Ending;
  /** In milliseconds; 0 for no limit. */
  #timeout: number;
  /** When the first handshake began, and what may abort it. */
  #started = 0;
  #signal: AbortSignal | undefined;
  #first: Deadline | undefined;
  #grace: Deadline | undefined;
  /** The other handshake for which the clock runs. */
  #limited: Promise<void> | undefined;

  /** Runs for nothing yet. */
  constructor(ending: Ending, timeout: number) {
    this.#ending = ending;
    this.#timeout = timeout;
  }

  /** The first handshake begins, of whose time so much is left. */
  start(timeLeft: number = this.#timeout, signal?: AbortSignal): void {
    this.#started = performance.now() - (this.#timeout - timeLeft);
    this.#signal = signal;
    this.#first = this.#deadline(timeLeft, signal);
  }

  /** Handshakes have another limit, the one that is under way as well. */
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

  /** The first handshake is over. */
  stop(): void {
    this.#first?.clear();
    this.#first = undefined;
    this.#grace?.clear();
  }

  /** Another handshake may take as long as the first one. */
  limit(pending: Promise<void> | undefined): void {
    if (pending === undefined || pending === this.#limited) return;
    this.#limited = pending;
    const deadline = this.#deadline(this.#timeout);
    pending.then(() => deadline.clear());
  }

  /** Gives the peer a moment to say why it takes nothing. */
  startGrace(error: unknown): void {
    this.#grace ??= new Deadline(
      GRACE_TIME,
      undefined,
      () => this.#ending.fail(error),
    );
  }

  #deadline(timeLeft: number, signal?: AbortSignal): Deadline {
    return new Deadline(timeLeft, signal, (reason) => {
      this.#ending.giveUp(
        reason ?? new TlsTimeoutError(
          "handshake_timeout",
          `The handshake took longer than ${this.#timeout} ms`,
        ),
      );
    });
  }
}

/** Milliseconds that a handshake waits for an alert where nothing is taken. */
const GRACE_TIME = 500;
