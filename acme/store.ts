/**
 * Where certificates are kept, for a later start and for other machines.
 *
 * @module
 */

import type { MaybePromise } from "../crypto/primitives/provider.ts";

/**
 * A store that several machines may share. Its values are secret: private keys
 * are among them.
 */
export interface SharedStore {
  /** The value of a key; `undefined` or `null` if there is none. */
  get(key: string): MaybePromise<Uint8Array | undefined | null>;
  /** Sets the value of a key. */
  set(key: string, value: Uint8Array): MaybePromise<void>;
  /** Removes a key, if it is there. */
  delete(key: string): MaybePromise<void>;
  /**
   * Sets the value of a key if its value is as expected, in one step that no
   * other machine can come between.
   *
   * @param key The key.
   * @param expected The bytes that must be there; `undefined` for none.
   * @param value The new value.
   * @returns Whether it was as expected, and is set.
   */
  compareAndSet(
    key: string,
    expected: Uint8Array | undefined,
    value: Uint8Array,
  ): MaybePromise<boolean>;
}

/**
 * The value of a key; `undefined` if there is none.
 *
 * @throws {TypeError} If the store gives something else.
 */
export async function readValue(
  store: Pick<SharedStore, "get">,
  key: string,
): Promise<Uint8Array | undefined> {
  const value: unknown = await store.get(key);
  if (value === undefined || value === null) return undefined;
  if (value instanceof Uint8Array) return value;
  throw new TypeError(
    `Cannot use what get() of the store gives: expected a Uint8Array, undefined or null, got ${typeof value}`,
  );
}

/**
 * Sets the value of a key if its value is as expected.
 *
 * @returns Whether it was as expected, and is set.
 * @throws {TypeError} If the store does not say which: what is neither `true` nor
 * `false` must not be taken for `true`, or two machines would hold one lock.
 */
export async function setIfSame(
  store: Pick<SharedStore, "compareAndSet">,
  key: string,
  expected: Uint8Array | undefined,
  value: Uint8Array,
): Promise<boolean> {
  const isSet: unknown = await store.compareAndSet(key, expected, value);
  if (typeof isSet === "boolean") return isSet;
  throw new TypeError(
    `Cannot use what compareAndSet() of the store gives: expected true or false, got ${
      isSet === null ? "null" : typeof isSet
    }`,
  );
}

/** A value of the store as JSON; `undefined` if there is none. */
export async function readJson<T>(
  store: SharedStore,
  key: string,
  isValid: (value: unknown) => value is T,
): Promise<T | undefined> {
  const bytes = await readValue(store, key);
  if (bytes === undefined) return undefined;
  return parseJson(bytes, isValid);
}

/** Bytes as JSON; `undefined` if they are not, or not of that shape. */
export function parseJson<T>(
  bytes: Uint8Array,
  isValid: (value: unknown) => value is T,
): T | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return isValid(value) ? value : undefined;
  } catch {
    // Somebody else's bytes: as if there were none.
    return undefined;
  }
}

/** A value as the store keeps it. */
export function toJson(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value, undefined, 2));
}

/** Whether a value is an object whose named members are all text. */
export function hasTexts<K extends string>(
  value: unknown,
  ...names: readonly K[]
): value is Record<K, string> {
  return typeof value === "object" && value !== null &&
    names.every((name) =>
      typeof (value as Record<string, unknown>)[name] === "string"
    );
}
