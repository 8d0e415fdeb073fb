/**
 * HTTP over TLS: the shape of `Deno.serve`, the options of `listen`.
 *
 * @module
 */

import { openListener } from "../connection/listen.ts";
import type { Context } from "../connection/options/context.ts";
import { isContext } from "../connection/options/create_context.ts";
import type {
  ServerOptions,
  TlsContext,
} from "../connection/options/options.ts";
import type { HttpOptions } from "../connection/options/http_options.ts";
import {
  entry,
  parsedOption,
  readGiven,
  without,
} from "../connection/options/read.ts";
import { type GivenOptions, namesOf } from "../connection/options/table.ts";
import { RestingConnections } from "./resting.ts";
import type { Serving } from "./connection.ts";
import type { HttpEngine } from "./engine.ts";
import { createEngine } from "./engines.ts";
import { spokenProtocols } from "./spoken_protocols.ts";
import type {
  ServeHandler,
  ServeOptions,
  ServeUnixOptions,
} from "./options.ts";
import { answeringPlainHttp } from "./plain_http.ts";
import { TlsHttpServer } from "./server.ts";

/**
 * Serves HTTP/1.1 and HTTP/2 over TLS, as `Deno.serve` does, with all that
 * `listen` can do: client certificates, names, reloading, pre-shared keys. The
 * handler's `info.tls` is the connection that a request came on.
 *
 * `Deno.serve` speaks HTTP; TLS is ours. Bytes pass unchanged between the two,
 * by unix sockets that only this process can find where the permissions to read,
 * write and use the net are given without limits, and else by connections on
 * loopback, where requests of others are refused.
 *
 * On Node.js and Bun, `node:http` and `node:http2` speak HTTP, by connections in
 * memory. The server listens when its `ready` resolves; then `onListen` is
 * called, and `addr` is known. Requests to upgrade to WebSocket go to `onUpgrade`
 * there, or are answered with 501, `TRACE` and `CONNECT` too, and
 * `automaticCompression` is refused.
 * Bun serves HTTP/1.1 only, as its `node:http2` does not wait for slow clients.
 *
 * A client whose handshake fails is reported to `onHandshakeError`; a handler that
 * throws, and a client that leaves with requests under way, in `onError`.
 *
 * @param options Where and how; a certificate with its key at least.
 * @param handler Makes the responses.
 * @returns The server.
 * @throws {TypeError} If an option is not as it must be.
 * @throws {RangeError} If a number is out of range.
 * @throws {TlsError} If `caCerts`, `crls` or the like cannot be read.
 * @throws {Deno.errors.AddrInUse} And what else `Deno.listen` throws.
 *
 * @example A client certificate in the handler
 * ```ts
 * import { connect, serve } from "@x/tls";
 * import { issueCertificate, TrustStore } from "@x/tls/x509";
 * import { assert, assertStringIncludes } from "@std/assert";
 *
 * const ca = await issueCertificate({ names: ["Test CA"], ca: true });
 * const { cert, key } = await issueCertificate({
 *   names: ["localhost"],
 *   issuer: ca,
 * });
 * const alice = await issueCertificate({
 *   names: ["alice"],
 *   issuer: ca,
 *   extendedKeyUsage: ["clientAuth"],
 * });
 * await using server = serve(
 *   {
 *     hostname: "127.0.0.1",
 *     port: 0,
 *     cert,
 *     key,
 *     clientAuth: "require",
 *     caCerts: [ca.cert],
 *   },
 *   (_request, { tls }) =>
 *     new Response(`hello ${tls.peerCertificates[0]?.subject}`),
 * );
 *
 * await using conn = await connect({
 *   hostname: "127.0.0.1",
 *   port: server.addr.port,
 *   serverName: "localhost",
 *   trust: TrustStore.of(ca.cert),
 *   cert: alice.cert,
 *   key: alice.key,
 * });
 * await conn.write(new TextEncoder().encode(
 *   "GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n",
 * ));
 * const response = await new Response(conn.readable).text();
 * assert(response.startsWith("HTTP/1.1 200 OK\r\n"));
 * assertStringIncludes(response, "hello CN=alice");
 * ```
 */
