/**
 * The inbound direction of a connection: reads for the application, for close()
 * and for nobody in particular, one after the other.
 *
 * @module
 */

import type { MaybePromise } from "../../crypto/primitives/provider.ts";
import { TlsError } from "../../errors.ts";
import type { Core } from "./core.ts";
import { DataReader } from "./data_reader.ts";
import type { Deadline } from "./deadlines.ts";
import { IdleCheck, type IdleListener } from "./idle_check.ts";
import { LeftOver } from "./left_over.ts";
import type { Failure } from "./state.ts";

/** Who waits for a read: the application, close(), or nobody. */
type Awaited = "application" | "close" | "nobody";

/** What one connection reads. */
export class Inbound implements IdleListener {
  readonly #core: Core;
  readonly #data: DataReader;
  readonly #leftOver = new LeftOver();
  /** Whether the application has got the end. */
  #hasToldEnd = false;
  /** Whether data is dropped: the application has cancelled its reading. */
  #dropsData = false;
  /** What reads reject with after close(). */
  #closed: Failure | undefined;
  #drained: Promise<void> | undefined;
  /** The read that is under way. */
  #current: Promise<unknown> | undefined;
  #readingAhead: Promise<void> | undefined;
  /** Whether the application has asked for nothing for a while. */
  #isIdle = false;
  /** Whether a write has failed, and an alert may give the reason. */
  #seeksAlert = false;
  /** Bytes that were dropped. */
  #dropped = 0;
  #maxDropped: number | undefined;
  readonly #idle: IdleCheck;
  /** The application's reads that wait. */
  #readers: readonly Pick<
    Reader<unknown>,
    "reject" | "canBeLate" | "isLate"
  >[] = [];
  /** There once the reads of the application have a deadline. */
  deadline: Deadline | undefined;
  #reads = 0;

  constructor(core: Core) {
    this.#core = core;
    this.#data = new DataReader(core);
    this.#idle = new IdleCheck(this);
  }

  /** Grows with each read of the application. */
  activity(): number {
    return this.#reads;
  }

  /** Whether the application waits for a read. */
  isBusy(): boolean {
    return this.#readers.length > 0;
  }

