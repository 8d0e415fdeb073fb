/**
 * Closing in order: close_notify both ways, unless the transport has stalled.
 *
 * @module
 */

import type { TlsError } from "../errors.ts";
import type { RecordLayer } from "../record/layer.ts";
import { StallWatch } from "./deadline.ts";
import type { CloseResult, Ending } from "./ending.ts";
import type { Reading } from "./reading.ts";
import type { Transport } from "./transport.ts";
import type { Writing } from "./writing.ts";

/** What of a connection is closed. */
export interface Closable {
  readonly transport: Transport;
  readonly records: RecordLayer;
  readonly reading: Reading;
  readonly writing: Writing;
  readonly ending: Ending;
}

/** The close of one connection after its handshake. */
export class Closing {
  readonly #ends: Closable;
  /** What is told to all that is still pending. */
  readonly #over: TlsError;
  /** A transport that has stalled may keep its promises for ever. */
  readonly #stalled = Promise.withResolvers<never>();

  /** Closes nothing by itself. */
  constructor(ends: Closable, over: TlsError) {
    this.#ends = ends;
    this.#over = over;
    this.#stalled.promise.catch(() => {});
  }

  /** Ends both directions, as long as something moves. */
  async run(): Promise<void> {
    const { transport } = this.#ends;
    const watch = new StallWatch(
      STALL_TIMEOUT,
      () => transport.progress,
      () => this.cut(),
    );
    await this.#run();
    watch.clear();
  }

  /** Waits for nothing any more. */
  cut(): void {
    // First, as a socket that is closed gives a write an error of its own.
    this.#ends.records.writer.abort(this.#over);
    this.#ends.transport.abort(this.#over);
    this.#stalled.reject(this.#over);
  }

  async #run(): Promise<void> {
    const { transport, records, reading, writing, ending } = this.#ends;
    let result: CloseResult = { clean: true };
    try {
      await this.#unlessStalled(ending.unlessFailed(writing.end()));
    } catch (error) {
      // A peer that closes at the same time takes nothing any more, but its
      // close_notify is there.
      if (!await this.#unlessStalled(reading.toEnd()).catch(() => false)) {
        result = { clean: false, error };
      }
    }
    // Whoever reads still is told that it was closed, not that it was cut off.
    if (!ending.stop(this.#over)) {
      // An error or abort() came first, and lets the transport go.
      await ending.closed;
      return;
    }
    await this.#unlessStalled(transport.close()).catch(() => {});
    records.writer.abort(this.#over);
    ending.settle(result);
  }

  #unlessStalled<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.#stalled.promise]);
  }
}

/** Milliseconds without a byte taken after which a closing connection is cut. */
const STALL_TIMEOUT = 30_000;
