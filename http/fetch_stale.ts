/**
 * Which errors say that a server has closed a connection which had served before.
 *
 * @module
 */

import { EndedEarly } from "../node/h2_connection.ts";

/** The part of a socket that tells whether it has served. */
interface Served {
  readonly bytesRead: number;
}

/** Notes the connection that an error has ended. */
export function markStale(error: unknown, { bytesRead }: Served): void {
  if (typeof error === "object" && error !== null && bytesRead > 0) {
    ended.add(error);
  }
}

/**
 * Whether an error says that a connection has ended on which there had been a
 * response. Errors of TLS, such as an alert, do not: they would come again.
 */
export function isStale(error: Error): boolean {
  const { code, socket, message } = error as Error & {
    readonly code?: unknown;
    readonly socket?: Served;
  };
  // A connection of HTTP/2 begins with what the server sends.
  if (error instanceof EndedEarly) return error.isConnection;
  // undici's own, for an end in order.
  if (code === "UND_ERR_SOCKET") {
    return ENDS.has(message) && (socket?.bytesRead ?? 0) > 0;
  }
  return ended.has(error) &&
    (code === "truncated" || CLOSED.has(String(code)) ||
      CLOSED.has(error.name));
}

const ended = new WeakSet<object>();

/** Other messages with that code say that what came was not HTTP. */
const ENDS: ReadonlySet<string> = new Set(["other side closed", "closed"]);

/** The names of Deno, and the codes of Node.js and Bun. */
const CLOSED: ReadonlySet<string> = new Set([
  "BrokenPipe",
  "ConnectionAborted",
  "ConnectionReset",
  "ECONNABORTED",
  "ECONNRESET",
  "EPIPE",
]);
