/**
 * Ending a connection in order, so that nothing that was written is lost.
 *
 * A socket that is closed while received bytes are unread, or that receives
 * more later, resets the connection: the peer then loses what it has not read
 * yet. So close() sends close_notify, ends our direction, and reads and
 * drops what comes until the peer has ended too. Others do the same: nginx by
 * `lingering_close`, Apache httpd by its lingering close, Go's `net/http` by
 * CloseWrite and a pause, Node by waiting for the peer's FIN, without a limit.
 *
 * @module
 */

import { TlsError, TlsTimeoutError } from "../../errors.ts";
import { within } from "../transport/deadline.ts";
import { type Duplex, releasing } from "../transport/transport.ts";
import { unread } from "./calls.ts";
import { CLOSE_TICK, CloseWatch } from "./close_watch.ts";
import type { Core } from "./core.ts";
import type { CloseResult, Ending } from "./ending.ts";
import type { Inbound } from "./inbound.ts";
import type { Outbound } from "./outbound.ts";
import type { Failure } from "./state.ts";

/** Closes one connection. */
export class Closing {
  readonly #core: Core;
  readonly #inbound: Inbound;
  readonly #outbound: Outbound;
  /** The close that is under way, or done. */
  #closing: Promise<void> | undefined;
  /** What pending calls reject with while the close is under way. */
  #over: Failure | undefined;
  /** Ends the wait for a transport that has stalled. */
  #cut: PromiseWithResolvers<never> | undefined;

  constructor(core: Core, inbound: Inbound, outbound: Outbound) {
    this.#core = core;
    this.#inbound = inbound;
    this.#outbound = outbound;
  }

  /** Ends both directions, in order. */
  close(): Promise<void> {
    if (this.#core.state.isDetached) return Promise.resolve();
    const { late } = this.#outbound;
    // Nothing can be sent in order any more.
    if (late !== undefined) this.#core.ending.giveUp(late.error);
    return this.#closing ??= this.#close();
  }

  /** Ends both directions at once; pending calls reject with `reason`. */
  abort(reason: unknown): void {
    const { state, ending } = this.#core;
    if (state.failure === undefined) ending.giveUp(reason);
    else this.#cutOff();
  }

  /** Sends close_notify behind all that was written (RFC 9846 section 6.1). */
  async closeWrite(): Promise<void> {
    await this.#outbound.end();
    if (this.#inbound.isOver && !this.#core.state.isDetaching) {
      await this.close();
    }
  }

  /** Drops what the peer sends from now on; writing goes on. */
  async cancelRead(): Promise<void> {
    this.#inbound.cancel();
    if (this.#outbound.isEnding) await this.close();
  }

  /**
   * Ends TLS by close_notify both ways, and hands back the transport.
   *
   * @throws {TypeError} If application data from the peer is still unread.
   */
  async detach(): Promise<Duplex> {
    const { io, state, ending, transport } = this.#core;
    await state.handshake();
    const module = await releasing.load();
    state.throwIfFailed();
    if (state.hasUnreadEarlyData) throw unread();
    state.isDetaching = true;
    await this.closeWrite();
    if (!await this.#inbound.readEnd()) {
      state.isDetaching = false;
      throw unread();
    }
    const duplex = transport.release(io.records.reader.detach(), module);
    ending.detach();
    return duplex;
  }

  async #close(): Promise<void> {
    const { state, ending, transport } = this.#core;
    if (state.settled !== undefined && state.post === undefined) {
      // What was sent so far is not to be lost: the client's Finished is near.
      await within(SILENCE_TIMEOUT, state.handshake());
    }
    this.#outbound.hurry();
    const over = new Closed(ending);
    if (!state.hasBegun) {
      // No call waits for anything.
      transport.abort(over.error);
      if (state.fail(over)) ending.settle({ clean: true });
    } else if (state.post === undefined) {
      ending.fail(over.error);
      await ending.closed;
    } else {
      state.startClosing();
      await this.#closeInOrder(over);
    }
  }

  /** Ends both directions, and waits for the peer within bounds. */
  async #closeInOrder(over: Failure): Promise<void> {
    const { transport, io, state, ending } = this.#core;
    this.#over = over;
    const cut = this.#cut = Promise.withResolvers<never>();
    cut.promise.catch(ignore);
    // From the start: a peer that waits for our reads may not read itself.
    const drained = this.#inbound.drain(over);
    drained.catch(ignore);
    const result = await Promise.race([this.#end(drained), cut.promise])
      .catch((error): CloseResult => ({ clean: false, error }));
    if (!state.fail(over)) {
      // An error or abort() came first, and aborts the transport.
      await ending.closed;
      return;
    }
    await Promise.race([transport.close(), cut.promise]).catch(ignore);
    io.records.writer.fail(over);
    ending.settle(result);
  }

  /** Stops all waiting of a close that is under way. */
  #cutOff(reason?: TlsError): void {
    const { io, transport } = this.#core;
    if (this.#over === undefined) return;
    const { error } = this.#over;
    // First: a socket that is closed rejects writes with errors of its own.
    io.records.writer.abort(error);
    transport.abort(error);
    this.#cut?.reject(reason ?? error);
  }

  async #end(drained: Promise<void>): Promise<CloseResult> {
    const { transport, io, state } = this.#core;
    const watch = new CloseWatch({
      progress: () => transport.progress,
      stall: STALL_TIMEOUT,
      onLate: (time) => this.#cutOff(this.#timeout(time, "take what was sent")),
    });
    try {
      await state.unlessFailed(this.#endWriting());
    } catch (error) {
      watch.clear();
      await within(GRACE_TIME, drained);
      // A peer that has closed at the same time takes nothing more. The close is
      // clean if its close_notify has come, and it has taken all the data.
      return this.#inbound.hasEnded && !io.records.writer.hasUnsentData
        ? { clean: true }
        : { clean: false, error };
    }
    try {
      if (!this.#inbound.hasEnded) {
        await state.unlessFailed(this.#withinBounds(drained, watch));
      }
      return { clean: true };
    } finally {
      watch.clear();
    }
  }

  /** Sends what was written and close_notify, and ends our direction. */
  async #endWriting(): Promise<void> {
    await this.#outbound.end();
    await this.#core.transport.closeWrite();
  }

  /** Waits for the peer's end, within limits of time and bytes. */
  #withinBounds(drained: Promise<void>, watch: CloseWatch): Promise<void> {
    const { records } = this.#core.io;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    watch.enter({
      progress: () => records.stats.bytesRead,
      stall: SILENCE_TIMEOUT,
      total: DRAIN_TIMEOUT,
      onLate: (time) => reject(this.#timeout(time, "end its direction")),
    });
    this.#inbound.limitDrain(MAX_DRAINED);
    drained.then(resolve, reject);
    return promise;
  }

