/**
 * The reading side of one end: application data for those who ask for it, and
 * what comes among it.
 *
 * @module
 */

import type { MaybePromise } from "../../crypto/primitives/provider.ts";
import {
  TlsAlertError,
  TlsError,
  TlsProtocolError,
  TlsTruncatedError,
} from "../../errors.ts";
import type { Fragment } from "../../record/protection.ts";
import { ContentType } from "../../registry.ts";
import { Ahead } from "./ahead.ts";
import type { Core } from "./core.ts";
import { IdleCheck } from "./idle_check.ts";

/** Who waits for what is read: the application, close(), or nobody. */
export type Awaited = "application" | "close" | "nobody";

/** Reads of one connection, which follow one another. */
export class Reading {
  readonly #core: Core;
  readonly #peerEnded = Promise.withResolvers<void>();
  /** The peer's close_notify has come, or close() has met the end. */
  #hasEnded = false;
  /** The application has been told of that. */
  #hasToldEnd = false;
  /** Nobody wants what the peer sends. */
  #dropsData = false;
  /** What reads reject with once close() was called. */
  #closed: { readonly error: unknown } | undefined;
  #drained: Promise<void> | undefined;
  /** The read that is under way. */
  #current: Promise<unknown> | undefined;
  /** A fragment that was read and not looked at. */
  #waiting: Fragment | undefined;
  readonly #ahead = new Ahead();
  #readingAhead: Promise<void> | undefined;
  /** The application has asked for nothing for a while. */
  #isIdle = false;
  /** A write has failed, of which an alert may be the reason. */
  #seeksAlert = false;
  /** Bytes that were dropped as nobody wants any. */
  #dropped = 0;
  #maxDropped = Infinity;
  readonly #idle: IdleCheck;
  /** Reads of the application that wait, by what rejects them. */
  readonly #readers = new Set<(error: unknown) => void>();
  #reads = 0;

