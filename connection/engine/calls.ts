/**
 * Helpers for the methods of a connection: checks of arguments, and promises
 * that nobody need handle.
 *
 * @module
 */

/** The default reason of abort(). */
export function aborted(): DOMException {
  return new DOMException("Aborted", "AbortError");
}

/** detach() rejects with it if data is left. */
export function unread(): TypeError {
  return new TypeError(
    "Cannot detach: the peer sent data that has not been read",
  );
}

/** Throws if a stream is locked: then only its reader or writer may be used. */
export function refuseLocked(
  stream: { readonly locked: boolean } | undefined,
  verb: "read" | "write" | "detach",
  name: "readable" | "writable",
): void {
  if (stream?.locked) {
    throw new TypeError(
      `Cannot ${verb}: ${name} is locked; release its lock first`,
    );
  }
}

/** The same promise; nobody need handle it, as later calls throw its error. */
export function observed<T>(promise: Promise<T>): Promise<T> {
  promise.catch(ignore);
  return promise;
}

/**
 * The same for work behind a check of the call. The rejection for a mistake in
 * the call must be handled: no later call throws it.
 */
export function unlessMistaken<T>(
  check: () => void,
  work: () => Promise<T>,
): Promise<T> {
  try {
    check();
  } catch (mistake) {
    return Promise.reject(mistake);
  }
  return observed(work());
}

/** Throws if a value is no deadline. */
export function checkDeadline(value: unknown): void {
  if (value === undefined) return;
  if (value instanceof Date && !isNaN(value.getTime())) return;
  throw new TypeError("Cannot set a deadline: expected a Date or undefined");
}

/** Throws if a value is not bytes. */
export function requireBytes(value: unknown, verb: string): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw new TypeError(
    `Cannot ${verb} ${
      value === null ? "null" : typeof value
    }: expected a Uint8Array`,
  );
}

function ignore(): void {}
