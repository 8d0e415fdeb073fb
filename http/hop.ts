/**
 * A socket of Deno's as the connection to an engine.
 *
 * @module
 */

import type { Hop } from "./engine.ts";

/** A socket that tells when it is closed. */
export class SocketHop implements Hop {
  readonly #conn: Deno.Conn;
  readonly #onClose: () => void;
  #isClosed = false;

  /** `onClose` is called just before the socket closes. */
  constructor(conn: Deno.Conn, onClose: () => void) {
    this.#conn = conn;
    this.#onClose = onClose;
  }

  read(into: Uint8Array): Promise<number | null> {
    return this.#conn.read(into);
  }

  write(bytes: Uint8Array): Promise<number> {
    return this.#conn.write(bytes);
  }

  closeWrite(): Promise<void> {
    return this.#conn.closeWrite();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#onClose();
    this.#conn.close();
  }

  ref(): void {
    this.#conn.ref();
  }

  unref(): void {
    this.#conn.unref();
  }
}
