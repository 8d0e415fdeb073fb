/**
 * The outbound direction of a connection: application data in the order of the
 * calls, new keys, and close_notify behind all of it.
 *
 * @module
 */

import { TlsError } from "../../errors.ts";
import { ContentType } from "../../registry.ts";
import { observed } from "./calls.ts";
import type { Core } from "./core.ts";
import type { WriteDeadline } from "./deadlines.ts";
import type { Inbound } from "./inbound.ts";
import type { Failure } from "./state.ts";

/** A write that has not begun. */
interface QueuedWrite {
  isLate: boolean;
  reject(error: unknown): void;
}

/** What one connection writes. */
export class Outbound {
  readonly #core: Core;
  readonly #inbound: Inbound;
  /** The last write that waits for a handshake or for keys. */
  #waiting: Promise<void> | undefined;
  /** Our close_notify, once it was asked for. */
  #end: Promise<void> | undefined;
  /** Resolves when close_notify waits for no other handshake any more. */
  #hurried: PromiseWithResolvers<void> | undefined;
  #isHurried = false;
  /** Writes that wait for a handshake or for keys. */
  #queued: Set<QueuedWrite> | undefined;
  /** What writes reject with after the deadline of one has passed. */
  #late: Failure | undefined;
  /** There once writes have a deadline. */
  deadline: WriteDeadline | undefined;

  constructor(core: Core, inbound: Inbound) {
    this.#core = core;
    this.#inbound = inbound;
  }

  /** Whether our close_notify was asked for. */
  get isEnding(): boolean {
    return this.#end !== undefined;
  }

  /** Throws if the connection has failed, or our close_notify was asked for. */
  throwIfEnding(): void {
    const { state } = this.#core;
    state.throwIfFailed();
    if (this.#late !== undefined) throw this.#late.error;
    if (this.isEnding) throw this.#writeAfterEnd();
  }

  /**
   * Sends application data. Without a promise there is room for more. Until a
   * promise resolves, the bytes must not change.
   */
  write(bytes: Uint8Array): Promise<void> | undefined {
    const { deadline } = this;
    if (deadline !== undefined) return this.#writeInTime(bytes, deadline);
    return this.#isReady && bytes.length > 0
      ? this.#core.io.records.writer.write(ContentType.application_data, bytes)
      : this.#write(bytes);
  }

  #writeInTime(
    bytes: Uint8Array,
    deadline: WriteDeadline,
  ): Promise<void> | undefined {
    try {
      this.throwIfEnding();
      deadline.throwIfPast();
    } catch (error) {
      return rejected(error);
    }
    const writing = this.#write(bytes);
    return writing && deadline.watch(writing);
  }

