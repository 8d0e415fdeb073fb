/**
 * What a client of HTTP has besides the options of its connections.
 *
 * @module
 */

import type { ClientOptions } from "./options.ts";

/** A proxy that is asked by CONNECT (RFC 9110 section 9.3.6). */
export interface ProxyOptions {
  /**
   * Where it is, such as `"http://user:password@proxy.example:3128"`; with
   * `https:` the connection to the proxy is TLS, too. User and password are
   * sent as `Proxy-Authorization: Basic`, with the first request.
   */
  readonly url: string | URL;
  /** Header fields for the proxy. */
  readonly headers?: RequestInit["headers"];
  /**
   * Options of the TLS connection to an `https:` proxy. Those of the fetch are
   * not used for it.
   */
  readonly tls?:
    | Omit<ClientOptions, "alpnProtocols" | "initialData">
    | undefined;
}

/** Options of a client of HTTP. */
export interface FetchOptions {
  /**
   * A proxy for all requests: its URL, or that with more. The proxy resolves
   * the host names, and sees TLS only. Variables of the environment are not
   * read.
   */
  proxy?: string | URL | ProxyOptions | undefined;
}
