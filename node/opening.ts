/**
 * How a socket comes to its connection, and the connection to its handshake.
 *
 * @module
 */

import type { TlsConn } from "../connection/conn.ts";
import { destroyed } from "./ends.ts";

/** A connection, or a promise of one. */
export type NodeSocketSource = TlsConn | PromiseLike<TlsConn>;

/** The connection of one socket, from the promise of it to its handshake. */
export class Opening {
  /** The connection after its handshake. It rejects with why there is none. */
  readonly opened: Promise<TlsConn>;
  readonly #isDestroyed: () => boolean;
  #conn: TlsConn | undefined;
  #isOpen = false;
  /** What was set before there was a connection. */
  readonly #settings: ((conn: TlsConn) => void)[] = [];

  /**
   * Runs the handshake, if it has not run.
   *
   * @throws {TypeError} If `source` is neither a connection nor a promise.
   */
  constructor(source: NodeSocketSource, isDestroyed: () => boolean) {
    this.#isDestroyed = isDestroyed;
    if (isConn(source)) this.#use(source);
    else if (typeof source?.then !== "function") {
      throw new TypeError(
        "Cannot make a socket: expected a TlsConn or a promise of one",
      );
    }
    this.opened = this.#open(source);
  }

  /** The connection, as soon as there is one. */
  get conn(): TlsConn | undefined {
    return this.#conn;
  }

  /** Whether the handshake is done. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Sets something now, or as soon as there is a connection. */
  apply(setting: (conn: TlsConn) => void): void {
    if (this.#conn === undefined) this.#settings.push(setting);
    else setting(this.#conn);
  }

  async #open(source: NodeSocketSource): Promise<TlsConn> {
    const conn = await source;
    if (this.#conn === undefined) {
      if (this.#isDestroyed()) {
        conn.abort(destroyed());
        throw destroyed();
      }
      this.#use(conn);
    }
    if (!this.#isOpen) await conn.handshake();
    if (this.#isDestroyed()) throw destroyed();
    this.#isOpen = true;
    return conn;
  }

  #use(conn: TlsConn): void {
    this.#conn = conn;
    this.#isOpen = conn.info.version !== undefined;
    for (const apply of this.#settings.splice(0)) apply(conn);
  }
}

function isConn(source: NodeSocketSource): source is TlsConn {
  return typeof source === "object" && source !== null &&
    "handshake" in source;
}
