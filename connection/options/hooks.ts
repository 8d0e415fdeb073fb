/**
 * How connections call the caller's functions. If a deciding function throws,
 * its handshake fails, and the error names it. If an observing function throws,
 * only an event reports it. Each gets the handle of its connection.
 *
 * @module
 */

import { TlsError } from "../../errors.ts";
import type { ConnectionHandle } from "../../handshake/common/callback_info.ts";
import type { UntimedEvent } from "../../handshake/io/events.ts";
import type { OptionName, ParsedOptions } from "./table.ts";

/** The name of an option with an observing function. */
export type ObserverName =
  | "keyLog"
  | "onEvent"
  | "trace"
  | "onSession"
  | "onHandshakeError";

/**
 * Calls a deciding function.
 *
 * @param name Its option.
 * @param ask Calls it.
 * @throws {TlsError} `callback_failed`, if it throws or rejects: with what it
 * threw as cause, and the alert of that.
 */
export async function decide<T>(
  name: OptionName,
  ask: () => T | PromiseLike<T>,
): Promise<T> {
  try {
    return await ask();
  } catch (cause) {
    const alert = cause instanceof TlsError ? cause.alert : undefined;
    throw new TlsError(
      "callback_failed",
      `Cannot complete the handshake: option "${name}" threw: ${
        cause instanceof Error ? cause.message : String(cause)
      }`,
      { cause, alert: alert ?? "internal_error" },
    );
  }
}

/** Observing functions, bound to one connection; none of them ever throws. */
export interface Observers {
  readonly onEvent: ((event: UntimedEvent) => void) | undefined;
  readonly trace: ((line: string) => void) | undefined;
  readonly keyLog: ((line: string) => void) | undefined;
  readonly onSession: Observer<"onSession"> | undefined;
}

type Observer<K extends ObserverName> = (
  value: Parameters<NonNullable<ParsedOptions[K]>>[0],
) => void;

/** Binds those of the options to a connection. */
export function observersOf(
  { onEvent, trace, keyLog, onSession }: Partial<ParsedOptions>,
  connection: ConnectionHandle,
): Observers {
  const fails = (callback: ObserverName, error: unknown) => {
    if (callback !== "onEvent") {
      tell?.({ type: "callback_failed", callback, error });
    }
  };
  const bind = <T>(
    name: ObserverName,
    observe: ((value: T, connection: ConnectionHandle) => unknown) | undefined,
  ) =>
    observe && ((value: T) => {
      callObserver(
        () => observe(value, connection),
        (error) => fails(name, error),
      );
    });
  const tell = bind<UntimedEvent>(
    "onEvent",
    onEvent &&
      ((event) => onEvent({ ...event, time: performance.now() }, connection)),
  );
  return {
    onEvent: tell,
    trace: bind("trace", trace),
    keyLog: bind("keyLog", keyLog),
    onSession: bind("onSession", onSession),
  };
}

/** Calls a function and reports its failure, at once or later. */
export function callObserver(
  call: () => unknown,
  onFailure: (error: unknown) => void = () => {},
): void {
  try {
    const answer = call();
    if (typeof answer === "object") Promise.resolve(answer).catch(onFailure);
  } catch (error) {
    onFailure(error);
  }
}
