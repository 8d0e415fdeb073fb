/**
 * `listen()`: where it listens, and with which options.
 *
 * @module
 */

import { serverFlow } from "../handshake/flows.ts";
import { requirePart } from "../platform/platform.ts";
import { TlsListener } from "./listener.ts";
import type { CloseOptions } from "./open_connections.ts";
import { contextOf } from "./options/create_context.ts";
import { requireIdentity } from "./options/option_set.ts";
import type {
  ListenOptions,
  SocketListener,
} from "./options/listen_options.ts";
import { ListenerContexts } from "./options/listener_contexts.ts";
import { entry, parsedOption, readGiven, without } from "./options/read.ts";
import type { GivenOptions } from "./options/table.ts";
import type { Transport } from "./transport/transport.ts";
import { serverEngine } from "./wrap.ts";

export { type CloseOptions, TlsListener };

/**
 * Listens for TLS clients.
 *
 * @param options The options; at least a certificate with its key.
 * @returns The listener.
 * @throws {TypeError} If an option is not valid.
 * @throws {RangeError} If a number is out of range.
 * @throws {TlsError} If `caCerts`, `crls` or the like cannot be read.
 * @throws {Deno.errors.AddrInUse} If the port is in use; `Deno.listen` may
 * throw other errors.
 *
 * @example Echo
 * ```ts ignore
 * import { listen } from "@x/tls";
 *
 * const cert = await Deno.readTextFile("cert.pem");
 * const key = await Deno.readTextFile("key.pem");
 * for await (const conn of listen({ port: 8443, cert, key })) {
 *   conn.readable.pipeTo(conn.writable).catch(() => {});
 * }
 * ```
 */
export function listen(options: ListenOptions): TlsListener {
  return openListener(readGiven(options, LISTEN), LISTEN.name);
}

/**
 * Listens with options that were read.
 *
 * @param whose What an error calls them.
 * @param wrap Makes the listener that is used of that which was opened.
 */
export function openListener(
  given: GivenOptions,
  whose: string,
  wrap: (listener: SocketListener) => SocketListener = (listener) => listener,
): TlsListener {
  const { signal, onHandshakeError, onListenerEvent, ...rest } = given;
  const settings = {
    signal: parsedOption("signal", signal),
    onHandshakeError: parsedOption("onHandshakeError", onHandshakeError),
    onListenerEvent: parsedOption("onListenerEvent", onListenerEvent),
    maxPendingHandshakes: parsedOption(
      "maxPendingHandshakes",
      given.maxPendingHandshakes,
    ),
    maxConnections: parsedOption("maxConnections", given.maxConnections) ??
      Infinity,
  };
  const { context, own } = contextOf(rest, whose);
  const contexts = new ListenerContexts(context, own);
  const engine = (transport: Transport) => {
    const { current } = contexts;
    return serverEngine(transport, current, current.connectionOptions());
  };
  requireIdentity(context);
  const open = place(given);
  settings.signal?.throwIfAborted();
  // It is loaded while clients are on their way.
  serverFlow.prepare();
  return new TlsListener(wrap(open()), contexts, { ...settings, engine });
}

/**
 * Where to listen.
 *
 * @throws {TypeError} If it is not exactly one place.
 */
function place(given: GivenOptions): () => SocketListener {
  const path = parsedOption("path", given.path);
  const port = parsedOption("port", given.port);
  const listener = parsedOption("listener", given.listener);
  if (
    [path, port, listener].filter((each) => each !== undefined).length !== 1
  ) {
    throw new TypeError(
      `Cannot listen: specify exactly one of "port", "path" and "listener"`,
    );
  }
  if (port === undefined) {
    for (const name of NEEDS_PORT) {
      if (given[name] === undefined) continue;
      throw new TypeError(`Cannot listen: "${name}" goes with "port"`);
    }
  }
  if (listener !== undefined) return () => listener;
  if (path !== undefined) {
    return () => requirePart("listen", NO_NETWORK)({ path });
  }
  const hostname = parsedOption("hostname", given.hostname);
  const ipv6Only = parsedOption("ipv6Only", given.ipv6Only);
  const reusePort = parsedOption("reusePort", given.reusePort);
  const tcpBacklog = parsedOption("tcpBacklog", given.tcpBacklog);
  return () =>
    requirePart("listen", NO_NETWORK)({
      port: port ?? 0,
      ...(hostname === undefined ? {} : { hostname }),
      ...(ipv6Only === undefined ? {} : { ipv6Only }),
      ...(reusePort === undefined ? {} : { reusePort }),
      ...(tcpBacklog === undefined ? {} : { tcpBacklog }),
    });
}

/** What is of no use for a unix socket, or a listener that is there already. */
const NEEDS_PORT = ["hostname", "ipv6Only", "reusePort", "tcpBacklog"] as const;

/** A browser. */
const NO_NETWORK =
  "Cannot listen: this runtime has no sockets to listen on; give server() a duplex for each client";

/** What `listen` takes. */
const LISTEN = without(
  entry("listen()", "server", "address", "listener"),
  ["initialData"],
);
