/**
 * What a listener is told besides the options of a server.
 *
 * @module
 */

import {
  hasMethods,
  isBoolean,
  isFunction,
  isInteger,
  isString,
} from "./values.ts";
import type { ServerOptions } from "./options.ts";
import type { SocketConn } from "../transport.ts";

/** A listener of Deno's, or anything that gives such sockets. */
export interface SocketListener {
  /** Where it listens. */
  readonly addr: Deno.Addr;
  /** The next socket. */
  accept(): Promise<SocketConn>;
  /** Listens no longer. */
  close(): void;
  /** Has the process wait for it. */
  ref?(): void;
  /** Has the process not wait for it. */
  unref?(): void;
}

/** Options of `listen`. */
export interface ListenOptions extends ServerOptions {
  /** The address to listen on. @default {"0.0.0.0"} */
  hostname?: string | undefined;
  /** The port to listen on; 0 for one that is free. */
  port?: number | undefined;
  /** The unix socket to listen on. */
  path?: string | undefined;
  /** A listener that exists already. */
  listener?: SocketListener | undefined;
  /** As of `Deno.listen`. @default {false} */
  reusePort?: boolean | undefined;
  /** As of `Deno.listen`. @default {511} */
  tcpBacklog?: number | undefined;
  /**
   * How many handshakes may be under way. When there are as many, one that has
   * had a second without a ClientHello, or four with one, gives way to a new
   * client; before that new clients wait.
   *
   * @default {256}
   */
  maxPendingHandshakes?: number | undefined;
  /** Is told of each handshake that failed. */
  onHandshakeError?:
    | ((error: unknown, info: { remoteAddr: Deno.Addr }) => void)
    | undefined;
}

/** The options without those that only a listener has. */
export function serverOptions(options: ListenOptions): ServerOptions {
  return Object.fromEntries(
    Object.entries(options).filter(([name]) =>
      !Object.hasOwn(LISTEN_RULES, name)
    ),
  );
}

/** The options that only a listener has. */
export const LISTEN_RULES = {
  hostname: { owner: "server", check: isString },
  port: { owner: "server", check: isInteger(0, 65535) },
  path: { owner: "server", check: isString },
  listener: { owner: "server", check: hasMethods("accept", "close") },
  reusePort: { owner: "server", check: isBoolean },
  tcpBacklog: { owner: "server", check: isInteger(1, 65535) },
  maxPendingHandshakes: { owner: "server", check: isInteger(1, 1_000_000) },
  onHandshakeError: { owner: "server", check: isFunction },
} as const;

/**
 * Refuses more than one place to listen at, and none.
 *
 * @throws {TypeError} If there is not one.
 */
export function refuseOtherPlaces(options: ListenOptions): void {
  const { port, path, listener } = options;
  const given = [port, path, listener].filter((each) => each !== undefined);
  if (given.length !== 1) {
    throw new TypeError(
      `Cannot listen: one of "port", "path" and "listener" says where`,
    );
  }
  if (port !== undefined) return;
  for (const name of ["hostname", "reusePort", "tcpBacklog"] as const) {
    if (options[name] === undefined) continue;
    throw new TypeError(`Cannot listen: "${name}" goes with "port"`);
  }
}
