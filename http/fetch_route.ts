/**
 * What the options of a fetch say, read.
 *
 * @module
 */

import type { Addressing } from "../connection/connect.ts";
import type { Context, Contextual } from "../connection/options/context.ts";
import type { GivenOptions } from "../connection/options/table.ts";

/** How the options of a fetch say to connect. */
export interface Route {
  readonly context: Context;
  /** Options of each connection. */
  readonly own: GivenOptions;
  /** Requests that are safe may be early data. */
  readonly early: boolean;
  /** A unix socket. */
  readonly path: string | undefined;
  readonly proxy: Proxy | undefined;
  /** How to find the addresses of a host, or of the proxy. */
  readonly addressing: Addressing;
}

/** A proxy. */
export interface Proxy {
  readonly hostname: string;
  readonly port: number;
  /** Header fields for it. */
  readonly headers: Headers;
  /** How to speak TLS to it, if so. */
  readonly tls: Contextual | undefined;
}
