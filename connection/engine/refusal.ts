/**
 * Why a transport takes nothing more: a peer that refuses a connection sends an
 * alert and closes, and those who only write meet the closed socket first.
 *
 * @module
 */

import { TlsAlertError } from "../../errors.ts";
import type { HandshakeIO } from "../../handshake/io/message_stream.ts";
import { ContentType } from "../../registry.ts";
import { StallWatch, within } from "../transport/deadline.ts";
import type { Ending } from "./ending.ts";
import type { HandshakeClock } from "./handshake_clock.ts";
import type { Reading } from "./reading.ts";

/** The parts of a connection that know about a failed write. */
export interface RefusalEnds {
  readonly io: HandshakeIO;
  readonly ending: Ending;
  readonly clock: HandshakeClock;
  readonly reading: Reading;
  /** Whether the first handshake is not over. */
  isHandshaking(): boolean;
  /** Whether close() was called. */
  isClosing(): boolean;
  /** Closes the connection. */
  close(): void;
}

/** The reason for the failed writes of one connection. */
export class Refusal {
  readonly #ends: RefusalEnds;
  #reason: Promise<unknown> | undefined;
  #unread: StallWatch | undefined;

  /** Takes where it looks. */
  constructor(ends: RefusalEnds) {
    this.#ends = ends;
  }

  /**
   * The error that writes are to reject with: an alert of the peer if one comes
   * within a moment, else the transport's. The connection ends with it, as
   * nobody may be reading.
   */
  of(error: unknown): Promise<unknown> {
    if (!this.#ends.isHandshaking()) {
      return this.#reason ??= this.#inData(error);
    }
    this.notice(error);
    // A flow that waits for its messages to leave is not reading.
    return this.#reason ??= this.#inHandshake(error);
  }

  /**
   * The transport takes nothing more, which no write may have met yet: what is
   * read says how the connection ends. A handshake has a moment for that, as it
   * would wait for the answer to what was not sent.
   */
  notice(error: unknown): void {
    const { ending, clock, reading } = this.#ends;
    ending.transportFailed(error);
    if (ending.failure !== undefined) return;
    if (this.#ends.isHandshaking()) clock.startGrace(error);
    else reading.seekAlert().catch(() => {});
  }

  /** Stops to wait. */
  rest(): void {
    this.#unread?.clear();
  }

  async #inHandshake(error: unknown): Promise<unknown> {
    const { ending } = this.#ends;
    if (ending.failure === undefined) {
      const found = this.#readAlert().catch((alert) => {
        if (alert instanceof TlsAlertError) ending.fail(alert);
      });
      await within(GRACE_TIME, ending.unlessFailed(found));
    }
    return this.#failure(error);
  }

  async #readAlert(): Promise<void> {
    const { io } = this.#ends;
    for (;;) {
      const fragment = await io.records.read();
      if (fragment === undefined) return;
      if (fragment.type === ContentType.alert) io.receiveAlert(fragment.bytes);
    }
  }

  async #inData(error: unknown): Promise<unknown> {
    const { ending, reading } = this.#ends;
    ending.writeFailed(error);
    if (ending.failure === undefined) {
      await within(GRACE_TIME, ending.unlessFailed(reading.seekAlert()));
      // A close that is under way says itself how it went.
      if (!this.#ends.isClosing()) this.#end(error);
    }
    return this.#failure(error);
  }

  #failure(otherwise: unknown): unknown {
    const { failure } = this.#ends.ending;
    return failure === undefined ? otherwise : failure.error;
  }

  /** What the peer has sent before is still there to be read. */
  #end(error: unknown): void {
    const { reading, ending } = this.#ends;
    if (ending.failure !== undefined) return;
    if (!reading.hasUnread) return this.#conclude(error);
    this.#unread = new StallWatch(
      UNREAD_TIMEOUT,
      () => reading.reads,
      () => this.#conclude(error),
    );
  }

  #conclude(error: unknown): void {
    const { ending, reading, io } = this.#ends;
    const lost = io.records.writer.hasUnsentData;
    if (reading.hasEnded && !lost) this.#ends.close();
    else ending.fail(error);
  }
}

/** Milliseconds for an alert to come. */
const GRACE_TIME = 500;

/** Milliseconds without a read after which unread data counts as not wanted. */
const UNREAD_TIMEOUT = 30_000;