  constructor(core: Core) {
    this.#core = core;
    this.#idle = new IdleCheck({
      activity: () => this.#reads,
      isBusy: () => this.#readers.size > 0,
      onIdle: () => this.#fallIdle(),
    });
    core.state.onLeaving(() => this.#idle.stop());
  }

  /** Resolves when the peer's close_notify has come. */
  get peerEnded(): Promise<void> {
    return this.#peerEnded.promise;
  }

  /** Whether the peer's close_notify has come. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Whether the application knows that it has. */
  get hasToldEnd(): boolean {
    return this.#hasToldEnd;
  }

  /** Whether data is there that the application has not asked for. */
  get hasUnread(): boolean {
    return !this.#ahead.isEmpty;
  }

  /** How many reads the application has asked for. */
  get reads(): number {
    return this.#reads;
  }

  /** Whether nothing more is to be had of the peer. */
  get isOver(): boolean {
    return this.#hasEnded || this.#dropsData;
  }

  /** Throws if nothing more is read that could be an answer. */
  throwIfOver(): void {
    if (this.isOver) throw this.#core.ending.complete(noAnswer());
  }

  /**
   * The next bytes of the application, never none; `null` after close_notify.
   * At once where they are there already.
   */
  next(): MaybePromise<Uint8Array | null> {
    this.#reads++;
    if (this.#dropsData) return null;
    if (this.#closed !== undefined) return Promise.reject(this.#closed.error);
    if (this.#isIdle) this.#wake();
    const bytes = this.#ahead.take();
    if (bytes !== undefined) {
      this.#idle.start();
      return bytes;
    }
    if (
      this.#current === undefined && this.#core.state.failure === undefined
    ) {
      const bytes = this.#readAtOnce();
      if (bytes !== undefined) {
        this.#idle.start();
        return bytes;
      }
    }
    return this.#forReader(this.#inTurn(async () => {
      const bytes = this.#ahead.take() ?? await this.#readNext();
      if (bytes === null) this.#hasToldEnd = true;
      return bytes;
    }));
  }

  /** Puts bytes back that were the next. */
  putBack(bytes: Uint8Array): void {
    this.#ahead.putBack(bytes);
  }

  /** Nobody waits for the transport any more: the peer has ended. */
  awaitNobody(): void {
    this.#await("nobody");
  }

  /** Begins to watch for a connection that nobody reads. */
  watch(): void {
    this.#idle.start();
  }

  /**
   * close() was called: reads of the application reject with `over`, and what
   * still comes is dropped. Resolves when close_notify, or the transport's end,
   * has come.
   */
  drain(over: unknown): Promise<void> {
    if (!this.#hasEnded) {
      this.#closed ??= { error: over };
      this.#ahead.clear();
      for (const reject of this.#readers) reject(over);
      this.#await("close");
    }
    return this.#drained ??= this.#drain();
  }

  /** From here on `drain` rejects when `max` bytes of data were dropped. */
  limitDrain(max: number): void {
    this.#maxDropped = this.#dropped + max;
  }

  /** Nobody wants more. */
  cancel(): void {
    this.#dropsData = true;
    this.#hasToldEnd = true;
    this.#ahead.clear();
    this.#fallIdle();
  }

  /**
   * Reads on for an answer of the peer to a request of ours, or to a write that
   * waits for one: the application may not be reading. Data that comes before
   * it is kept.
   */
  ahead(): void {
    if (!this.#dropsData) this.#wake();
    this.#readAhead().catch(ignore);
  }

  /**
   * Reads on after a write that failed, until there is an alert or nothing more
   * to find. Data that comes before it is kept.
   */
  async seekAlert(): Promise<void> {
    this.#seeksAlert = true;
    await (this.#drained ?? this.#readAhead());
  }

  #fallIdle(): void {
    this.#isIdle = true;
    if (this.#core.state.post?.pending === undefined) this.#await("nobody");
    this.#readAhead().catch(ignore);
  }

  #wake(): void {
    this.#isIdle = false;
    this.#await("application");
  }

  /** An idle connection has no read timeout, and keeps no process alive. */
  #await(by: Awaited): void {
    const { timed, transport, state } = this.#core;
    timed.awaitRead(by === "application");
    transport.awaitRead?.(by !== "nobody" || state.isEndAwaited);
  }

  /** A read for the application: close() ends it. */
  #forReader<T>(reading: Promise<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.#readers.add(reject);
    const settle = () => {
      this.#readers.delete(reject);
      this.#idle.start();
    };
    reading.then((value) => {
      settle();
      resolve(value);
    }, (error) => {
      settle();
      reject(error);
    });
    return promise;
  }

  #inTurn<T>(read: () => Promise<T>): Promise<T> {
    const reading = this.#current === undefined
      ? read()
      : this.#current.then(read);
    const over = () => {
      if (this.#current === kept) this.#current = undefined;
    };
    // Settled before its caller goes on, so that more can be had at once.
    const kept: Promise<void> = reading.then(over, over);
    this.#current = kept;
    return reading;
  }

  #readAtOnce(): Uint8Array | undefined {
    const { io, state } = this.#core;
    if (state.post === undefined || this.#hasEnded) return undefined;
    if (state.post.running !== undefined) return undefined;
    // What is no application data is left to the other way.
    const fragment = this.#waiting ?? io.records.tryRead();
    this.#waiting = fragment;
    if (fragment === undefined || !this.#isData(fragment)) return undefined;
    this.#waiting = undefined;
    this.#sawApplicationData();
    return fragment.bytes;
  }

  #isData(fragment: Fragment): boolean {
    return fragment.type === ContentType.application_data &&
      fragment.bytes.length > 0 && !this.#core.io.hasPartialMessage;
  }

  async #drain(): Promise<void> {
    while (!this.#hasEnded) {
      const bytes = await this.#inTurn(() => this.#readNext());
      this.#dropped += bytes?.length ?? 0;
      if (this.#dropped > this.#maxDropped) throw overrun();
    }
  }

  /** Reads on without the application, as long as there is a reason to. */
  #readAhead(): Promise<void> {
    if (this.#readingAhead === undefined && this.#wantsMore()) {
      this.#readingAhead = this.#readWhileWanted();
    }
    return this.#readingAhead ?? Promise.resolve();
  }

  async #readWhileWanted(): Promise<void> {
    const isWanted = () => this.#wantsMore();
    const pending = () => this.#core.state.post?.pending;
    try {
      while (isWanted()) {
        await this.#inTurn(async () => {
          const bytes = await this.#readNext(isWanted);
          if (bytes !== null) this.#keep(bytes);
        });
        while (pending() && this.#ahead.isFull && !this.#hasEnded) {
          await Promise.race([this.#ahead.taken(), pending()]);
        }
      }
    } finally {
      // Before anything else happens, so that none who asks finds it running.
      this.#readingAhead = undefined;
    }
  }

  /** Whether there is a reason to read without the application. */
  #wantsMore(): boolean {
    const { post, failure } = this.#core.state;
    if (this.#hasEnded || this.#closed || failure) return false;
    // An answer to what we have asked for, bounded by a clock.
    if (post?.pending !== undefined) return true;
    if (this.#dropsData) return this.#dropped < MAX_DROPPED;
    if (this.#seeksAlert) return !this.#ahead.isFull;
    return this.#isIdle && this.#ahead.isEmpty;
  }

  #keep(bytes: Uint8Array): void {
    if (this.#dropsData) this.#dropped += bytes.length;
    else if (this.#closed === undefined) this.#ahead.push(bytes);
  }

  /** The next bytes; none, once there is no need to go on. */
  async #readNext(isNeeded = () => true): Promise<Uint8Array | null> {
    const { state, ending } = this.#core;
    if (state.post === undefined) await state.handshake();
    if (this.#hasEnded) return null;
    state.throwIfFailed();
    try {
      return await this.#untilData(isNeeded);
    } catch (error) {
      if (!this.#isEndOfClose(error)) throw ending.fail(error);
      this.#end();
      return null;
    }
  }

  async #untilData(isNeeded: () => boolean): Promise<Uint8Array | null> {
    const { io, state } = this.#core;
    while (isNeeded()) {
      const { post } = state;
      if (post?.running !== undefined) {
        // Another handshake reads by itself; data comes by way of it.
        const bytes = await state.unlessFailed(post.nextData());
        if (bytes !== undefined) return bytes;
        if (!isNeeded()) return null;
      }
      if (io.buffered() !== undefined) {
        // They came in one record with what ended a handshake.
        await this.#readMessages();
        continue;
      }
      const fragment = this.#waiting ?? await io.records.read();
      this.#waiting = undefined;
      if (fragment === undefined) throw new TlsTruncatedError();
      if (fragment.type === ContentType.application_data) {
        io.refuseInterleaved(fragment.type);
        if (fragment.bytes.length > 0) {
          this.#sawApplicationData();
          return fragment.bytes;
        }
      } else if (await this.#readOther(fragment) === "ended") {
        this.#end();
        this.#peerEnded.resolve();
        return null;
      }
    }
    return null;
  }

  /**
   * Once close() was called nothing of the peer is wanted: the transport's end
   * is as good as close_notify, also in the middle of another handshake.
   */
  #isEndOfClose(error: unknown): boolean {
    if (this.#closed === undefined) return false;
    return error instanceof TlsTruncatedError ||
      error instanceof TlsAlertError && error.alert === "close_notify";
  }

  #sawApplicationData(): void {
    const { state } = this.#core;
    state.hasData = true;
    state.post?.sawApplicationData();
  }

  /** Handshake messages and alerts in the middle of application data. */
  async #readOther(
    { type, bytes }: Fragment,
  ): Promise<"ended" | undefined> {
    const { io } = this.#core;
    if (type === ContentType.handshake) {
      io.push(bytes);
      await this.#readMessages();
      return undefined;
    }
    io.refuseInterleaved(type);
    if (type === ContentType.alert) {
      return io.receiveAlert(bytes) === "closed" ? "ended" : undefined;
    }
    throw new TlsProtocolError(
      "unexpected_message",
      "Cannot accept change_cipher_spec among application data",
    );
  }

  async #readMessages(): Promise<void> {
    const { state, ending, clock } = this.#core;
    await state.unlessFailed(state.post?.receive() ?? Promise.resolve());
    // Another handshake may have begun.
    clock.limit(state.post?.pending);
    state.post?.running?.catch((error) => {
      if (!this.#isEndOfClose(error)) ending.fail(error);
    });
  }

  /** What the peer is asked for will not come. */
  #end(): void {
    this.#hasEnded = true;
    const { state, ending } = this.#core;
    state.post?.abandon(ending.complete(noAnswer()));
  }
}

function noAnswer(): TlsError {
  return new TlsError(
    "closed",
    "Nothing more is read of the peer: what it is asked for would not come",
  );
}

function overrun(): TlsError {
  return new TlsError(
    "close_overrun",
    "Cannot close in order: the peer did not stop sending",
  );
}

function ignore(): void {}

/**
 * Bytes that are read for nobody after the application has cancelled its
 * reading, to notice how the connection ends: beyond that the peer is held up,
 * as it would keep us busy for ever.
 */
const MAX_DROPPED: number = 16 * 2 ** 20;
