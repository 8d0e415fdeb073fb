/** Stand-in for `jsr:@std/assert` where JSR cannot be reached: what the tests use of it. */

export class AssertionError extends Error {
  override name = "AssertionError";
}

function text(value: unknown): string {
  return Deno.inspect(value, { depth: 8, strAbbreviateSize: 400 });
}

function fail_(message: string, note?: string): never {
  throw new AssertionError(
    note === undefined ? message : `${message}: ${note}`,
  );
}

export function assert(expr: unknown, msg = ""): asserts expr {
  if (!expr) throw new AssertionError(msg || "Assertion failed");
}

export function assertFalse(expr: unknown, msg = ""): asserts expr is false {
  if (expr) throw new AssertionError(msg || "Expected a falsy value");
}

export function assertExists<T>(
  actual: T,
  msg?: string,
): asserts actual is NonNullable<T> {
  if (actual === undefined || actual === null) {
    fail_(`Expected a value, got ${actual}`, msg);
  }
}

export function equal(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (
    typeof a !== "object" || typeof b !== "object" || a === null || b === null
  ) return false;
  if (a.constructor !== b.constructor) return false;
  if (a instanceof Date) return a.getTime() === (b as Date).getTime();
  if (a instanceof Error) {
    return a.name === (b as Error).name && a.message === (b as Error).message;
  }
  if (ArrayBuffer.isView(a)) {
    const left = new Uint8Array(a.buffer, a.byteOffset, a.byteLength);
    const view = b as ArrayBufferView;
    const right = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    return left.length === right.length &&
      left.every((byte, at) => byte === right[at]);
  }
  if (a instanceof Map || a instanceof Set) {
    return equal([...a], [...(b as Iterable<unknown>)]);
  }
  const keys = Reflect.ownKeys(a);
  return keys.length === Reflect.ownKeys(b).length &&
    keys.every((key) =>
      Object.hasOwn(b, key) && equal(Reflect.get(a, key), Reflect.get(b, key))
    );
}

export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  if (!equal(actual, expected)) {
    fail_(
      `Values are not equal\n  actual: ${text(actual)}\nexpected: ${
        text(expected)
      }`,
      msg,
    );
  }
}

export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void {
  if (equal(actual, expected)) fail_(`Values are equal: ${text(actual)}`, msg);
}

export function assertStrictEquals<T>(
  actual: unknown,
  expected: T,
  msg?: string,
): asserts actual is T {
  if (!Object.is(actual, expected)) {
    fail_(
      `Values are not strictly equal\n  actual: ${text(actual)}\nexpected: ${
        text(expected)
      }`,
      msg,
    );
  }
}

export function assertStringIncludes(
  actual: string,
  expected: string,
  msg?: string,
): void {
  if (!actual.includes(expected)) {
    fail_(`Expected ${text(actual)} to contain ${text(expected)}`, msg);
  }
}

export function assertMatch(
  actual: string,
  expected: RegExp,
  msg?: string,
): void {
  if (!expected.test(actual)) {
    fail_(`Expected ${text(actual)} to match ${expected}`, msg);
  }
}

export function assertGreater<T>(actual: T, low: T, msg?: string): void {
  if (!(actual > low)) fail_(`Expected ${text(actual)} > ${text(low)}`, msg);
}

export function assertGreaterOrEqual<T>(actual: T, low: T, msg?: string): void {
  if (!(actual >= low)) fail_(`Expected ${text(actual)} >= ${text(low)}`, msg);
}

export function assertLess<T>(actual: T, high: T, msg?: string): void {
  if (!(actual < high)) fail_(`Expected ${text(actual)} < ${text(high)}`, msg);
}

export function assertLessOrEqual<T>(actual: T, high: T, msg?: string): void {
  if (!(actual <= high)) {
    fail_(`Expected ${text(actual)} <= ${text(high)}`, msg);
  }
}

// deno-lint-ignore no-explicit-any
type Class<E extends Error> = abstract new (...args: any[]) => E;

export function assertInstanceOf<T>(
  actual: unknown,
  // deno-lint-ignore no-explicit-any
  expected: abstract new (...args: any[]) => T,
  msg?: string,
): asserts actual is T {
  if (!(actual instanceof expected)) {
    fail_(`Expected an instance of ${expected.name}, got ${text(actual)}`, msg);
  }
}

export function assertIsError<E extends Error = Error>(
  error: unknown,
  ErrorClass?: Class<E>,
  msgIncludes?: string,
  msg?: string,
): asserts error is E {
  if (!(error instanceof Error)) fail_(`Not an Error: ${text(error)}`, msg);
  if (ErrorClass && !(error instanceof ErrorClass)) {
    fail_(
      `Expected ${ErrorClass.name}, got ${error.name}: ${error.message}`,
      msg,
    );
  }
  if (msgIncludes !== undefined && !error.message.includes(msgIncludes)) {
    fail_(
      `Expected ${text(error.message)} to contain ${text(msgIncludes)}`,
      msg,
    );
  }
}

export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  ErrorClass?: Class<E>,
  msgIncludes?: string,
  msg?: string,
): E {
  try {
    fn();
  } catch (error) {
    assertIsError(error, ErrorClass, msgIncludes, msg);
    return error as E;
  }
  return fail_("Expected a throw", msg);
}

export async function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  ErrorClass?: Class<E>,
  msgIncludes?: string,
  msg?: string,
): Promise<E> {
  try {
    await fn();
  } catch (error) {
    assertIsError(error, ErrorClass, msgIncludes, msg);
    return error as E;
  }
  return fail_("Expected a rejection", msg);
}

export function fail(msg?: string): never {
  return fail_("Failed", msg);
}

export function unreachable(reason?: string): never {
  return fail_("Unreachable", reason);
}
