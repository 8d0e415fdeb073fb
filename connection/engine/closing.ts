/**
 * Closing in order, so that nothing that was written is lost.
 *
 * A socket that is closed while bytes of the peer are unread, or that gets some
 * later, resets the connection, and with that takes back what the peer has not
 * read yet. So close() sends close_notify, ends our direction, and reads and
 * drops what comes until the peer has ended too. Others do the same: nginx by
 * `lingering_close`, Apache httpd by its lingering close, Go's `net/http` by
 * CloseWrite and a pause, Node by waiting for the peer's FIN, without a limit.
 *
 * @module
 */

import { type TlsError, TlsTimeoutError } from "../../errors.ts";
import type { RecordLayer } from "../../record/layer.ts";
import { Deadline, StallWatch, within } from "../transport/deadline.ts";
import type { CloseResult, Ending } from "./ending.ts";
import type { Reading } from "./reading.ts";
import type { Transport } from "../transport/transport.ts";
import type { Writing } from "./writing.ts";

/** The parts of a connection that are closed. */
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
  /** What pending calls reject with. */
  readonly #over: TlsError;
  /** A transport that has stalled may keep its promises for ever. */
  readonly #cut = Promise.withResolvers<never>();

  /** Closes nothing before `run`. */
  constructor(ends: Closable, over: TlsError) {
    this.#ends = ends;
    this.#over = over;
    this.#cut.promise.catch(() => {});
  }

  /** Ends both directions, and waits for the peer within bounds. */
  async run(): Promise<void> {
    const { transport, records, reading, ending } = this.#ends;
    // From the start: a peer that waits for us to read does not read itself.
    const drained = reading.drain(this.#over);
    drained.catch(() => {});
    const result = await this.#unlessCut(this.#end(drained))
      .catch((error): CloseResult => ({ clean: false, error }));
    if (!ending.stop(this.#over)) {
      // An error or abort() came first, and lets the transport go.
      await ending.closed;
      return;
    }
    await this.#unlessCut(transport.close()).catch(() => {});
    records.writer.abort(this.#over);
    ending.settle(result);
  }

  /** Waits for nothing any more; `closed` says why. */
  cut(reason: TlsError = this.#over): void {
    // First, as a socket that is closed gives a write an error of its own.
    this.#ends.records.writer.abort(this.#over);
    this.#ends.transport.abort(this.#over);
    this.#cut.reject(reason);
  }

  async #end(drained: Promise<void>): Promise<CloseResult> {
    const { transport, reading, records, ending } = this.#ends;
    const watch = new StallWatch(
      STALL_TIMEOUT,
      () => transport.progress,
      () => this.cut(this.#timeout(STALL_TIMEOUT, "take what was sent")),
    );
    try {
      await ending.unlessFailed(this.#endWriting());
    } catch (error) {
      watch.clear();
      await within(GRACE_TIME, drained);
      // A peer that has closed at the same time takes nothing any more. All is
      // well if it has said so, and all the data was taken.
      return reading.hasEnded && !records.writer.hasUnsentData
        ? { clean: true }
        : { clean: false, error };
    }
    watch.clear();
    if (reading.hasEnded) return { clean: true };
    await ending.unlessFailed(this.#withinBounds(drained));
    return { clean: true };
  }

  /** All that was written, close_notify, and the end of our direction. */
  async #endWriting(): Promise<void> {
    const { transport, writing } = this.#ends;
    await writing.end();
    await transport.closeWrite();
  }

  /** Waits for the peer's end, as long as it is not too long or too much. */
  async #withinBounds(drained: Promise<void>): Promise<void> {
    const { records, reading } = this.#ends;
    const { promise, reject } = Promise.withResolvers<never>();
    const late = (time: number) => {
      reject(this.#timeout(time, "end its direction"));
    };
    const silence = new StallWatch(
      SILENCE_TIMEOUT,
      () => records.stats.bytesRead,
      () => late(SILENCE_TIMEOUT),
    );
    const total = new Deadline(
      DRAIN_TIMEOUT,
      undefined,
      () => late(DRAIN_TIMEOUT),
    );
    reading.limitDrain(MAX_DRAINED);
    try {
      await Promise.race([drained, promise]);
    } finally {
      silence.clear();
      total.clear();
    }
  }

  #timeout(time: number, verb: string): TlsError {
    const error = new TlsTimeoutError(
      "close_timeout",
      `Cannot close in order: the peer did not ${verb} within ${time} ms`,
    );
    this.#ends.ending.complete(error);
    return error;
  }

  #unlessCut<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.#cut.promise]);
  }
}

/** Milliseconds in which the transport must take some bytes. */
const STALL_TIMEOUT = 30_000;

/**
 * Milliseconds without a byte of the peer: nginx's `lingering_timeout`. A peer
 * that says nothing causes no reset, so nothing is lost by not waiting longer.
 */
const SILENCE_TIMEOUT = 5000;

/**
 * Milliseconds for a peer that does go on sending: nginx's `lingering_time` and
 * Apache httpd's MAX_SECS_TO_LINGER.
 */
const DRAIN_TIMEOUT = 30_000;

/** Milliseconds for what a peer has sent before it took nothing any more. */
const GRACE_TIME = 500;

/**
 * Bytes of the peer that are dropped: more than the buffers of both sockets
 * hold by Linux's defaults (6 MiB of tcp_rmem, 4 MiB of tcp_wmem), so a peer
 * that stops writing at our close_notify is never cut off.
 */
const MAX_DRAINED: number = 16 * 2 ** 20;