  #timeout(time: number, verb: string): TlsError {
    const error = new TlsTimeoutError(
      "close_timeout",
      `Cannot close in order: the peer did not ${verb} within ${time} ms`,
    );
    this.#core.ending.complete(error);
    return error;
  }
}

/**
 * What calls reject with from now on: made for the first of them, as an error
 * with its stack takes some 50 µs and most connections have no such call.
 */
class Closed implements Failure {
  readonly #ending: Ending;
  #error: unknown;

  constructor(ending: Ending) {
    this.#ending = ending;
  }

  get error(): unknown {
    return this.#error ??= this.#ending.complete(
      new TlsError("closed", "The connection was closed"),
    );
  }
}

function ignore(): void {}

/** Milliseconds in which the transport must take some bytes: 30 seconds. */
const STALL_TIMEOUT = 6 * CLOSE_TICK;

/**
 * Milliseconds without a byte from the peer, 5 seconds: nginx's `lingering_timeout`. A peer
 * that sends nothing causes no reset, so waiting longer saves nothing.
 */
const SILENCE_TIMEOUT = CLOSE_TICK;

/**
 * Milliseconds for a peer that goes on sending, 30 seconds: nginx's `lingering_time` and
 * Apache httpd's MAX_SECS_TO_LINGER.
 */
const DRAIN_TIMEOUT = 6 * CLOSE_TICK;

/** Milliseconds in which to read what came before our writes failed. */
const GRACE_TIME = 500;

/**
 * Bytes from the peer that are dropped: more than the buffers of both sockets
 * hold by Linux's defaults (6 MiB of tcp_rmem, 4 MiB of tcp_wmem), so a peer
 * that stops writing at our close_notify is never cut off.
 */
const MAX_DRAINED: number = 16 * 2 ** 20;
