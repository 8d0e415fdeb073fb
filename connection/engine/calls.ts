/**
 * What the calls of a connection have in common: checks of arguments, and
 * promises that may be left unobserved.
 *
 * @module
 */

/** The reason of an abort() without one. */
export function aborted(): DOMException {
  return new DOMException("Aborted", "AbortError");
}

/** What detach() rejects with if there is data left. */
export function unread(): TypeError {
  return new TypeError(
    "Cannot detach: the peer sent data that has not been read",
  );
}

/** Throws if a stream is locked: only its reader or writer may be used. */
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

/** The same promise, which may be left unobserved: what fails is told again. */
export function observed<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}

/**
 * The same of work that a check of the call precedes: a mistake in the call
 * itself is told nowhere else, and stays to be observed.
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

/** Throws if a value is not bytes. */
export function requireBytes(value: unknown, verb: string): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw new TypeError(
    `Cannot ${verb} ${
      value === null ? "null" : typeof value
    }: a Uint8Array is wanted`,
  );
}
