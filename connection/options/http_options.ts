/**
 * What a server of HTTP has besides the options of a listener.
 *
 * @module
 */

/**
 * Options of HTTP. `Info` is what is known about a request, `Addr` where the
 * server listens.
 */
export interface HttpOptions<Info, Addr> {
  /** Called when the server listens, with its address. Nothing is printed. */
  onListen?: ((addr: Addr) => void) | undefined;
  /**
   * Makes the response where the handler throws or rejects; without it, the
   * runtime logs the error and answers 500. It is also called where a
   * connection fails with requests under way, or breaks a rule of TLS: then
   * nobody gets what it returns.
   */
  onError?:
    | ((error: unknown, info: Info) => Response | Promise<Response>)
    | undefined;
  /**
   * Milliseconds in which the request line and the fields of an HTTP/1.1 request
   * must have come, the first one's counted from the end of the handshake, others
   * from their first byte; 0 for no limit. A client that is slower gets 408.
   *
   * @default {60000}
   */
  headersTimeout?: number | undefined;
  /** Same as in `Deno.serve`. @default {false} */
  automaticCompression?: boolean | undefined;
  /**
   * Answers a plain HTTP request on this port with a redirect to `https:`, and
   * not with 400.
   *
   * @default {false}
   */
  redirectHttp?: boolean | undefined;
  /**
   * What becomes of requests that come as early data, with the option
   * `earlyData`, before the handshake is over (RFC 8470): `"refuse"` answers 425
   * (Too Early), which has the client send them once more; `"delay"` calls the
   * handler when the handshake is over, which no replay completes; `"allow"` calls
   * it at once, and `info.early` says so.
   *
   * @default {"refuse"}
   */
  earlyRequests?: "refuse" | "delay" | "allow" | undefined;
  /**
   * On Node.js and Bun, takes over a connection of HTTP/1.1 whose client asks to
   * change the protocol, as to WebSocket: what `handleUpgrade` of `ws` takes, as
   * the event `upgrade` of a server of `node:http` gives it. Without it, such
   * requests are answered with 501. In Deno it is refused: call
   * `Deno.upgradeWebSocket` in the handler.
   *
   * @param request A `http.IncomingMessage`.
   * @param socket A `stream.Duplex`, without TLS: that is ours.
   * @param head A `Buffer` with what has come behind the request.
   * @param info What is known about the connection.
   */
  onUpgrade?:
    | ((request: never, socket: never, head: never, info: Info) => void)
    | undefined;
  /**
   * Passes on requests for another name than the client's handshake was for,
   * even where the options judge clients by name. The handler must then look at
   * `info.tls.serverName` before it trusts a client certificate.
   *
   * @default {false}
   */
  unsafelyAllowMisdirectedRequests?: boolean | undefined;
}
