/**
 * TLS over any two streams.
 *
 * @module
 */

import { TlsConn } from "./conn.ts";
import { Engine } from "./engine/engine.ts";
import type { EngineOptions } from "./engine/engine_options.ts";
import { Handle } from "./engine/handle.ts";
import { clientContextOf } from "./options/client_contexts.ts";
import { clientName, type ConnectionOptions } from "./options/config.ts";
import type { Context } from "./options/context.ts";
import { contextOf } from "./options/create_context.ts";
import { requireClient, requireIdentity } from "./options/option_set.ts";
import type { ClientOptions, ServerOptions } from "./options/options.ts";
import { entry, readGiven } from "./options/read.ts";
import {
  carrierOf,
  type Duplex,
  type Transport,
} from "./transport/transport.ts";

/**
 * A client over a duplex that exists already: a socket, a WebSocket stream,
 * another TLS connection, a pair in memory. Returns at once; the handshake runs
 * at `handshake()` or the first read or write.
 *
 * @param duplex The streams; neither may be locked.
 * @param options The options. Without `serverName` no name is verified, so
 * it must be there unless the options say how the peer is judged.
 * @returns The connection.
 * @throws {TypeError} If a stream is locked, or an option is not as it must be.
 * @throws {RangeError} If a number is out of range.
 * @throws {TlsError} If `caCerts`, `crls` or the like cannot be read.
 *
 * @example STARTTLS
 * ```ts ignore
 * import { client } from "@x/tls";
 *
 * const socket = await Deno.connect({ hostname: "mail.example.com", port: 587 });
 * // … EHLO, STARTTLS, 220 …
 * await using conn = client(socket, { serverName: "mail.example.com" });
 * await conn.handshake();
 * ```
 */
export function client(duplex: Duplex, options: ClientOptions): TlsConn {
  const given = readGiven(options, CLIENT);
  const { context, own } = clientContextOf(given, CLIENT.name);
  const each = context.connectionOptions(own);
  requireName(context, each);
  return new TlsConn(clientEngine(carrierOf(duplex), context, each));
}

/**
 * A server over a duplex that exists already. Returns at once; the handshake
 * runs at `handshake()` or the first read or write.
 *
 * @param duplex The streams; neither may be locked.
 * @param options The options; at least a certificate with its key, or `psk`.
 * @returns The connection.
 * @throws {TypeError} If a stream is locked, or an option is not as it must be.
 * @throws {RangeError} If a number is out of range.
 * @throws {TlsError} If `caCerts`, `crls` or the like cannot be read.
 *
 * @example A socket that begins in the clear
 * ```ts ignore
 * import { server } from "@x/tls";
 *
 * const cert = await Deno.readTextFile("cert.pem");
 * const key = await Deno.readTextFile("key.pem");
 * for await (const socket of Deno.listen({ port: 5432 })) {
 *   // … the protocol's own request for TLS …
 *   await using conn = server(socket, { cert, key });
 *   await conn.handshake();
 * }
 * ```
 */
export function server(duplex: Duplex, options: ServerOptions): TlsConn {
  const { context, own } = contextOf(readGiven(options, SERVER), SERVER.name);
  requireIdentity(context);
  const each = context.connectionOptions(own);
  return new TlsConn(serverEngine(carrierOf(duplex), context, each));
}

/** Makes a client's engine. */
export function clientEngine(
  transport: Transport,
  context: Context,
  own: ConnectionOptions,
  more: Partial<EngineOptions> & {
    readonly address?: Parameters<Context["client"]>[2];
  } = {},
): Engine {
  const { address, ...rest } = more;
  if (address === undefined && context.retriesEch) {
    throw new TypeError(
      `Cannot use option "ech": "retry" needs a new transport, which only connect() and createFetch() open`,
    );
  }
  const { serverName } = clientName(own, address?.hostname);
  const handle = new Handle("client", transport.socket, serverName);
  return new Engine(
    transport,
    handle,
    () => context.client(handle, own, address),
    { ...context.connection(handle, own), ...own, ...rest },
  );
}

/** Makes a server's engine. */
export function serverEngine(
  transport: Transport,
  context: Context,
  own: ConnectionOptions,
  more: Partial<EngineOptions> = {},
): Engine {
  const handle = new Handle("server", transport.socket);
  return new Engine(
    transport,
    handle,
    () => context.server(handle, own),
    { ...context.connection(handle, own), ...own, names: context, ...more },
  );
}

/**
 * No certificate is good for no name: that must be said.
 *
 * @throws {TypeError} If neither a name nor anything else says how the server
 * is verified.
 */
export function requireName(
  context: Context,
  { serverName }: ConnectionOptions,
): void {
  requireClient(context);
  if (
    serverName || context.has("psk") || context.has("verify") ||
    context.isSet("unsafelyIgnoreCertificateErrors") ||
    context.isSet("unsafelyDisableHostnameVerification")
  ) return;
  throw new TypeError(
    `Cannot verify the server: "serverName" says for which name its certificate must be; where that is not to be checked, say unsafelyDisableHostnameVerification: true`,
  );
}

const CLIENT = entry("client()", "client");
const SERVER = entry("server()", "server");
