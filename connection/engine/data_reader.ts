/**
 * Application data from the record layer, and what comes among it: handshake
 * messages and alerts.
 *
 * @module
 */

import {
  TlsAlertError,
  TlsError,
  TlsProtocolError,
  TlsTruncatedError,
} from "../../errors.ts";
import type { Fragment } from "../../record/protection.ts";
import { ContentType } from "../../registry.ts";
import type { Core } from "./core.ts";

/** Reads the application data of one connection, one call at a time. */
export class DataReader {
  readonly #core: Core;
  #hasEnded = false;

  constructor(core: Core) {
    this.#core = core;
  }

  /** Whether the peer's close_notify has come, or close() has met the end. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Throws if nothing more is read: a request would get no answer. */
  throwIfOver(isOver: boolean): void {
    if (isOver) throw this.#core.ending.complete(noAnswer());
  }

  /** Throws while early data is unread: it would be lost in silence. */
  refuseEarlyUnread(): void {
    if (this.#core.state.hasUnreadEarlyData) throw earlyUnread();
  }

  /**
   * The next fragment, if it is there already and no handshake message comes
   * before it. Pass it on to `dataOf` or `read`.
   */
  tryRead(): Fragment | undefined {
    const { io, state } = this.#core;
    const isBusy = state.post === undefined || state.failure !== undefined ||
      state.post.running !== undefined || io.hasPartialMessage;
    return isBusy || this.#hasEnded ? undefined : io.records.reader.tryRead();
  }

  /** The data of a fragment that `tryRead` returned, if it is data. */
  dataOf({ type, bytes }: Fragment): Uint8Array | undefined {
    if (type !== ContentType.application_data || bytes.length === 0) {
      return undefined;
    }
    this.#sawData();
    return bytes;
  }

  /**
   * The next data, beginning with `fragment` if `tryRead` returned one; `null`
   * at the end, and as soon as `isNeeded` says no.
   *
   * @param isForApplication Whether it rejects if early data is unread.
   */
  async read(
    isNeeded: () => boolean = always,
    fragment?: Fragment,
    isForApplication = false,
  ): Promise<Uint8Array | null> {
    const { io, state, ending } = this.#core;
    if (state.post === undefined) await state.handshake();
    if (isForApplication) this.refuseEarlyUnread();
    if (this.#hasEnded) return null;
    state.throwIfFailed();
    try {
      // One promise less than with a function of its own: each idle connection
      // that is read has this one.
      for (let first = fragment; isNeeded(); first = undefined) {
        const { post } = state;
        if (post?.running !== undefined) {
          // Another handshake reads the records, and passes data on.
          const bytes = await state.unlessFailed(post.nextData());
          if (bytes !== undefined) return bytes;
          if (!isNeeded()) return null;
        }
        if (io.buffered() !== undefined) {
          // They came in one record with the end of a handshake.
          await this.#readMessages();
          continue;
        }
        const next = first ?? await io.records.reader.read();
        const bytes = next?.type === ContentType.application_data
          ? this.#checkedData(next)
          : await this.#readOther(next);
        if (bytes !== undefined) return bytes;
      }
      return null;
    } catch (error) {
      if (!this.#isEndOfClose(error)) throw ending.fail(error);
      this.#end();
      return null;
    }
  }

  #checkedData(fragment: Fragment): Uint8Array | undefined {
    this.#core.io.refuseInterleaved(fragment.type);
    return this.dataOf(fragment);
  }

  /**
   * Handshake messages and alerts among application data.
   *
   * @returns `null`, if it was close_notify.
   */
  async #readOther(fragment: Fragment | undefined): Promise<null | undefined> {
    const { io, owner, state } = this.#core;
    if (fragment === undefined) {
      if (state.name !== "closing") throw new TlsTruncatedError();
      // After close() it is as good as close_notify.
      this.#end();
      return null;
    }
    const { type, bytes } = fragment;
    if (type === ContentType.handshake) {
      io.push(bytes);
      await this.#readMessages();
      return undefined;
    }
    io.refuseInterleaved(type);
    if (type === ContentType.alert) {
      if (io.receiveAlert(bytes) !== "closed") return undefined;
      this.#end();
      // Behind what the reader does with the end.
      queueMicrotask(() => owner.peerEnded());
      return null;
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

  /**
   * After close() the transport's end is as good as close_notify, also in the
   * middle of another handshake: nothing more from the peer is needed.
   */
  #isEndOfClose(error: unknown): boolean {
    if (this.#core.state.name !== "closing") return false;
    return error instanceof TlsTruncatedError ||
      error instanceof TlsAlertError && error.alert === "close_notify";
  }

  #sawData(): void {
    const { state } = this.#core;
    state.hasData = true;
    state.post?.sawApplicationData();
  }

  /** Requests that the peer has not answered will get no answer. */
  #end(): void {
    const { state, ending } = this.#core;
    this.#hasEnded = true;
    const { post } = state;
    if (post?.pending === undefined && post?.running === undefined) return;
    post.abandon({ error: ending.complete(noAnswer()) });
  }
}

function earlyUnread(): TypeError {
  return new TypeError(
    "Cannot read: early data comes first; read earlyData of the connection, or cancel it",
  );
}

function noAnswer(): TlsError {
  return new TlsError(
    "closed",
    "Cannot get an answer from the peer: reading has ended",
  );
}

function always(): boolean {
  return true;
}
