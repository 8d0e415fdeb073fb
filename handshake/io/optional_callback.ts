/**
 * Calls options whose result the connection does not depend on: what they throw
 * or reject with is reported by a `callback_failed` event.
 *
 * @module
 */

import type { MaybePromise } from "../../crypto/primitives/provider.ts";
import type { HandshakeIO } from "./message_stream.ts";

/**
 * Calls an option. A failure is reported and gives `undefined`, as does a promise
 * that is not settled in time: a store that does not answer must not hold up a
 * handshake that can do without it. This function never throws or rejects. A
 * result that is not a promise is returned as it is.
 *
 * @param option Its name.
 */
export function callOrReport<T>(
  { tell }: Pick<HandshakeIO, "tell">,
  option: "sessionCache" | "sessionStore" | "earlyData",
  call: () => MaybePromise<T>,
): MaybePromise<T | undefined> {
  const warn = (error: unknown) => {
    tell.tell({ type: "callback_failed", callback: option, error });
    return undefined;
  };
  try {
    const given = call();
    return isThenable(given) ? inTime(given, option).catch(warn) : given;
  } catch (error) {
    return warn(error);
  }
}

function inTime<T>(given: Promise<T>, option: string): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(late(option)), MAX_WAIT);
  return Promise.race([given, promise]).finally(() => clearTimeout(timer));
}

function late(option: string): Error {
  return new Error(
    `The store of option "${option}" did not answer within ${MAX_WAIT} ms`,
  );
}

function isThenable<T>(given: MaybePromise<T>): given is Promise<T> {
  return typeof given === "object" && given !== null && "then" in given;
}

/** Milliseconds: after them a session, or early data, saves no time any more. */
const MAX_WAIT = 1000;
