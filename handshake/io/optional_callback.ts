/**
 * Calls of options that a connection can do without: what they throw or reject
 * with is told by a `callback_failed` event.
 *
 * @module
 */

import type { MaybePromise } from "../../crypto/primitives/provider.ts";
import type { HandshakeIO } from "./message_stream.ts";

/**
 * Calls an option. A failure is reported and gives nothing; it never throws or
 * rejects. What is given at once is returned at once.
 *
 * @param option Its name.
 */
export function callOrReport<T>(
  { tell }: Pick<HandshakeIO, "tell">,
  option: "sessionCache" | "sessionStore",
  call: () => MaybePromise<T>,
): MaybePromise<T | undefined> {
  const warn = (error: unknown) => {
    tell.callbackFailed(option, error);
    return undefined;
  };
  try {
    const given = call();
    return isThenable(given) ? Promise.resolve(given).catch(warn) : given;
  } catch (error) {
    return warn(error);
  }
}

function isThenable<T>(given: MaybePromise<T>): given is Promise<T> {
  return typeof given === "object" && given !== null && "then" in given;
}
