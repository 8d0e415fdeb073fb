/**
 * A `fetch` with the options of `connect`.
 *
 * @module
 */

import { addressingOf } from "../connection/connect.ts";
import type { Context } from "../connection/options/context.ts";
import { contextOf } from "../connection/options/create_context.ts";
import type { ProxyOptions } from "../connection/options/fetch_options.ts";
import {
  entry,
  parsedOption,
  readGiven,
  without,
} from "../connection/options/read.ts";
import type { GivenOptions } from "../connection/options/table.ts";
import { boolean } from "../connection/options/values.ts";
import { readDictionary } from "../dictionary.ts";
import { SessionCache } from "../handshake/session/session.ts";
import { Lazy } from "../lazy.ts";
import type { Proxy, Route } from "./fetch_route.ts";
import type {
  CreateFetchOptions,
  TlsFetch,
  TlsRequestInit,
} from "./fetch_options.ts";

/**
 * Makes a `fetch` whose connections have the options of `connect`: client
 * certificates, trust, pins, pre-shared keys, versions; and a proxy, if there
 * is one. It speaks HTTP/2 and HTTP/1.1, follows redirects, streams both ways.
 *
 * Each has connections of its own, which it keeps for the next request to the
 * same origin, and a `sessionCache` of its own, unless one is given. A
 * connection serves the one origin that it was made for. The options hold for
 * all origins, also those of redirects: a server anywhere that asks for a client
 * certificate gets it. `Authorization` and `Cookie` stay with their origin.
 *
 * As with the runtime's `fetch`, an error of a connection is the `cause` of a
 * `TypeError`. URLs other than `https:` are refused, also in redirects.
 *
 * @param options How to connect.
 * @returns The `fetch`. Close it, or its idle connections remain for a while.
 * @throws {TypeError} If an option is not as it must be.
 * @throws {RangeError} If a number is out of range.
 * @throws {TlsError} If `caCerts`, `crls` or the like cannot be read.
 *
 * @example A client certificate
 * ```ts
 * import { createFetch, serve } from "@x/tls";
 * import { issueCertificate, TrustStore } from "@x/tls/x509";
 * import { assertEquals } from "@std/assert";
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
 *   { port: 0, cert, key, clientAuth: "require", caCerts: [ca.cert] },
 *   (_request, { tls }) =>
 *     new Response(`hello ${tls.peerCertificates[0]?.subject}`),
 * );
 *
 * await using fetch = createFetch({
 *   cert: alice.cert,
 *   key: alice.key,
 *   trust: TrustStore.of(ca.cert),
 * });
 * const response = await fetch(`https://localhost:${server.addr.port}/`);
 * assertEquals(await response.text(), "hello CN=alice");
 * ```
 */
export function createFetch(options: CreateFetchOptions = {}): TlsFetch {
  const route = routeOf(readGiven(options, CREATE_FETCH));
  let isClosed = false;
  let engine: Promise<Engine> | undefined;
  const opened = async () => {
    const { FetchEngine } = await ENGINE.load();
    return new FetchEngine(route);
  };
  const fetch = async (
    input: string | URL | Request,
    init?: TlsRequestInit,
  ): Promise<Response> => {
    if (isClosed) throw new TypeError("Cannot fetch: this fetch was closed");
    engine ??= opened();
    try {
      await engine;
    } catch (cause) {
      // The next call tries again.
      engine = undefined;
      throw new TypeError("fetch failed", { cause });
    }
    return await (await engine).fetch(input, init);
  };
  const end = async (how: "close" | "destroy") => {
    isClosed = true;
    const made = await engine?.catch(() => undefined);
    await made?.[how]();
  };
  return Object.assign(fetch, {
    close: () => end("close"),
    [Symbol.asyncDispose]: () => end("destroy"),
  });
}

/** How the options say to connect. */
function routeOf(
  { path, proxy, serverName, earlyData, ...given }: GivenOptions,
): Route {
  if (path !== undefined && proxy !== undefined) {
    throw new TypeError(
      `Cannot use "path" and "proxy" together: they are two ways to the server`,
    );
  }
  const { context, own } = contextOf(given, CREATE_FETCH.name);
  if (context.earlyData !== undefined) {
    throw new TypeError(
      `Cannot use the context of createFetch(): its "earlyData" is for one connection; createFetch({ earlyData: true }) sends requests early`,
    );
  }
  const complete = withProtocols(withSessions(context));
  const all = { ...own, serverName };
  complete.connectionOptions(all);
  const read = parsedOption("proxy", proxy);
  return {
    context: complete,
    own: all,
    early: earlyData !== undefined && boolean(earlyData, "earlyData"),
    path: parsedOption("path", path),
    proxy: read === undefined ? undefined : proxyOf(read),
    addressing: addressingOf({ ...given, path }),
  };
}

