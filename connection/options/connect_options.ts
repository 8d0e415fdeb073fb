/**
 * The options of `connect`.
 *
 * @module
 */

import type { MaybePromise } from "../../crypto/primitives/provider.ts";
import type { ClientOptions } from "./options.ts";

/** What a look-up is for. */
export interface LookupOptions {
  /** The family of addresses that is asked for, if it is one. */
  readonly family: 4 | 6 | undefined;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

/** Finds the addresses of a host. */
export type Lookup = (
  hostname: string,
  options: LookupOptions,
) => MaybePromise<string | readonly string[]>;

/** Options of `connect`. */
export interface ConnectOptions extends ClientOptions {
  /** The host to dial: a name or an address. @default {"127.0.0.1"} */
  hostname?: string | undefined;
  /** The port to dial. */
  port?: number | undefined;
  /** A unix socket to dial. */
  path?: string | undefined;
  /** Dials addresses of one family alone: IPv4 or IPv6. */
  family?: 4 | 6 | undefined;
  /**
   * Finds the addresses of `hostname`, in place of the system. They are dialled
   * by turns of their families, at intervals of 250 ms (RFC 8305). The
   * certificate must still be for `hostname`.
   */
  lookup?: Lookup | undefined;
  /**
   * The local address to dial from, one of this machine's; `0.0.0.0` or `::` for
   * any. Addresses of the other family are not dialled; one that begins with
   * `::ffff:` and stands for an IPv4 address is that address. In Deno, Node.js
   * and Bun; where the runtime cannot do it the option is a `TypeError`.
   */
  localAddress?: string | undefined;
  /**
   * The local port to dial from; 0 for any. Addresses are then dialled one after
   * the other, and not at once. It is available where `localAddress` is.
   */
  localPort?: number | undefined;
}