  /** Whether data can be sent at once. */
  get #isReady(): boolean {
    const { state: { failure, post }, io: { records: { writer } } } =
      this.#core;
    return failure === undefined && !this.isEnding &&
      this.#late === undefined && post !== undefined &&
      post.running === undefined && !writer.keyUpdateDue &&
      this.#waiting === undefined;
  }

  /** Lets writes from now on wait for some work, such as their deadline. */
  hold(work: Promise<unknown>): void {
    const held = this.#waiting === undefined
      ? work
      : Promise.all([this.#waiting, work]);
    this.#wait(held);
  }

  #write(bytes: Uint8Array): Promise<void> | undefined {
    const { state: { failure }, io: { records: { writer } } } = this.#core;
    if (failure !== undefined) return rejected(failure.error);
    if (this.isEnding) return rejected(this.#writeAfterEnd());
    if (this.#late !== undefined) return rejected(this.#late.error);
    if (bytes.length === 0) return undefined;
    return this.#isReady
      ? writer.write(ContentType.application_data, bytes)
      : this.#writeInTurn(bytes);
  }

  /**
   * Changes to new traffic keys (RFC 9846 section 4.7.3). Resolves when the
   * transport has taken the KeyUpdate.
   */
  async updateKeys(requestPeer: boolean): Promise<void> {
    const { io, state, ending } = this.#core;
    await state.handshake();
    this.throwIfEnding();
    const post = state.requirePost();
    // A mistake in the call, which leaves the connection as it is.
    if (!post.canUpdateKeys) return await post.updateKeys(requestPeer);
    try {
      await post.updateKeys(requestPeer);
      await io.flush();
    } catch (error) {
      throw ending.fail(error);
    }
  }

  /** The last write that waits, if there is one. */
  get pending(): Promise<void> | undefined {
    return this.#waiting ?? this.#core.io.records.writer.pending;
  }

  /** The deadline of a write has passed while it was under way. */
  get late(): Failure | undefined {
    return this.#late;
  }

  /**
   * Rejects the writes that wait. What has not begun is not sent; where something
   * has, writing ends: nobody knows how much of it the peer gets.
   */
  expire(error: unknown): void {
    this.drop(error);
    const { writer } = this.#core.io.records;
    if (writer.pending === undefined) return;
    this.#late = { error };
    writer.abort(error);
  }

  /** Rejects the writes that have not begun: nothing of them is sent. */
  drop(error: unknown): void {
    for (const write of this.#queued ?? []) {
      write.isLate = true;
      write.reject(error);
    }
  }

  /** Resolves once the transport has taken all that was written. */
  flush(): Promise<void> {
    const flushed = this.#flush();
    return this.deadline?.watch(flushed) ?? flushed;
  }

  async #flush(): Promise<void> {
    const { io, state } = this.#core;
    await state.usable();
    await this.#waiting;
    await io.flush();
  }

  /** Sends close_notify, once, behind all that was written. */
  end(): Promise<void> {
    return this.#end ??= observed(this.#sendCloseNotify());
  }

  /** Lets close_notify wait for no other handshake any more. */
  hurry(): void {
    this.#isHurried = true;
    this.#hurried?.resolve();
  }

  /** Sends data in the order of the calls, whatever each has to wait for. */
  #writeInTurn(bytes: Uint8Array): Promise<void> {
    const queued = { ...Promise.withResolvers<void>(), isLate: false };
    (this.#queued ??= new Set()).add(queued);
    const write = () => this.#writeWhenReady(bytes, queued);
    const writing = this.#waiting === undefined
      ? write()
      : this.#waiting.then(write);
    writing.then(queued.resolve, queued.reject);
    this.#wait(writing);
    return queued.promise;
  }

  /** Makes later writes wait until some work is over, however it ends. */
  #wait(work: Promise<unknown>): void {
    const over = () => {
      if (this.#waiting === kept) this.#waiting = undefined;
    };
    const kept: Promise<void> = work.then(over, over);
    this.#waiting = kept;
  }

  async #writeWhenReady(
    bytes: Uint8Array,
    queued: QueuedWrite,
  ): Promise<void> {
    const { state, io: { records: { writer } } } = this.#core;
    try {
      await state.usable();
      // Only after the handshake can the key be updated.
      if (writer.keyUpdateDue) await state.handshake();
      await this.#untilHandshaken();
    } finally {
      this.#queued?.delete(queued);
    }
    if (queued.isLate) return;
    const { post } = state;
    if (post?.keyUpdateDue) {
      // RFC 9846 section 5.5: before the key has protected too much.
      await post.updateKeys(false);
    }
    await writer.write(ContentType.application_data, bytes);
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

  async #untilHandshakenOrHurried(): Promise<void> {
    if (this.#isHurried) return;
    this.#hurried = Promise.withResolvers();
    await Promise.race([this.#untilHandshaken(), this.#hurried.promise]);
  }

  async #sendCloseNotify(): Promise<void> {
    const { io, state, transport, endsWithCloseNotify } = this.#core;
    await state.handshake();
    await this.#waiting;
    // In the middle of another handshake close_notify would end that, and the
    // data that the peer sends behind it: only close() means that.
    do {
      await this.#untilHandshakenOrHurried();
      await io.flush();
      // A HelloRequest may have come meanwhile.
    } while (!this.#isHurried && state.post?.running !== undefined);
    io.sendAlert("warning", "close_notify");
    await io.flush();
    if (endsWithCloseNotify) await transport.closeWrite();
  }

  /** RFC 9846 section 6.1: nothing is sent behind close_notify. */
  #writeAfterEnd(): unknown {
    return this.#core.ending.complete(
      new TlsError("closed", "Cannot write: close_notify was sent"),
    );
  }
}

function rejected(error: unknown): Promise<never> {
  return observed(Promise.reject(error));
}
