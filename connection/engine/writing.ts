/**
 * The writing side of one end: application data in the order in which they
 * were given, and close_notify behind them.
 *
 * @module
 */

import type { MaybePromise } from "../../crypto/primitives/provider.ts";
import { TlsError } from "../../errors.ts";
import { ContentType } from "../../registry.ts";
import type { Core } from "./core.ts";
import type { Inbound } from "./inbound.ts";

/** Writes of one connection, which follow one another. */
export class Writing {
  readonly #core: Core;
  readonly #inbound: Inbound;
  /** The last write that waits for a handshake or for keys. */
  #waiting: Promise<void> | undefined;
  /** Our close_notify is under way. */
  #end: Promise<void> | undefined;
  /** Resolves when nothing is waited for any more. */
  readonly #hurried = Promise.withResolvers<void>();

  constructor(core: Core, inbound: Inbound) {
    this.#core = core;
    this.#inbound = inbound;
  }

  /** Whether our close_notify is under way. */
  get isEnding(): boolean {
    return this.#end !== undefined;
  }

  /** Throws if the connection has failed, or our close_notify is under way. */
  throwIfEnding(): void {
    const { state, ending } = this.#core;
    state.throwIfFailed();
    // Behind it nothing is sent (RFC 8446 section 6.1).
    if (this.isEnding) throw ending.complete(writeAfterEnd());
  }

  /**
   * Sends bytes of the application. A promise says that there is no room for
   * more: until it resolves, the bytes are to stay unchanged.
   */
  write(bytes: Uint8Array): MaybePromise<void> {
    this.throwIfEnding();
    if (bytes.length === 0) return;
    const { state: { post }, io: { records } } = this.#core;
    if (
      post === undefined || records.writer.keyUpdateDue ||
      post.running !== undefined || this.#waiting !== undefined
    ) return this.#writeInTurn(bytes);
    return records.write(ContentType.application_data, bytes);
  }

  /** Sends close_notify, once, behind all that was written. */
  end(): Promise<void> {
    if (this.#end === undefined) {
      this.#end = this.#sendCloseNotify();
      this.#end.catch(() => {});
    }
    return this.#end;
  }

  /** Has close_notify wait no longer for another handshake. */
  hurry(): void {
    this.#hurried.resolve();
  }

  /** Writes leave in the order of the calls, whatever each has to wait for. */
  #writeInTurn(bytes: Uint8Array): Promise<void> {
    const writing = this.#waiting === undefined
      ? this.#writeWhenReady(bytes)
      : this.#waiting.then(() => this.#writeWhenReady(bytes));
    const over = () => {
      if (this.#waiting === kept) this.#waiting = undefined;
    };
    const kept: Promise<void> = writing.then(over, over);
    this.#waiting = kept;
    return writing;
  }

  async #writeWhenReady(bytes: Uint8Array): Promise<void> {
    const { state, io: { records } } = this.#core;
    await state.handshake();
    await this.#untilHandshaken();
    const { post } = state;
    if (records.writer.keyUpdateDue && post?.established.traffic) {
      // RFC 8446 section 5.5: before the key has protected too much.
      await post.updateKeys(false);
    }
    await records.write(ContentType.application_data, bytes);
  }

  /** Waits for another handshake that is under way, first for its answer. */
  async #untilHandshaken(): Promise<void> {
    const { state } = this.#core;
    const running = () => state.post?.running;
    for (let wait = running(); wait !== undefined; wait = running()) {
      this.#inbound.ahead();
      await state.unlessFailed(wait);
    }
  }

  async #sendCloseNotify(): Promise<void> {
    const { io, state, transport, endsWithCloseNotify } = this.#core;
    await state.handshake();
    await this.#waiting;
    // In its middle close_notify would end another handshake and all that was
    // to come of the peer behind it: only close() means that.
    await Promise.race([this.#untilHandshaken(), this.#hurried.promise]);
    await io.flush();
    io.sendAlert("warning", "close_notify");
    await io.flush();
    if (endsWithCloseNotify) await transport.closeWrite();
  }
}

function writeAfterEnd(): TlsError {
  return new TlsError("closed", "Cannot write: close_notify was sent");
}
