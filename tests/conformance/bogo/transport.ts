/**
 * The socket to the runner. It is half closed and read to its end before it is
 * let go: otherwise the kernel answers what is unread with a reset, and the
 * runner never sees our alert.
 *
 * @module
 */

import type { Duplex } from "../../../mod.ts";
import type { Flags } from "./flags.ts";

/** A connection to the runner. */
export interface RunnerSocket {
  /** What TLS stands on. */
  readonly duplex: Duplex;
  /** Waits until TLS has let it go, then half-closes, drains and closes it. */
  finish(): Promise<void>;
}

/** Dials the runner, and says which test this is. */
export async function dialRunner(flags: Flags): Promise<RunnerSocket> {
  const conn = await Deno.connect({
    hostname: flags.has("ipv6") ? "::1" : "127.0.0.1",
    port: flags.number("port") ?? 0,
  });
  conn.setNoDelay();
  const id = new DataView(new ArrayBuffer(8));
  id.setBigUint64(0, BigInt(flags.text("shim-id") ?? 0), true);
  await conn.write(new Uint8Array(id.buffer));
  const released = Promise.withResolvers<void>();
  return {
    duplex: new LingeringConn(conn, released.resolve),
    finish: async () => {
      const patience = setTimeout(released.resolve, PATIENCE);
      await released.promise;
      clearTimeout(patience);
      await drain(conn);
    },
  };
}

/** A socket whose `close` only says that it was called. */
class LingeringConn implements Duplex {
  readonly #conn: Deno.TcpConn;
  readonly close: () => void;

  constructor(conn: Deno.TcpConn, close: () => void) {
    this.#conn = conn;
    this.close = close;
  }

  get readable(): ReadableStream<Uint8Array> {
    return this.#conn.readable;
  }

  get writable(): WritableStream<Uint8Array> {
    return this.#conn.writable;
  }

  get localAddr(): Deno.Addr {
    return this.#conn.localAddr;
  }

  get remoteAddr(): Deno.Addr {
    return this.#conn.remoteAddr;
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
}

async function drain(conn: Deno.TcpConn): Promise<void> {
  const rest = new Uint8Array(4096);
  try {
    await conn.closeWrite();
    while (await conn.read(rest) !== null);
  } catch {
    // The runner has gone already: nothing is left to be drained.
  }
  conn.close();
}

/** Milliseconds until a connection that is not let go is closed all the same. */
const PATIENCE = 3000;
