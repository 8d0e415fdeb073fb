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
export interface CreateFetchOptions
  extends
    Omit<ClientOptions, "session" | "signal" | "initialData">,
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
   * The server name to request and verify, of all servers; `false` sends none.
   *
   * @default {the host of the URL, unless it is an address}
   */
  serverName?: string | false | undefined;
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
  (input: string | URL | Request, init?: RequestInit): Promise<Response>;
  /**
   * Takes no more requests, and closes the connections: the idle ones now, the
   * others when their responses have been read.
   */
  close(): Promise<void>;
  /** Closes all connections now; what is under way fails. */
  [Symbol.asyncDispose](): Promise<void>;
}
