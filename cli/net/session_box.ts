/**
 * The session that a connection leaves behind.
 *
 * @module
 */

import type { TlsConn } from "../../connection/conn.ts";
import type { Session } from "../../handshake/session/session.ts";

/** Holds the last session that a server gave. */
export class SessionBox {
  #session: Session | undefined;
  readonly #first = Promise.withResolvers<void>();

  /** The session, if one has come. */
  get session(): Session | undefined {
    return this.#session;
  }

  /** Takes a session. */
  put(session: Session): void {
    this.#session = session;
    this.#first.resolve();
  }

  /**
   * Waits until the server has given a session: TLS 1.3 sends it behind the
   * handshake, where only reads find it. What the server sends meanwhile is
   * dropped. After a time it stops waiting, as some servers give none.
   */
  async wait(conn: TlsConn): Promise<Session | undefined> {
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, PATIENCE);
    const reading = this.#read(conn);
    await Promise.race([this.#first.promise, late.promise, reading]);
    clearTimeout(timer);
    return this.#session;
  }

  /** Reads until there is a session, the server ends, or it sends too much. */
  async #read(conn: TlsConn): Promise<void> {
    const buffer = new Uint8Array(4096);
    let total = 0;
    while (this.#session === undefined && total < MAX_DATA) {
      const length = await conn.read(buffer).catch(() => null);
      if (length === null) return;
      total += length;
    }
  }
}

/** Milliseconds. */
const PATIENCE = 2000;

/** A server that never ends sends no session behind its data. */
const MAX_DATA = 1_048_576;
