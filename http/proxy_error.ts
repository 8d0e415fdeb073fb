/**
 * What a proxy answers to CONNECT where it makes no connection.
 *
 * @module
 */

import { escapeText } from "../escape.ts";

/**
 * A proxy made no connection: what `cause` of the error of a `fetch` of
 * {@linkcode createFetch} is then.
 *
 * @example Wrong password, told from all else
 * ```ts
 * import { ProxyError } from "@x/tls";
 * import { assertEquals } from "@std/assert";
 *
 * const isPassword = (error: Error) =>
 *   error.cause instanceof ProxyError && error.cause.status === 407;
 *
 * const cause = new ProxyError("no", { status: 407 });
 * assertEquals(isPassword(new TypeError("fetch failed", { cause })), true);
 * ```
 */
export class ProxyError extends Error {
  /** `"ProxyError"` */
  override readonly name: string = "ProxyError";
  /** The status of the proxy's response, if it has sent one. */
  readonly status: number | undefined;

  /**
   * An error of a proxy.
   *
   * @param message What failed.
   * @param options The status, if there is one.
   */
  constructor(
    message: string,
    options: { status?: number | undefined; cause?: unknown } = {},
  ) {
    super(
      escapeText(message),
      options.cause === undefined ? {} : { cause: options.cause },
    );
    this.status = options.status;
  }
}