  /** The application does not read on: the connection watches its end itself. */
  onIdle(): void {
    this.#isIdle = true;
    if (this.#core.state.post?.pending === undefined) this.#await("nobody");
    this.#readAhead().catch(ignore);
  }

  /** Stops watching for an application that does not read. */
  stop(): void {
    this.#idle.stop();
  }

  /** Whether the peer's close_notify has come, or close() has met the end. */
  get hasEnded(): boolean {
    return this.#data.hasEnded;
  }

  /** Whether the application has got the end. */
  get hasToldEnd(): boolean {
    return this.#hasToldEnd;
  }

  /** Whether data was read ahead that the application has not asked for. */
  get hasUnread(): boolean {
    return !this.#leftOver.hasNoneAhead;
  }

  /** Whether the rest of a chunk is left that was taken in part. */
  get hasRest(): boolean {
    return this.#leftOver.isBegun;
  }

  /** How often the application has asked for data. */
  get reads(): number {
    return this.#reads;
  }

  /** Whether no more data is read from the peer. */
  get isOver(): boolean {
    return this.hasEnded || this.#dropsData;
  }

  /** Throws if nothing more is read: a request would get no answer. */
  throwIfOver(): void {
    this.#data.throwIfOver(this.isOver);
  }

  /**
   * The next data, never empty; `null` after close_notify. No promise if it is
   * there already.
   */
  next(): MaybePromise<Uint8Array | null> {
    this.#reads++;
    if (this.#dropsData) return null;
    if (this.#closed !== undefined) return Promise.reject(this.#closed.error);
    try {
      this.#data.refuseEarlyUnread();
    } catch (error) {
      return Promise.reject(error);
    }
    if (this.#isIdle) this.#wake();
    const left = this.#leftOver.take();
    if (left !== undefined) return this.#give(left);
    const fragment = this.#current === undefined
      ? this.#data.tryRead()
      : undefined;
    const bytes = fragment && this.#data.dataOf(fragment);
    if (bytes !== undefined) return this.#give(bytes);
    const reader = newReader<Uint8Array | null>();
    return this.#forReader(
      reader,
      this.#current === undefined
        ? this.#data.read(undefined, fragment, true)
        : this.#inTurn(() => this.#readInTurn(reader)),
    );
  }

  /** Nothing is read for a reader that has given up. */
  async #readInTurn(
    reader: Reader<Uint8Array | null>,
  ): Promise<Uint8Array | null> {
    if (reader.isLate) return null;
    const left = this.#leftOver.take();
    if (left === undefined) {
      return await this.#data.read(undefined, undefined, true);
    }
    // At once: it is the reader's from here on.
    reader.canBeLate = false;
    reader.resolve(left);
    return left;
  }

  /**
   * Rejects the application's reads that wait. The transport is still read for
   * them; what comes is for later reads.
   */
  expire(error: unknown): void {
    for (const reader of this.#readers) {
      if (!reader.canBeLate) continue;
      reader.isLate = true;
      reader.reject(error);
    }
    this.#readers = this.#readers.filter(({ isLate }) => !isLate);
    this.#idle.start();
  }

  /** Keeps the rest of a chunk that `next` returned, as the next one. */
  keepRest(bytes: Uint8Array): void {
    this.#leftOver.keepRest(bytes);
  }

  /**
   * Reads up to the peer's close_notify. Data that comes first is kept.
   *
   * @returns Whether the end has come, and no data.
   */
  async readEnd(): Promise<boolean> {
    if (this.#dropsData) return true;
    if (this.#closed !== undefined) throw this.#closed.error;
    if (this.#isIdle) this.#wake();
    return await this.#forReader(
      newReader(false),
      this.#inTurn(async () => {
        if (!this.#leftOver.isEmpty) return false;
        const bytes = await this.#data.read();
        if (bytes === null) this.#hasToldEnd = true;
        else this.#leftOver.push(bytes);
        return bytes === null;
      }),
    );
  }

  /** The peer has ended: nobody waits for the transport any more. */
  awaitNobody(): void {
    this.#await("nobody");
  }

  /** Begins to watch for an application that does not read. */
  watch(): void {
    this.#idle.start();
  }

  /**
   * For close(): reads of the application reject with `over`, and data is
   * dropped. Resolves when close_notify, or the transport's end, has come.
   */
  drain(over: Failure): Promise<void> {
    if (!this.hasEnded) {
      this.#closed ??= over;
      this.#leftOver.clear();
      for (const reader of this.#readers) reader.reject(over.error);
      this.#await("close");
    }
    return this.#drained ??= this.#drain();
  }

  /** From here on `drain` rejects after `max` bytes of data. */
  limitDrain(max: number): void {
    this.#maxDropped = this.#dropped + max;
  }

  /** Drops what comes from now on. */
  cancel(): void {
    this.#dropsData = true;
    this.#hasToldEnd = true;
    this.#leftOver.clear();
    this.onIdle();
  }

  /**
   * Reads on for the peer's answer to a request, or to a write that waits for
   * one: the application may not be reading. Data that comes first is kept.
   */
  ahead(): void {
    if (!this.#dropsData) this.#wake();
    this.#readAhead().catch(ignore);
  }

  /**
   * Reads on after a write that failed, up to an alert or the end. Data that
   * comes first is kept.
   */
  async seekAlert(): Promise<void> {
    this.#seeksAlert = true;
    await (this.#drained ?? this.#readAhead());
  }

  #give(bytes: Uint8Array): Uint8Array {
    this.#idle.start();
    return bytes;
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
  #forReader<T>(reader: Reader<T>, reading: Promise<T>): Promise<T> {
    this.#readers = this.#readers.length === 0
      ? [reader]
      : [...this.#readers, reader];
    this.#current ??= reading;
    reading.then((value) => {
      if (value === null && !reader.isLate) this.#hasToldEnd = true;
      this.#settle(reader, reading);
      // The record's bytes are overwritten by the next one.
      if (reader.isLate && value instanceof Uint8Array) {
        this.#leftOver.keepRest(value.slice());
      }
      reader.resolve(value);
    }, (error) => {
      this.#settle(reader, reading);
      reader.reject(error);
    });
    this.deadline?.begin();
    return reader.promise;
  }

  /** Before the reader goes on, so that its next read can be at once. */
  #settle(reader: object, reading: Promise<unknown>): void {
    this.#readers = this.#readers.filter((each) => each !== reader);
    if (this.#current === reading) this.#current = undefined;
    if (this.#readers.length === 0) this.deadline?.rest();
    this.#idle.start();
  }

  #inTurn<T>(read: () => Promise<T>): Promise<T> {
    const reading = this.#current === undefined
      ? read()
      : this.#current.then(read, read);
    const over = () => {
      if (this.#current === kept) this.#current = undefined;
    };
    // Settled before its caller goes on.
    const kept: Promise<void> = reading.then(over, over);
    this.#current = kept;
    return reading;
  }

  async #drain(): Promise<void> {
    while (!this.hasEnded) {
      const bytes = await this.#inTurn(() => this.#data.read());
      this.#dropped += bytes?.length ?? 0;
      if (this.#dropped > (this.#maxDropped ?? Infinity)) throw overrun();
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
          const bytes = await this.#data.read(isWanted);
          if (bytes !== null) this.#keep(bytes);
        });
        while (pending() && this.#leftOver.isFull && !this.hasEnded) {
          await Promise.race([this.#leftOver.taken(), pending()]);
        }
      }
    } finally {
      // Before anything else happens, so that no caller finds it running.
      this.#readingAhead = undefined;
    }
  }

  /** Whether there is a reason to read without the application. */
  #wantsMore(): boolean {
    const { post, failure } = this.#core.state;
    if (this.hasEnded || this.#closed || failure) return false;
    // The answer to our request, which a clock limits.
    if (post?.pending !== undefined) return true;
    if (this.#dropsData) return this.#dropped < MAX_DROPPED;
    if (this.#seeksAlert) return !this.#leftOver.isFull;
    return this.#isIdle && this.#leftOver.hasNoneAhead;
  }

  #keep(bytes: Uint8Array): void {
    if (this.#dropsData) this.#dropped += bytes.length;
    else if (this.#closed === undefined) this.#leftOver.push(bytes);
  }
}

/** A read of the application; close() rejects it, and so may a deadline. */
interface Reader<T> extends PromiseWithResolvers<T> {
  canBeLate: boolean;
  isLate: boolean;
}

function newReader<T>(canBeLate = true): Reader<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  return { promise, resolve, reject, canBeLate, isLate: false };
}

function overrun(): TlsError {
  return new TlsError(
    "close_overrun",
    "Cannot close in order: the peer did not stop sending",
  );
}

function ignore(): void {}

/**
 * Bytes that are read and dropped after the application has cancelled its
 * reading, to notice how the connection ends. After that reading stops: a peer
 * that never stops sending would keep us busy for ever.
 */
const MAX_DROPPED: number = 16 * 2 ** 20;
