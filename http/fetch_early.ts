/**
 * Requests of a fetch that leave as early data (RFC 8470).
 *
 * @module
 */

import type { Dispatcher } from "undici/index.js";
import type { TlsConn } from "../connection/conn.ts";
import type { EarlyDataSession } from "../handshake/common/callback_info.ts";
import { EarlySocket, type Spoken } from "./early_socket.ts";

/** What a fetch says of one of its requests, beside what undici has of it. */
export interface FetchDispatchOptions extends Dispatcher.DispatchOptions {
  /** What the caller says of early data; `undefined` leaves it to the method. */
  readonly early?: boolean | undefined;
}

/**
 * Whether a request may be sent early: RFC 8470 section 4 has safe methods
 * alone, absent other information. A body would have to be kept.
 */
export function mayBeEarly(
  { method, body, early }: FetchDispatchOptions,
): boolean {
  if (body !== null && body !== undefined) return false;
  return early ?? SAFE.has(method);
}

/** A request that looks for a connection. */
export interface EarlyRequest {
  readonly options: Dispatcher.DispatchOptions;
  readonly handler: Dispatcher.DispatchHandler;
  /** Whether it has arrived as early data. */
  wasEarly: boolean;
  /** Whether its handler knows why there is no connection. */
  isTold: boolean;
}

/**
 * A request whose handler has it sent again, once and not early, where that has
 * failed: on 425 (RFC 8470 section 5.2), and where the server speaks another
 * protocol now than the session's.
 *
 * @param again Sends the request with its own handler.
 */
export function earlyRequest(
  options: Dispatcher.DispatchOptions,
  handler: Dispatcher.DispatchHandler,
  again: () => void,
): EarlyRequest {
  let isTooEarly = false;
  let isAborted = false;
  // undici's fetch keeps members of its own in its handler.
  const own: Dispatcher.DispatchHandler = Object.create(handler);
  const request: EarlyRequest = {
    options,
    handler: own,
    wasEarly: false,
    isTold: false,
  };
  own.onConnect = function (abort) {
    handler.onConnect?.call(this, (reason) => {
      isAborted = true;
      abort(reason);
    });
  };
  own.onHeaders = function (status, ...rest) {
    // What was not sent early would get the same answer again.
    isTooEarly = status === TOO_EARLY && request.wasEarly;
    return isTooEarly ||
      (handler.onHeaders?.call(this, status, ...rest) ?? true);
  };
  own.onData = function (chunk) {
    return isTooEarly || (handler.onData?.call(this, chunk) ?? true);
  };
  own.onComplete = function (trailers) {
    if (isTooEarly) return again();
    handler.onComplete?.call(this, trailers);
  };
  own.onError = function (error) {
    const isSafe = isTooEarly || error instanceof ProtocolChanged;
    if (isSafe && !isAborted) return again();
    handler.onError?.call(this, error);
  };
  return request;
}

/** A connection on its way that may take a request with it. */
export class EarlyStart {
  readonly #begin: (protocol: Spoken, socket: EarlySocket) => void;
  #protocol: Spoken | undefined;
  #socket: EarlySocket | undefined;

  /** @param begin Writes the request to a socket. */
  constructor(begin: (protocol: Spoken, socket: EarlySocket) => void) {
    this.#begin = begin;
  }

  /** The bytes of the request, for a session that is about to be resumed. */
  async give(
    { alpnProtocol = "http/1.1" }: EarlyDataSession,
  ): Promise<Uint8Array | undefined> {
    if (alpnProtocol !== "h2" && alpnProtocol !== "http/1.1") return undefined;
    if (this.#socket === undefined) {
      this.#protocol = alpnProtocol;
      this.#socket = new EarlySocket(alpnProtocol);
      this.#begin(alpnProtocol, this.#socket);
    } else if (alpnProtocol !== this.#protocol) return undefined;
    return await this.#socket.firstFlight();
  }

  /** Whether the request has been written to a socket. */
  get hasBegun(): boolean {
    return this.#socket !== undefined;
  }

  /**
   * Goes on with the connection.
   *
   * @returns Whether the request has taken it.
   */
  async open(conn: TlsConn): Promise<boolean> {
    const { alpnProtocol = "http/1.1" } = conn.info;
    if (this.#socket === undefined) return false;
    if (alpnProtocol === this.#protocol) {
      await this.#socket.open(conn);
      return true;
    }
    this.#socket.fail(new ProtocolChanged());
    return false;
  }

  /**
   * There is no connection.
   *
   * @returns Whether the request has heard of it.
   */
  fail(reason: unknown): boolean {
    this.#socket?.fail(reason);
    return this.#socket !== undefined;
  }
}

/** The server has chosen another ALPN protocol than that of the session. */
class ProtocolChanged extends Error {
  override readonly name = "ProtocolChanged";
}

/** RFC 9110 section 9.2.1, but for TRACE, which no fetch sends. */
const SAFE: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/** RFC 8470 section 5.2: 425 (Too Early). */
const TOO_EARLY = 425;
