/**
 * The connections of a listener that are open: how many there are, and the wait
 * for their end.
 *
 * @module
 */

import { readDictionary } from "../dictionary.ts";
import { integer } from "./options/values.ts";
import { engineOf, type TlsConn } from "./conn.ts";

/**
 * The connections of a listener whose handshake is over, or has failed, until they
 * end.
 */
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

/** How `close()` ends a listener. */
export interface CloseOptions {
  /**
   * How many milliseconds open connections have to end; those that have not by
   * then are aborted.
   *
   * @default {they stay open}
   */
  drain?: number | undefined;
}

/**
 * Reads those options.
 *
 * @throws {TypeError} If one is unknown, or no number.
 * @throws {RangeError} If it is out of range.
 */
export function drainOf(options: CloseOptions): number | undefined {
  const { drain } = readDictionary(
    options,
    "Cannot use the options of close()",
    new Set(["drain"]),
  );
  return drain === undefined ? undefined : DRAIN(drain, "drain");
}

/** Milliseconds, as timers take them. */
const DRAIN = integer(0, 2 ** 31 - 1);