function withSessions(context: Context): Context {
  return context.has("sessionCache")
    ? context
    : context.with({ sessionCache: new SessionCache(CACHED_SERVERS) });
}

/** @throws {TypeError} If something else than HTTP would be spoken. */
function withProtocols(context: Context): Context {
  const { alpnProtocols } = context;
  const foreign = alpnProtocols.find((name) => !PROTOCOLS.includes(name));
  if (foreign !== undefined) {
    throw new TypeError(
      `Cannot use option "alpnProtocols" of createFetch(): expected "h2" or "http/1.1", got "${foreign}"`,
    );
  }
  return alpnProtocols.length > 0
    ? context
    : context.with({ alpnProtocols: PROTOCOLS });
}

/**
 * Reads what says where the proxy is.
 *
 * @throws {TypeError} If it is none.
 */
export function proxyOf(given: string | URL | ProxyOptions): Proxy {
  const { url: text, headers, tls } =
    typeof given === "string" || given instanceof URL
      ? { url: given }
      : readDictionary(given, CANNOT_USE_PROXY, PROXY) as Partial<ProxyOptions>;
  const url = proxyUrl(text);
  if (tls !== undefined && url.protocol !== "https:") {
    throw new TypeError(
      `${CANNOT_USE_PROXY}: "tls" is for a proxy with an https: URL`,
    );
  }
  const fields = new Headers(headers);
  const { username, password } = url;
  if (username !== "" || password !== "") {
    if (fields.has("proxy-authorization")) {
      throw new TypeError(
        `${CANNOT_USE_PROXY}: both the URL and the headers have a password`,
      );
    }
    fields.set("proxy-authorization", basic(username, password));
  }
  const isTls = url.protocol === "https:";
  const { hostname, port } = url;
  return {
    hostname: hostname.replace(/^\[|\]$/g, ""),
    port: Number(port) || (isTls ? 443 : 80),
    headers: fields,
    tls: isTls
      ? contextOf(readGiven(tls ?? {}, PROXY_TLS), PROXY_TLS.name)
      : undefined,
  };
}

function proxyUrl(text: unknown): URL {
  const url = URL.canParse(String(text)) ? new URL(String(text)) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    // A password is nobody's business in an error.
    throw new TypeError(
      `${CANNOT_USE_PROXY}: expected a URL that begins with http: or https:`,
    );
  }
  if (/[^/]/.test(url.pathname) || url.search !== "" || url.hash !== "") {
    throw new TypeError(
      `${CANNOT_USE_PROXY}: expected a URL without a path, query or fragment`,
    );
  }
  return url;
}

/** Credentials, as RFC 7617 section 2 encodes them. */
function basic(username: string, password: string): string {
  const [user, secret] = [username, password].map(decoded);
  if (user?.includes(":")) {
    throw new TypeError(`${CANNOT_USE_PROXY}: a user name has no colon`);
  }
  const bytes = new TextEncoder().encode(`${user}:${secret}`);
  return `Basic ${btoa(String.fromCharCode(...bytes))}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new TypeError(
      `${CANNOT_USE_PROXY}: user or password is not percent-encoded UTF-8`,
    );
  }
}

type Engine = import("./fetch_engine.ts").FetchEngine;

const ENGINE = new Lazy("createFetch()", () => import("./fetch_engine.ts"));

/** What holds for one connection is not for a fetch; the URL has the address. */
const CREATE_FETCH = without(
  entry("createFetch()", "client", "address", "fetch"),
  [
    "hostname",
    "port",
    "localPort",
    "session",
    "signal",
    "initialData",
  ],
);

const PROXY_TLS = without(
  entry('"tls" of a proxy', "client"),
  ["alpnProtocols", "initialData", "signal", "earlyData"],
);

const PROXY: ReadonlySet<string> = new Set(["url", "headers", "tls"]);

const CANNOT_USE_PROXY = `Cannot use option "proxy"`;

const PROTOCOLS: readonly string[] = ["h2", "http/1.1"];

/** Servers whose sessions are kept where no cache is given. */
const CACHED_SERVERS = 100;
