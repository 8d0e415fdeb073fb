/**
 * Requests that met a connection which the server has just closed.
 *
 * @module
 */

import type { Dispatcher } from "undici/index.js";

/** How to send a request again. */
export interface Again {
  /** Whether the server has closed an idle connection as the request came. */
  isStale(error: Error): boolean;
  /** Sends the request with its own handler. */
  send(options: Dispatcher.DispatchOptions): void;
}

/**
 * Makes the handler of a request that is sent again once where that is safe: the
 * connection had served before and gave no response to this one, the method is
 * idempotent, and nothing of the body was read. RFC 9110 section 9.2.2: a client
 * may then repeat the request "even if the original request succeeded"; "A client
 * SHOULD NOT automatically retry a failed automatic retry."
 */
export function sentAgain(
  options: Dispatcher.DispatchOptions,
  handler: Dispatcher.DispatchHandler,
  again: Again,
): readonly [Dispatcher.DispatchOptions, Dispatcher.DispatchHandler] {
  if (!IDEMPOTENT.has(options.method)) return [options, handler];
  const body = watched(options.body);
  let isAnswered = false;
  let isAborted = false;
  // undici's fetch keeps members of its own in its handler.
  const own: Dispatcher.DispatchHandler = Object.create(handler);
  own.onConnect = function (abort) {
    handler.onConnect?.call(this, (reason) => {
      isAborted = true;
      abort(reason);
    });
  };
  own.onHeaders = function (...response) {
    isAnswered = true;
    return handler.onHeaders?.apply(this, response) ?? true;
  };
  own.onError = function (error) {
    const isSafe = !isAnswered && !isAborted && !body.isRead;
    if (isSafe && again.isStale(error)) return again.send(options);
    handler.onError?.call(this, error);
  };
  return [{ ...options, body: body.body ?? null }, own];
}

/** A body that says whether somebody has begun to read it. */
interface WatchedBody {
  readonly body: Dispatcher.DispatchOptions["body"];
  readonly isRead: boolean;
}

function watched(body: Dispatcher.DispatchOptions["body"]): WatchedBody {
  if (body === null || body === undefined) return { body, isRead: false };
  const source = body as unknown as AsyncIterable<Uint8Array>;
  const watch = {
    isRead: false,
    // undici's `fetch` gives all bodies so.
    body: {
      [Symbol.asyncIterator]() {
        watch.isRead = true;
        return source[Symbol.asyncIterator]();
      },
    } as unknown as WatchedBody["body"],
  };
  return watch;
}

/** RFC 9110 section 9.2.2: PUT, DELETE, and safe request methods. */
const IDEMPOTENT: ReadonlySet<string> = new Set([
  "GET",
  "HEAD",
  "OPTIONS",
  "PUT",
  "DELETE",
]);
