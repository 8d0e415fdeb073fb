/**
 * The connections of a listener that are open: how many there are, and the wait
 * for their end.
 *
 * @module
 */

import { engineOf, type TlsConn } from "./conn.ts";

/** The connections of a listener whose handshake is over, until they end. */
export class OpenConnections {
  readonly #conns = new Set<TlsConn>();
  /** Resolves when the next one has ended. */
  #end: PromiseWithResolvers<void> | undefined;

  /** Their number. */
  get size(): number {
    return this.#conns.size;
  }

  /** Adds one; it is removed when it has ended. */
  add(conn: TlsConn): void {
    this.#conns.add(conn);
    engineOf(conn).onEnd(() => {
      this.#conns.delete(conn);
      this.free();
    });
  }

  /** Waits until one may have ended. */
  async waitForEnd(): Promise<void> {
    await (this.#end ??= Promise.withResolvers()).promise;
  }

  /** Ends the wait. */
  free(): void {
    this.#end?.resolve();
    this.#end = undefined;
  }

  /**
   * Waits until all have ended; those that have not by then are aborted.
   *
   * @param time Milliseconds that they have.
   */
  async drain(time: number, reason: unknown): Promise<void> {
    const timer = setTimeout(() => {
      for (const conn of this.#conns) conn.abort(reason);
    }, time);
    while (this.size > 0) await this.waitForEnd();
    clearTimeout(timer);
  }
}
