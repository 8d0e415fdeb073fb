/**
 * Connections that are echoed, or passed on to a plain back end.
 *
 * @module
 */

import { dialHost } from "../../connection/connect.ts";
import type { TlsConn } from "../../connection/conn.ts";
import { listen } from "../../connection/listen.ts";
import type { ListenOptions } from "../../connection/options/listen_options.ts";
import { pipeDuplex } from "../../connection/pipe_duplex.ts";
import { Failure } from "../base/exit.ts";
import type { Run } from "../base/run.ts";
import { type Address, formatAddress, parseAddress } from "../net/address.ts";
import type { Announcer } from "./announcer.ts";

/** What a server is made of. */
export interface Serving {
  readonly run: Run;
  readonly options: ListenOptions;
  /** Stops it; `--once` does that as well. */
  readonly stop: AbortController;
  readonly announcer: Announcer;
  /** Ends after the first connection. */
  readonly isOnce: boolean;
}

/** Serves until it is stopped. */
export async function serveConnections(
  serving: Serving,
  backend: string | undefined,
): Promise<void> {
  const { options, stop, announcer, isOnce } = serving;
  const address = backend === undefined
    ? undefined
    : parseAddress(backend, HTTP);
  const listener = listenOn(options);
  stop.signal.addEventListener("abort", () => listener.close());
  await ready(listener.ready);
  await announcer.listening(
    listener.addr,
    address === undefined ? "echo" : `in front of ${formatAddress(address)}`,
  );
  const open = new Set<TlsConn>();
  const running = new Set<Promise<void>>();
  stop.signal.addEventListener("abort", () => {
    for (const conn of open) if (!isOnce) conn.abort(stop.signal.reason);
  });
  for await (const conn of listener) {
    open.add(conn);
    announcer.connected(conn.info, conn.remoteAddr);
    const handled = handle(conn, address).catch((error) => {
      if (!stop.signal.aborted) announcer.failed(error, conn.remoteAddr);
    }).finally(() => open.delete(conn));
    running.add(handled);
    handled.finally(() => running.delete(handled));
    if (isOnce) stop.abort();
  }
  await Promise.all(running);
}

/** @throws {Failure} If the options or the place are no good. */
function listenOn(options: ListenOptions): ReturnType<typeof listen> {
  try {
    return listen(options);
  } catch (cause) {
    throw notListening(cause);
  }
}

/** What an error of listening means to a user. */
export function notListening(cause: unknown): unknown {
  if (cause instanceof TypeError || cause instanceof RangeError) {
    return new Failure("usage", cause.message, { cause });
  }
  const name = cause instanceof Error ? cause.name : "";
  const why = WORDS[name];
  return why === undefined
    ? cause
    : new Failure("network", `Cannot listen: ${why}`, { cause });
}

async function ready(promise: Promise<void>): Promise<void> {
  try {
    await promise;
  } catch (cause) {
    throw notListening(cause);
  }
}

async function handle(
  conn: TlsConn,
  backend: Address | undefined,
): Promise<void> {
  if (backend === undefined) {
    await conn.readable.pipeTo(conn.writable);
    return;
  }
  const { signal } = new AbortController();
  try {
    const socket = await dialHost(backend.host, backend.port, signal);
    await pipeDuplex(conn, socket);
  } catch (error) {
    conn.abort(error);
    throw error;
  }
}

const WORDS: Readonly<Record<string, string>> = {
  AddrInUse: "another program listens there already",
  AddrNotAvailable: "this machine does not have that address",
  PermissionDenied: "the operating system denies it",
};

/** The port of a plain back end that names none. */
const HTTP = 80;
