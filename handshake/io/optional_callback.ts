/**
 * Calls options whose result the connection does not depend on: what they throw
 * or reject with is reported by a `callback_failed` event.
 *
 * @module
 */

import type { MaybePromise } from "../../crypto/primitives/provider.ts";
import type { HandshakeIO } from "./message_stream.ts";

/**
 * Calls an option. A failure is reported and gives `undefined`; this function
 * never throws or rejects. A result that is not a promise is returned as it is.
 *
 * @param option Its name.
 */
export function callOrReport<T>(
  { tell }: Pick<HandshakeIO, "tell">,
  option: "sessionCache" | "sessionStore" | "earlyData",
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
