/**
 * What becomes of one fetch between undici's dispatcher and its `fetch`.
 *
 * @module
 */

import { Dispatcher } from "undici/index.js";
import type { FetchDispatchOptions } from "./fetch_early.ts";

/**
 * One fetch, with its redirects. undici's `fetch` ends the body of a response
 * that fails only where `isReadable` of `node:stream` knows Web Streams, as
 * Deno's does not, and neither does it end the request's body then.
 */
export class Watch extends Dispatcher {
  /** Codings of the last response, outermost last; the body still has them. */
  codings: readonly string[] = [];
  readonly #dispatcher: Dispatcher;
  #failed: ((error: unknown) => void)[] = [];
  #error: { readonly cause: unknown } | undefined;

  #early: boolean | undefined;

  /**
   * @param dispatcher Sends the requests.
   * @param early What the caller says of early data.
   */
  constructor(dispatcher: Dispatcher, early: boolean | undefined) {
    super();
    this.#dispatcher = dispatcher;
    this.#early = early;
  }

  /** Calls back when the request has failed, or now if it has already. */
  onFailure(callback: (error: unknown) => void): void {
    if (this.#error === undefined) this.#failed.push(callback);
    else callback(this.#error.cause);
  }

  /** Called by undici. */
  override dispatch(
    options: Dispatcher.DispatchOptions,
    handler: Dispatcher.DispatchHandler,
  ): boolean {
    const early = this.#early;
    // What is said of one request holds for no other that it is redirected to.
    if (early) this.#early = undefined;
    const all: FetchDispatchOptions = { ...options, early };
    return this.#dispatcher.dispatch(all, this.#watched(handler));
  }

  /** The handler that undici's `fetch` gave, which has members of its own. */
  #watched(handler: Dispatcher.DispatchHandler): Dispatcher.DispatchHandler {
    const setCodings = (codings: readonly string[]) => this.codings = codings;
    const fail = (error: Error) => this.#fail(error);
    const watched: Dispatcher.DispatchHandler = Object.create(handler);
    watched.onHeaders = function (status, fields, resume, text) {
      const { rest, codings } = withoutCodings(fields);
      setCodings(codings);
      return handler.onHeaders?.call(this, status, rest, resume, text) ?? true;
    };
    watched.onError = function (error) {
      fail(error);
      handler.onError?.call(this, error);
    };
    return watched;
  }

  #fail(cause: unknown): void {
    this.#error ??= { cause };
    for (const callback of this.#failed.splice(0)) callback(cause);
  }
}

/** Header fields as pairs in a row, and the codings that were among them. */
function withoutCodings(
  fields: Fields,
): { readonly rest: Fields; readonly codings: string[] } {
  const codings: string[] = [];
  const rest: Fields = [];
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const [name, value] = fields.slice(i, i + 2);
    if (name === undefined || value === undefined) continue;
    if (String(name).toLowerCase() === "content-encoding") {
      codings.push(...String(value).toLowerCase().split(/\s*,\s*/));
    } else rest.push(name, value);
  }
  return { rest, codings: codings.map((coding) => coding.trim()) };
}

/** Names and values by turns. */
type Fields = Parameters<
  NonNullable<Dispatcher.DispatchHandler["onHeaders"]>
>[1];