export function serve(
  options: ServeUnixOptions,
  handler: ServeHandler<Deno.UnixAddr>,
): TlsHttpServer<Deno.UnixAddr>;
/**
 * Serves HTTP/1.1 and HTTP/2 over TLS on a port.
 *
 * @param options Where and how; a certificate with its key at least.
 * @param handler Makes the responses.
 * @returns The server.
 * @throws {TypeError} If an option is not as it must be.
 * @throws {RangeError} If a number is out of range.
 */
export function serve(
  options: ServeOptions<Deno.NetAddr>,
  handler: ServeHandler<Deno.NetAddr>,
): TlsHttpServer<Deno.NetAddr>;
/**
 * Serves HTTP/1.1 and HTTP/2 over TLS on a unix socket.
 *
 * @param options Where and how, and `handler`, which makes the responses.
 * @returns The server.
 * @throws {TypeError} If an option is not as it must be.
 * @throws {RangeError} If a number is out of range.
 */
export function serve(
  options: ServeUnixOptions & { handler: ServeHandler<Deno.UnixAddr> },
): TlsHttpServer<Deno.UnixAddr>;
/**
 * Serves HTTP/1.1 and HTTP/2 over TLS.
 *
 * @param options Where and how, and `handler`, which makes the responses.
 * @returns The server.
 * @throws {TypeError} If an option is not as it must be.
 * @throws {RangeError} If a number is out of range.
 */
export function serve(
  options: ServeOptions<Deno.NetAddr> & {
    handler: ServeHandler<Deno.NetAddr>;
  },
): TlsHttpServer<Deno.NetAddr>;
/**
 * Serves HTTP/1.1 and HTTP/2 over TLS, as `Deno.serve` does, with all that
 * `listen` can do. A certificate with its key is needed.
 *
 * @param handler Makes the responses.
 * @returns The server.
 * @throws {TypeError} Always: options have the certificate.
 */
export function serve(
  handler: ServeHandler<Deno.NetAddr>,
): TlsHttpServer<Deno.NetAddr>;
export function serve(first: unknown, second?: unknown): TlsHttpServer {
  const [options, handler] = argumentsOf(first, second);
  const [ofHttp, given] = split(readGiven(options, SERVE));
  refuseHalfRtt(given);
  const read = <K extends HttpOption>(name: K) =>
    parsedOption(name, ofHttp[name]);
  const onListen = read("onListen");
  const redirects = read("redirectHttp");
  const answers = {
    handler,
    // Its info is ours.
    onError: read("onError") as Serving["onError"],
    onUpgrade: read("onUpgrade") as Serving["onUpgrade"],
    allowsMisdirected: read("unsafelyAllowMisdirectedRequests"),
    earlyRequests: read("earlyRequests"),
    headersTimeout: read("headersTimeout"),
    resting: new RestingConnections(),
  };
  const engineOptions = { automaticCompression: read("automaticCompression") };
  let listensLater = false;
  const listener = openListener(
    withPlace(withProtocols(refusingLater(given))),
    SERVE.name,
    (listener) => {
      listensLater = listener.ready !== undefined;
      return answeringPlainHttp(listener, redirects);
    },
  );
  const takesUpgrades = answers.onUpgrade !== undefined;
  const engine = engineFor(listener, engineOptions, takesUpgrades);
  const tell = () => onListen?.(server.addr as never); // the overloads say which it is
  const server: TlsHttpServer = new TlsHttpServer({
    listener,
    serving: { ...answers, http: engine },
    signal: parsedOption("signal", given.signal),
    onListening: listensLater ? tell : undefined,
    complete,
    checkNamed: refuseNamedHalfRtt,
  });
  try {
    if (!listensLater) tell();
  } catch (error) {
    // Nobody else could end it.
    server.shutdown();
    throw error;
  }
  return server;
}

/** The two of them, however they were given. */
function argumentsOf(first: unknown, second: unknown): [unknown, ServeHandler] {
  if (typeof first === "function") return [{}, first as ServeHandler];
  if (typeof second === "function") return [first, second as ServeHandler];
  const { handler, ...options } = Object(first) as Record<string, unknown>;
  if (second === undefined && typeof handler === "function") {
    return [options, handler as ServeHandler];
  }
  throw new TypeError(
    `Cannot serve: expected a function as handler, behind the options or as "handler" in them`,
  );
}

