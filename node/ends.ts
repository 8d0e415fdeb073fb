/**
 * How the connection of a socket ends.
 *
 * @module
 */

import { nextTick } from "node:process";
import type { TlsConn } from "../connection/conn.ts";
import { within } from "../connection/transport/deadline.ts";
import { TlsError } from "../errors.ts";

/** What went wrong, as the event `error` has it. */
export function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

/**
 * Calls what listeners of the caller's run in. What one of them throws is an
 * uncaught exception, as in Node, and not an error of the connection.
 */
export function unguarded<T>(call: () => T): T | undefined {
  try {
    return call();
  } catch (error) {
    nextTick(() => {
      throw error;
    });
    return undefined;
  }
}

/**
 * Aborts a connection when the transport has taken what was written, or after a
 * while. `net.Socket` loses nothing either whose callback was called, and sends
 * no close_notify: what the peer got may not be all.
 */
export async function abortBehind(conn: TlsConn): Promise<void> {
  conn.unref();
  await within(FLUSH_TIME, conn.flush());
  conn.abort(destroyed());
}

/** What pending calls reject with after destroy(). */
export function destroyed(): TlsError {
  return new TlsError("closed", "Cannot go on: the socket was destroyed");
}

/** Milliseconds that destroy() gives the transport to take what was written. */
const FLUSH_TIME = 5_000;
