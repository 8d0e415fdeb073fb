/**
 * The options of `serve`, and what handlers get.
 *
 * @module
 */

import type { HttpOptions } from "../connection/options/http_options.ts";
import type { ListenOptions } from "../connection/options/listen_options.ts";
import type { RequestTls } from "./tls_info.ts";

/** What is known about a request beside the request. */
export interface ServeInfo<Addr extends Deno.Addr = Deno.Addr> {
  /** The address of the TLS client. */
  readonly remoteAddr: Addr;
  /**
   * Resolves when the response has been sent, and rejects if it cannot be, as
   * when the client has gone. As with `Deno.serve`, it also resolves for a response
   * whose body fails on the way, but not on Node.js and Bun: what makes the body
   * knows.
   */
  readonly completed: Promise<void>;
  /** The TLS connection that the request came on. */
  readonly tls: RequestTls;
  /**
   * Whether the request came as early data and the handshake is not over: it may
   * be a replay. Never true unless `earlyRequests` is `"allow"`. The field
   * `Early-Data` of a request (RFC 8470 section 5.1) makes no difference to it:
   * that is what a client says, or a gateway in front of it.
   */
  readonly early: boolean;
}

/** What is known about a connection that has failed. */
export type FailedInfo<Addr extends Deno.Addr = Deno.Addr> =
  & Omit<ServeInfo<Addr>, "completed" | "early">
  & Partial<Pick<ServeInfo<Addr>, "completed" | "early">>;

/** Makes the response to a request, as `Deno.ServeHandler`. */
export type ServeHandler<Addr extends Deno.Addr = Deno.Addr> = (
  request: Request,
  info: ServeInfo<Addr>,
) => Response | Promise<Response>;

/** Options of `serve`: those of `listen`, and those of HTTP. */
export interface ServeOptions<Addr extends Deno.Addr = Deno.Addr>
  extends ListenOptions, HttpOptions<FailedInfo<Addr>, Addr> {
  /**
   * The port to listen on; 0 for one that is free.
   *
   * @default {8000, where there is neither `path` nor `listener`}
   */
  port?: number | undefined;
  /** ALPN protocols, in order of preference. @default {["h2", "http/1.1"], on Bun ["http/1.1"]} */
  alpnProtocols?: readonly (string | Uint8Array)[] | undefined;
}

/** Options of `serve` for a unix socket. */
export interface ServeUnixOptions extends ServeOptions<Deno.UnixAddr> {
  /** The unix socket to listen on. */
  path: string;
}
