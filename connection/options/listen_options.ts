/**
 * What a listener has besides the options of a server.
 *
 * @module
 */

import type { ConnectionHandle } from "../../handshake/common/callback_info.ts";
import type { ServerOptions } from "./options.ts";
import type { SocketListener } from "../../platform/socket.ts";

export type { SocketListener };

/**
 * What happens to a listener, as it happens; `time` is that of
 * `performance.now()`, in milliseconds.
 */
export type ListenerEvent =
  & { readonly time: number }
  & (
    /** It listens, and its certificates can be used. */
    | { readonly type: "listening"; readonly addr: Deno.Addr }
    /**
     * It accepts no clients for now: there are as many connections or handshakes as
     * the option of that name allows, or the system lacks descriptors or memory.
     */
    | {
      readonly type: "paused";
      readonly reason: "maxConnections" | "maxPendingHandshakes" | "resources";
    }
    /** It accepts clients again. */
    | { readonly type: "resumed" }
    /** It was closed, or has failed: `accept()` rejects with `error`. */
    | { readonly type: "closed"; readonly error: unknown }
  );

/** Options of `listen`. */
export interface ListenOptions extends ServerOptions {
  /** The address to listen on. @default {"0.0.0.0"} */
  hostname?: string | undefined;
  /** The port to listen on; 0 for any free port. */
  port?: number | undefined;
  /** The unix socket to listen on. */
  path?: string | undefined;
  /** A listener that exists already. */
  listener?: SocketListener | undefined;
  /**
   * Whether `hostname: "::"` takes no clients by IPv4, so that another listener
   * can have them (IPV6_V6ONLY). In Node.js and Bun; where the runtime cannot set it
   * the option is a `TypeError`.
   */
  ipv6Only?: boolean | undefined;
  /** Same as in `Deno.listen`. */
  reusePort?: boolean | undefined;
  /** Same as in `Deno.listen`. */
  tcpBacklog?: number | undefined;
  /**
   * How many handshakes may run at once. At that number, a new client replaces
   * a handshake that has had a second without a ClientHello, or four seconds
   * with one; until there is such a handshake, new clients wait.
   *
   * @default {256}
   */
  maxPendingHandshakes?: number | undefined;
  /**
   * How many connections may be open at once, handshakes under way included.
   * At that number no more are accepted until one ends: new clients wait in the
   * queue of the system, whose length is `tcpBacklog`. Without it there is no
   * limit.
   */
  maxConnections?: number | undefined;
  /**
   * Called for each handshake that failed. If it throws, nothing fails:
   * `onEvent` gets the error as `callback_failed`.
   */
  onHandshakeError?:
    | ((
      error: unknown,
      connection: ConnectionHandle & { readonly remoteAddr: Deno.Addr },
    ) => void)
    | undefined;
  /**
   * Called when the listener begins to listen, pauses, resumes or is closed; the
   * events of its connections come by `onEvent`. If it throws, nothing fails.
   */
  onListenerEvent?: ((event: ListenerEvent) => void) | undefined;
  /**
   * Closes the listener: its port is free, and `accept()` rejects with the
   * reason.
   */
  signal?: AbortSignal | undefined;
}
