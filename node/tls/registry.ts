/**
 * The sockets by the number of their connection, as callbacks of a context that
 * many connections share find theirs.
 *
 * @module
 */

import type { ConnectionHandle } from "../../handshake/common/callback_info.ts";
import type { HookedSocket } from "./hooks.ts";

/** Keeps a socket while its connection is open. */
export function register(id: number, socket: HookedSocket): void {
  sockets.set(id, socket);
}

/** Forgets a socket. */
export function unregister(id: number | undefined): void {
  if (id !== undefined) sockets.delete(id);
}

/**
 * The socket of a connection.
 *
 * @throws {Error} If it has gone.
 */
export function socketOf(connection: ConnectionHandle): HookedSocket {
  const socket = findSocket(connection);
  if (socket === undefined) {
    throw new Error("Cannot go on: the socket is closed");
  }
  return socket;
}

/** The same, or `undefined` if it has gone: events come behind its end, too. */
export function findSocket({ id }: ConnectionHandle): HookedSocket | undefined {
  return sockets.get(id);
}

const sockets = new Map<number, HookedSocket>();
