/**
 * Reads the option `psk` into the keys that a handshake uses.
 *
 * @module
 */

import { equals } from "@std/bytes";
import { kindOf, readDictionary } from "../../dictionary.ts";
import type { ClientPsk } from "../../handshake/common/config.ts";
import { type Parse, refuse } from "./values.ts";

/** A client's keys, or a function; its argument depends on the side. */
export type PskSource =
  | { readonly keys: readonly ClientPsk[] }
  | { readonly find: (...args: readonly unknown[]) => unknown };

/** The option `psk`. */
export const pskOption: Parse<PskSource> = (value, name) => {
  if (typeof value === "function") {
    return { find: value as (...args: readonly unknown[]) => unknown };
  }
  if (typeof value !== "object" || value === null) {
    return refuse(name, "a key, a list of keys or a function", value);
  }
  const keys = clientPsks(value);
  if (keys.length > 0) return { keys };
  throw new TypeError(`Cannot use option "${name}": the list of keys is empty`);
};

/** Reads the result of a client's function: one key, a list, or `undefined`. */
export function clientPsks(given: unknown): ClientPsk[] {
  if (given === undefined || given === null) return [];
  return (Array.isArray(given) ? given : [given]).map(clientPsk);
}

/**
 * Reads the result of a server's look-up: a key, or `undefined`. It may name
 * its identity, as a client's option does.
 */
export function serverPsk(
  given: unknown,
  identity: Uint8Array,
): Omit<ClientPsk, "identity"> | undefined {
  if (given === undefined || given === null) return undefined;
  const psk = readDictionary(given, CANNOT, MEMBERS);
  if (
    psk.identity !== undefined && !equals(identityOf(psk.identity), identity)
  ) {
    throw new TypeError(
      `${CANNOT}: it returned the key of another identity than it was asked for`,
    );
  }
  return keyOf(psk);
}

function clientPsk(given: unknown): ClientPsk {
  const psk = readDictionary(given, CANNOT, MEMBERS);
  return { identity: identityOf(psk.identity), ...keyOf(psk) };
}

function identityOf(given: unknown): Uint8Array {
  const identity = typeof given === "string"
    ? new TextEncoder().encode(given)
    : given;
  // RFC 9846 section 4.3.11: opaque identity<1..2^16-1>.
  if (
    !(identity instanceof Uint8Array) || identity.length === 0 ||
    identity.length > 65535
  ) {
    throw new TypeError(
      `${CANNOT}: expected an identity of 1 to 65535 bytes`,
    );
  }
  return identity.slice();
}

function keyOf(
  { key, hash = "SHA-256" }: Readonly<Record<string, unknown>>,
): Omit<ClientPsk, "identity"> {
  if (!(key instanceof Uint8Array)) {
    throw new TypeError(
      `${CANNOT}: expected a key that is a Uint8Array, got ${kindOf(key)}`,
    );
  }
  if (key.length < MIN_KEY_LENGTH) {
    throw new TypeError(
      `${CANNOT}: expected a key of ${MIN_KEY_LENGTH} bytes or more, got ${key.length}: a shorter one can be found by trying (RFC 9257 section 6)`,
    );
  }
  if (hash !== "SHA-256" && hash !== "SHA-384") {
    throw new TypeError(`${CANNOT}: expected hash "SHA-256" or "SHA-384"`);
  }
  return { key: key.slice(), hash };
}

const MEMBERS = new Set(["identity", "key", "hash"]);

const CANNOT = `Cannot use option "psk"`;

/** In bytes: RFC 9257 section 6 asks for 128 bits of entropy. */
const MIN_KEY_LENGTH = 16;
