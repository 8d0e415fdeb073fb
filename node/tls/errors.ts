/**
 * Errors with the codes that Node gives them.
 *
 * @module
 */

import { inspect } from "node:util";

/** An error with Node's code. */
export interface NodeError extends Error {
  /** Node's code, such as `"ERR_INVALID_ARG_TYPE"`. */
  code: string;
}

/** Makes an error with a code. */
export function nodeError(
  code: string,
  message: string,
  Base:
    | ErrorConstructor
    | TypeErrorConstructor
    | RangeErrorConstructor
    | SyntaxErrorConstructor = Error,
  more: ErrorOptions & Readonly<Record<string, unknown>> = {},
): NodeError {
  const { cause, ...members } = more;
  const error = new Base(message, cause === undefined ? {} : { cause });
  // As Node has it: the stack shows the code.
  const { name } = error;
  error.stack = error.stack?.replace(name, `${name} [${code}]`) ?? "";
  return Object.assign(error, { code }, members);
}

/** An argument or property has a wrong type. */
export function invalidArgType(
  name: string,
  expected: string,
  value: unknown,
): NodeError {
  const kind = name.includes(".") ? "property" : "argument";
  return nodeError(
    "ERR_INVALID_ARG_TYPE",
    `The "${name}" ${kind} must be ${expected}. Received ${received(value)}`,
    TypeError,
  );
}

/** An argument or property has a value that cannot be used. */
export function invalidArgValue(
  name: string,
  value: unknown,
  reason = "is invalid",
): NodeError {
  const kind = name.includes(".") ? "property" : "argument";
  const shown = inspect(value);
  return nodeError(
    "ERR_INVALID_ARG_VALUE",
    `The ${kind} '${name}' ${reason}. Received ${
      shown.length > 128 ? `${shown.slice(0, 128)}...` : shown
    }`,
    TypeError,
  );
}

/** @throws {TypeError} If a value is not a string. */
export function requireString(
  value: unknown,
  name: string,
): asserts value is string {
  if (typeof value !== "string") {
    throw invalidArgType(name, "of type string", value);
  }
}

/** @throws {TypeError} If a value is not a function. */
export function requireFunction(
  value: unknown,
  name: string,
  // deno-lint-ignore ban-types -- any function will do
): asserts value is Function {
  if (typeof value !== "function") {
    throw invalidArgType(name, "of type function", value);
  }
}

/** @throws {TypeError} If a value is not a number. */
export function requireNumber(
  value: unknown,
  name: string,
): asserts value is number {
  if (typeof value !== "number") {
    throw invalidArgType(name, "of type number", value);
  }
}

/**
 * @throws {TypeError} If a value is not a number.
 * @throws {RangeError} If it is not an integer in the range.
 */
export function requireInteger(
  value: unknown,
  name: string,
  min: number,
  max: number,
): void {
  requireNumber(value, name);
  const expected = !Number.isInteger(value)
    ? "an integer"
    : value < min || value > max
    ? `>= ${min} && <= ${max}`
    : undefined;
  if (expected === undefined) return;
  throw outOfRange(name, expected, value);
}

/** A number is out of its range. */
function outOfRange(
  name: string,
  expected: string,
  value: unknown,
): NodeError {
  return nodeError(
    "ERR_OUT_OF_RANGE",
    `The value of "${name}" is out of range. It must be ${expected}. Received ${
      String(value)
    }`,
    RangeError,
  );
}

/**
 * @throws {TypeError} If a value is not a number.
 * @throws {RangeError} If it is less than another.
 */
export function requireAtLeast(
  value: unknown,
  name: string,
  min: number,
): asserts value is number {
  requireNumber(value, name);
  if (!(value >= min)) throw outOfRange(name, `>= ${min}`, value);
}

/** The end of the transport before the handshake was done. */
export function connectionReset(
  message: string,
  more: Readonly<Record<string, unknown>> = {},
): NodeError {
  return nodeError("ECONNRESET", message, Error, more);
}

function received(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === "function") {
    return value.name === "" ? "function " : `function ${value.name}`;
  }
  if (typeof value === "object") {
    const name = value.constructor?.name;
    return name ? `an instance of ${name}` : inspect(value, { depth: -1 });
  }
  const shown = inspect(value, { colors: false });
  const short = shown.length > 28 ? `${shown.slice(0, 25)}...` : shown;
  return `type ${typeof value} (${short})`;
}
