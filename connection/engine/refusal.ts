/**
 * Why writes fail: a peer that refuses a connection sends an alert and closes,
 * and a connection that only writes meets the closed socket first.
 *
 * @module
 */

import { TlsAlertError } from "../../errors.ts";
import { ContentType } from "../../registry.ts";
import { StallWatch, within } from "../transport/deadline.ts";
import type { Closing } from "./closing.ts";
import type { Core } from "./core.ts";
import type { Inbound } from "./inbound.ts";

/** Finds the reason for the failed writes of one connection. */
export class Refusal {
  readonly #core: Core;
  readonly #inbound: Inbound;
  readonly #closing: Closing;
  #reason: Promise<unknown> | undefined;
  #unread: StallWatch | undefined;

  constructor(core: Core, inbound: Inbound, closing: Closing) {
    this.#core = core;
    this.#inbound = inbound;
    this.#closing = closing;
  }

  /** Stops waiting for the application to read. */
  stop(): void {
    this.#unread?.clear();
  }

  /**
   * The error that writes reject with: the peer's alert if one comes within a
   * moment, else the transport's error. The connection ends with it, as nobody
   * may be reading.
   */
  of(error: unknown): Promise<unknown> {
    if (this.#core.state.post !== undefined) {
      return this.#reason ??= this.#inData(error);
    }
    this.notice(error);
    // A flow that waits for its messages to leave is not reading.
    return this.#reason ??= this.#inHandshake(error);
  }

  /**
   * The transport takes nothing more, perhaps before any write has failed: reads
   * find out how the connection ends. A handshake has a moment for that, as it
   * would wait for an answer to what was not sent.
   */
  notice(error: unknown): void {
    const { state, ending, clock } = this.#core;
    // Before a handshake was asked for, there is nothing to end.
    ending.transportFailed(error);
    if (!state.hasBegun || state.failure !== undefined) return;
    if (state.post === undefined) clock.startGrace(error);
    else this.#inbound.seekAlert().catch(() => {});
  }

  async #inHandshake(error: unknown): Promise<unknown> {
    const { state, ending } = this.#core;
    if (state.failure === undefined) {
      const found = this.#readAlert().catch((alert) => {
        if (alert instanceof TlsAlertError) ending.fail(alert);
      });
      await within(GRACE_TIME, state.unlessFailed(found));
    }
    return this.#failure(error);
  }

  async #readAlert(): Promise<void> {
    const { io } = this.#core;
    for (;;) {
      const fragment = await io.records.reader.read();
      if (fragment === undefined) return;
      if (fragment.type === ContentType.alert) io.receiveAlert(fragment.bytes);
    }
  }

  async #inData(error: unknown): Promise<unknown> {
    const { state, ending } = this.#core;
    ending.writeFailed(error);
    if (state.failure === undefined) {
      await within(GRACE_TIME, state.unlessFailed(this.#inbound.seekAlert()));
      // A close that is under way reports itself how it went.
      if (state.name === "open") this.#end(error);
    }
    return this.#failure(error);
  }

  #failure(otherwise: unknown): unknown {
    const { failure } = this.#core.state;
    return failure === undefined ? otherwise : failure.error;
  }

  /** Ends the connection once the application has read what has come. */
  #end(error: unknown): void {
    if (!this.#inbound.hasUnread) return this.#conclude(error);
    this.#unread = new StallWatch(
      UNREAD_TIMEOUT,
      () => this.#inbound.reads,
      () => this.#conclude(error),
    );
  }

  #conclude(error: unknown): void {
    const { ending, io } = this.#core;
    const lost = io.records.writer.hasUnsentData;
    if (this.#inbound.hasEnded && !lost) void this.#closing.close();
    else ending.fail(error);
  }
}

/** Milliseconds for an alert to come. */
const GRACE_TIME = 500;

/** Milliseconds without a read after which unread data counts as not wanted. */
const UNREAD_TIMEOUT = 30_000;
