/**
 * What follows the peer's close_notify: the connection closes, or our direction
 * stays open.
 *
 * @module
 */

import { StallWatch } from "../transport/deadline.ts";
import type { Closing } from "./closing.ts";
import type { Core } from "./core.ts";
import type { Inbound } from "./inbound.ts";
import type { Outbound } from "./outbound.ts";

/** Watches one connection for the end of the peer's direction. */
export class PeerEnd {
  readonly #core: Core;
  readonly #inbound: Inbound;
  readonly #outbound: Outbound;
  readonly #closing: Closing;
  /** Watches whether we still write after the transport has ended. */
  #unused: StallWatch | undefined;

  constructor(
    core: Core,
    parts: { inbound: Inbound; outbound: Outbound; closing: Closing },
  ) {
    this.#core = core;
    this.#inbound = parts.inbound;
    this.#outbound = parts.outbound;
    this.#closing = parts.closing;
  }

  /** Stops watching. */
  stop(): void {
    this.#unused?.clear();
  }

  /** close_notify has come: our direction ends too, unless it may stay open. */
  end(): void {
    const { state, io } = this.#core;
    if (state.isDetaching) return;
    if (this.#outbound.isEnding || !state.config.allowHalfOpen) {
      // Nothing waits for this: the reader has got the end, and our writes may
      // take their time.
      void this.#closing.close();
      return;
    }
    this.#inbound.awaitNobody();
    io.records.reader.watchEnd((error) => this.#endTransport(error));
  }

  /**
   * The transport has ended behind close_notify. A server may be about to answer
   * a client that has ended its direction. A server that has ended its own
   * before the client has usually gone; a client that neither reads nor writes
   * is in a pool, which waits for `closed`.
   */
  #endTransport(error: unknown): void {
    const { state, io, endsWithCloseNotify } = this.#core;
    if (state.isDetaching || state.name !== "open") return;
    if (error !== undefined) return void this.#closing.close();
    if (state.side === "server" || endsWithCloseNotify) return;
    if (this.#inbound.hasToldEnd) return;
    this.#unused = new StallWatch(
      UNUSED_TIMEOUT,
      () => io.records.stats.bytesWritten + this.#inbound.reads,
      () => {
        if (this.#inbound.hasToldEnd || state.isDetaching) return;
        void this.#closing.close();
      },
    );
  }
}

/** Milliseconds in which a client that goes on writes something. */
const UNUSED_TIMEOUT = 500;
