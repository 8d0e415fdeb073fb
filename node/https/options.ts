/**
 * The options of servers, agents and requests.
 *
 * @module
 */

import type {
  AgentOptions as HttpAgentOptions,
  RequestOptions as HttpRequestOptions,
  ServerOptions as HttpServerOptions,
} from "node:http";
import type {
  ConnectionOptions,
  TlsServerOptions,
} from "../tls/socket_options.ts";

/** Options of `createServer`: those of `http.createServer` and of `tls`. */
export interface HttpsServerOptions
  extends TlsServerOptions, Omit<HttpServerOptions, keyof TlsServerOptions> {}

/** What of TLS a request may say. */
export type TlsRequestOptions = Omit<
  ConnectionOptions,
  keyof HttpRequestOptions | "onread" | "socket"
>;

/** Options of `request` and `get`. */
export interface HttpsRequestOptions
  extends HttpRequestOptions, TlsRequestOptions {}

/** Options of an `Agent`: those of `http.Agent` and of each of its requests. */
export interface HttpsAgentOptions
  extends HttpAgentOptions, Omit<TlsRequestOptions, keyof HttpAgentOptions> {
  /** Sessions to keep for resumption; 0 keeps none. @default {100} */
  maxCachedSessions?: number | undefined;
}
