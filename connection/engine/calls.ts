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

/**
 * Checks of exportKeyingMaterial()'s arguments what all versions have in common. The length of a label is checked
 * elsewhere: HkdfLabel bounds it in TLS 1.3 (RFC 9846 section 7.1), RFC 5705 does
 * not, and with TLS 1.2 both ends may agree on an empty one.
 *
 * @throws {TypeError} If an argument has a wrong type.
 * @throws {RangeError} If an argument has a wrong length.
 */
export function checkExport(
  label: unknown,
  context: unknown,
  length: unknown,
): void {
  if (typeof label !== "string" || typeof length !== "number") {
    throw new TypeError(
      "Cannot export keying material: label is a string, and length a number",
    );
  }
  if (context !== undefined && !(context instanceof Uint8Array)) {
    throw new TypeError(
      "Cannot export keying material: context is a Uint8Array, or undefined",
    );
  }
  if (context !== undefined && context.length > MAX_CONTEXT) {
    throw new RangeError(
      `Cannot export keying material: context has ${context.length} bytes, and ${MAX_CONTEXT} are the most`,
    );
  }
  if (!Number.isInteger(length) || length < 1 || length > MAX_LENGTH) {
    throw new RangeError(
      `Cannot export keying material: length is ${length}, no whole number from 1 to ${MAX_LENGTH}`,
    );
  }
}

function ignore(): void {}

/** RFC 5705 section 4: the context's length is a uint16. */
const MAX_CONTEXT = 65_535;

/**
 * RFC 9846 section 7.1: HkdfLabel has the length as a uint16. TLS 1.2 has no
 * bound, and would compute for as long as it takes.
 */
const MAX_LENGTH = 65_535;
