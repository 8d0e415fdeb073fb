/**
 * The options of `createFetch`, and what it gives.
 *
 * @module
 */

import type { FetchOptions } from "../connection/options/fetch_options.ts";
import type { ClientOptions } from "../connection/options/options.ts";
import type { ConnectOptions } from "../connection/options/connect_options.ts";

/**
 * Options of `createFetch`: those of `connect` that hold for many connections,
 * and those of HTTP. The URL says where to connect.
 */
export interface CreateFetchOptions extends
  Omit<
    ClientOptions,
    "session" | "signal" | "initialData" | "earlyData"
  >,
  Pick<ConnectOptions, "family" | "lookup" | "localAddress">,
  FetchOptions {
  /** A unix socket to dial for all requests. The URL says the name as ever. */
  path?: string | undefined;
  /**
   * `"h2"`, `"http/1.1"` or both, in order of preference.
   *
   * @default {["h2", "http/1.1"]}
   */
  alpnProtocols?: readonly string[] | undefined;
  /**
   * Sends requests as early data (0-RTT, RFC 8470) where a connection begins with
   * a session whose ticket allows it: GET, HEAD and OPTIONS without a body, with
   * all their header fields, over HTTP/2 and HTTP/1.1. A request that the server
   * rejects is sent again after the handshake, and one that it answers with 425
   * (Too Early) once more and not early.
   *
   * **Such requests may be replayed**, and their header fields, `Authorization`
   * and `Cookie` among them, are less secret than others: who learns the keys of
   * the session later can read them. `fetch(url, { earlyData: false })` keeps one
   * request out of it.
   *
   * @default {false}
   */
  earlyData?: boolean | undefined;
  /**
   * The server name to request and verify, of all servers; `false` sends none.
   *
   * @default {the host of the URL, unless it is an address}
   */
  serverName?: string | false | undefined;
}

/** What `fetch` takes with a request, and what ours takes besides. */
export interface TlsRequestInit extends RequestInit {
  /**
   * Whether this request may be early data, where `earlyData` of `createFetch` is
   * on: `false` for a GET that must not happen twice, `true` for a request of
   * another method that may. It never holds for a request with a body, nor `true`
   * for those that redirects lead to.
   *
   * @default {`true` for GET, HEAD and OPTIONS}
   */
  earlyData?: boolean | undefined;
}

/** A `fetch` with connections of its own, as `createFetch` gives it. */
export interface TlsFetch extends AsyncDisposable {
  /**
   * Fetches, as the `fetch` of the runtime does.
   *
   * @param input The URL, which begins with `https:`, or a request with one.
   * @param init What differs from the request.
   * @returns The response, as soon as its header is there.
   * @throws {TypeError} If the arguments are not valid, or as `"fetch failed"`
   * with the reason as its `cause`, such as a `TlsError` or a `ProxyError`.
   */
  (input: string | URL | Request, init?: TlsRequestInit): Promise<Response>;
  /**
   * Takes no more requests, and closes the connections: the idle ones now, the
   * others when their responses have been read.
   */
  close(): Promise<void>;
  /** Closes all connections now; what is under way fails. */
  [Symbol.asyncDispose](): Promise<void>;
}