/** The options of HTTP, and those of the listener. */
function split(given: GivenOptions): [GivenOptions, GivenOptions] {
  const ofHttp: Record<string, unknown> = {};
  const rest: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given)) {
    (HTTP.has(name) ? ofHttp : rest)[name] = value;
  }
  return [ofHttp, rest];
}

/** An engine, or the end of the listener. */
function engineFor(
  listener: Disposable,
  ...args: Parameters<typeof createEngine>
): HttpEngine {
  try {
    return createEngine(...args);
  } catch (error) {
    listener[Symbol.dispose]();
    throw error;
  }
}

/** As `Deno.serve`, with a port of its own where none is given. */
function withPlace(given: GivenOptions): GivenOptions {
  const { port, path, listener } = given;
  return port === undefined && path === undefined && listener === undefined
    ? { ...given, port: DEFAULT_PORT }
    : given;
}

/** With the protocols that are spoken, unless something else is said of them. */
function withProtocols<T extends GivenOptions>(given: T): T {
  const { context, alpnProtocols, onAlpn } = given;
  const isSaid = alpnProtocols !== undefined || onAlpn !== undefined ||
    isContext(context) && saysProtocols(context);
  const protocols = spokenProtocols();
  if (!isSaid) return { ...given, alpnProtocols: protocols };
  refuseUnspoken(alpnProtocols, protocols);
  if (isContext(context)) refuseUnspoken(context.alpnProtocols, protocols);
  return given;
}

/** @throws {TypeError} If HTTP/2 is asked for where it is not spoken. */
function refuseUnspoken(given: unknown, protocols: readonly string[]): void {
  if (protocols.includes("h2")) return;
  if (!parsedOption("alpnProtocols", given).includes("h2")) return;
  throw new TypeError(
    `Cannot use "h2" in option "alpnProtocols" of serve(): this runtime serves HTTP/1.1 only`,
  );
}

/** The same for what takes the place of the options. */
function complete(
  given: TlsContext | ServerOptions,
): TlsContext | ServerOptions {
  refuseNamedHalfRtt(given);
  if (!isContext(given)) {
    return withProtocols(refusingLater(given as ServerOptions));
  }
  const protocols = spokenProtocols();
  if (!saysProtocols(given)) return given.with({ alpnProtocols: protocols });
  refuseUnspoken(given.alpnProtocols, protocols);
  return given;
}

/**
 * Refuses a server that is to speak first, also for a name or a ClientHello.
 *
 * @throws {TypeError} If one of the options says so.
 */
function refuseHalfRtt({ context, halfRtt, sni }: GivenOptions): void {
  const isSet = halfRtt === undefined
    ? isContext(context) && context.isSet("halfRtt")
    : halfRtt === true;
  if (!isSet) {
    const table = typeof sni === "object" && sni !== null ? sni : {};
    return Object.values(table).forEach(refuseNamedHalfRtt);
  }
  throw new TypeError(
    `Cannot use option "halfRtt" of serve(): clients of HTTP speak first, so there is nothing to send before their requests`,
  );
}

/** The same for what stands for a name. */
function refuseNamedHalfRtt(named: unknown): void {
  refuseHalfRtt(isContext(named) ? { context: named } : Object(named));
}

/** Has what callbacks choose refused as well, which fails that handshake. */
function refusingLater<T extends GivenOptions>(given: T): T {
  const watched: Record<string, unknown> = { ...given };
  for (const name of ["sni", "onClientHello"] as const) {
    const choose = given[name];
    if (typeof choose !== "function") continue;
    watched[name] = async (...args: unknown[]) => {
      const chosen: unknown = await choose(...args);
      refuseNamedHalfRtt(chosen);
      return chosen;
    };
  }
  return watched as T; // with functions of the same types
}

function saysProtocols(context: Context): boolean {
  return context.has("alpnProtocols") || context.has("onAlpn");
}

type HttpOption = keyof HttpOptions<never, never>;

/** What `serve` takes: what `listen` does, and more. */
const SERVE = without(
  entry("serve()", "server", "address", "listener", "http"),
  ["initialData"],
);

const HTTP: ReadonlySet<string> = namesOf(({ scope }) => scope === "http");

const DEFAULT_PORT = 8000;
