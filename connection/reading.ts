/**
 * The reading side of one end: application data for whoever wants them, and
 * what comes among them.
 *
 * @module
 */

import type { MaybePromise } from "../crypto/provider.ts";
import { TlsError, TlsProtocolError, TlsTruncatedError } from "../errors.ts";
import type { AfterHandshake } from "../handshake/after_handshake.ts";
import type { HandshakeIO } from "../handshake/io.ts";
import type { Fragment } from "../record/protection.ts";
import { ContentType } from "../registry.ts";
import { Ahead } from "./ahead.ts";
import type { Ending } from "./ending.ts";

/** What of a connection its reading has to do with. */
export interface ReadingEnds {
  readonly io: HandshakeIO;
  readonly ending: Ending;
  /** Runs the first handshake, if that has not been done. */
  handshake(): Promise<unknown>;
  /** What is there for messages, once the first handshake is over. */
  post(): AfterHandshake | undefined;
  /** Messages were read: another handshake may have begun. */
  sawMessages(): void;
  /** The peer's close_notify has come. */
  ended(): void;
}

/** Reads of one connection, which follow one another. */
export class Reading {
  readonly #ends: ReadingEnds;
  /** The peer's close_notify has come, or nobody wants more. */
  #isOver = false;
  /** Nobody wants what the peer sends. */
  #dropsData = false;
  /** The read that is under way. */
  #current: Promise<unknown> | undefined;
  /** A fragment that was read and not looked at. */
  #waiting: Fragment | undefined;
  readonly #ahead = new Ahead();
  #isReadingAhead = false;
  #hasData = false;

  /** Reads nothing by itself. */
  constructor(ends: ReadingEnds) {
    this.#ends = ends;
  }

  /** Whether application data of the peer have come. */
  get hasData(): boolean {
    return this.#hasData;
  }

  /** Whether nothing more is to be had of the peer. */
  get isOver(): boolean {
    return this.#isOver || this.#dropsData;
  }

  /** Throws if nothing more is read that could be an answer. */
  throwIfOver(): void {
    if (this.isOver) throw this.#ends.ending.complete(noAnswer());
  }

  /**
   * The next bytes of the application, never none; `null` after close_notify.
   * At once where they are there already.
   */
  next(): MaybePromise<Uint8Array | null> {
    if (this.#dropsData) return null;
    const bytes = this.#ahead.take();
    if (bytes !== undefined) return bytes;
    if (
      this.#current === undefined && this.#ends.ending.failure === undefined
    ) {
      const bytes = this.#readAtOnce();
      if (bytes !== undefined) return bytes;
    }
    return this.#inTurn(async () =>
      this.#ahead.take() ?? await this.#readNext()
    );
  }

  /** Puts bytes back that were the next. */
  putBack(bytes: Uint8Array): void {
    this.#ahead.putBack(bytes);
  }

  /** Drops what is left to read; whether close_notify is behind it. */
  async toEnd(): Promise<boolean> {
    try {
      while (await this.next() !== null);
      return true;
    } catch {
      return false;
    }
  }

  /** Nobody wants more. */
  cancel(): void {
    this.#dropsData = true;
    this.#ahead.clear();
    this.#dropData().catch(ignore);
  }

  /**
   * Who waits for another handshake, or writes behind it, may not be reading:
   * its messages are read all the same, and what data come before them kept.
   */
  ahead(): void {
    this.#readAhead().catch(ignore);
  }

  #inTurn<T>(read: () => Promise<T>): Promise<T> {
    const reading = this.#current === undefined
      ? read()
      : this.#current.then(read);
    const over = () => {
      if (this.#current === kept) this.#current = undefined;
    };
    // Settled before whoever reads goes on, so that more can be had at once.
    const kept: Promise<void> = reading.then(over, over);
    this.#current = kept;
    return reading;
  }

  #readAtOnce(): Uint8Array | undefined {
    const { io, post } = this.#ends;
    if (post() === undefined || this.#isOver) return undefined;
    if (post()?.running !== undefined) return undefined;
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
      fragment.bytes.length > 0 && !this.#ends.io.hasPartialMessage;
  }

  /**
   * Reads on without anybody who wants data, as long as a handshake that was
   * asked for or has begun depends on it.
   */
  async #dropData(): Promise<void> {
    const isPending = () => this.#ends.post()?.pending !== undefined;
    try {
      while (isPending() && !this.#isOver) {
        await this.#inTurn(() => this.#readNext(isPending));
      }
    } finally {
      this.#end();
    }
  }

  async #readAhead(): Promise<void> {
    if (this.#isReadingAhead || this.#dropsData) return;
    this.#isReadingAhead = true;
    const isNeeded = () =>
      this.#ends.post()?.pending !== undefined && !this.#dropsData;
    try {
      while (isNeeded() && !this.#isOver) {
        await this.#inTurn(async () => {
          const bytes = await this.#readNext(isNeeded);
          if (bytes !== null) this.#ahead.push(bytes);
        });
        while (isNeeded() && this.#ahead.isFull) {
          await Promise.race([this.#ahead.taken(), this.#ends.post()?.pending]);
        }
      }
    } finally {
      this.#isReadingAhead = false;
    }
  }

  /** The next bytes; none, once there is no need to go on. */
  async #readNext(isNeeded = () => true): Promise<Uint8Array | null> {
    const { io, ending } = this.#ends;
    if (this.#ends.post() === undefined) await this.#ends.handshake();
    if (this.#isOver) return null;
    ending.throwIfFailed();
    try {
      while (isNeeded()) {
        const post = this.#ends.post();
        if (post?.running !== undefined) {
          // Another handshake reads by itself; data come by way of it.
          const bytes = await ending.unlessFailed(post.nextData());
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
          this.#ends.ended();
          return null;
        }
      }
      return null;
    } catch (error) {
      throw ending.fail(error);
    }
  }

  #sawApplicationData(): void {
    this.#hasData = true;
    this.#ends.post()?.sawApplicationData();
  }

  /** Handshake messages and alerts in the middle of application data. */
  async #readOther(
    { type, bytes }: Fragment,
  ): Promise<"ended" | undefined> {
    const { io } = this.#ends;
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
    const { ending, post } = this.#ends;
    await ending.unlessFailed(post()?.receive() ?? Promise.resolve());
    this.#ends.sawMessages();
    post()?.running?.catch((error) => ending.fail(error));
  }

  /** What the peer is asked for will not come. */
  #end(): void {
    this.#isOver = true;
    this.#ends.post()?.abandon(this.#ends.ending.complete(noAnswer()));
  }
}

function noAnswer(): TlsError {
  return new TlsError(
    "closed",
    "Nothing more is read of the peer: what it is asked for would not come",
  );
}

function ignore(): void {}
