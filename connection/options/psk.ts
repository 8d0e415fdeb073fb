/**
 * Reads the option `psk` into the keys that a handshake uses.
 *
 * @module
 */

import { concat, equals } from "@std/bytes";
import { kindOf, readDictionary } from "../../dictionary.ts";
import type {
  ClientPsk,
  PskAnswer,
} from "../../handshake/common/psk_config.ts";
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
): PskAnswer | undefined {
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
  const read = { identity: identityOf(psk.identity), ...keyOf(psk) };
  const { identity, importContext } = read;
  // RFC 9258 section 5.1: both go into one identity, with 8 bytes beside them.
  if (importContext) {
    bytesOf(concat([identity, importContext, new Uint8Array(8)]), "both", 1);
  }
  return read;
}

/** RFC 9846 section 4.3.11: opaque identity<1..2^16-1>. */
function identityOf(given: unknown): Uint8Array {
  return bytesOf(given, "an identity", 1);
}

function bytesOf(given: unknown, what: string, least: number): Uint8Array {
  const bytes = typeof given === "string"
    ? new TextEncoder().encode(given)
    : given;
  if (
    bytes instanceof Uint8Array && bytes.length >= least &&
    bytes.length <= MAX_LENGTH
  ) return new Uint8Array(bytes);
  throw new TypeError(
    `${CANNOT}: expected ${what} of ${least} to ${MAX_LENGTH} bytes`,
  );
}

function keyOf(
  { key, hash = "SHA-256", import: imported }: Readonly<
    Record<string, unknown>
  >,
): PskAnswer {
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
  const read = { key: new Uint8Array(key), hash } as const;
  if (imported === undefined) return read;
  const { context = "" } = readDictionary(imported, CANNOT, IMPORT_MEMBERS);
  return { ...read, importContext: bytesOf(context, "a context", 0) };
}

const MEMBERS = new Set(["identity", "key", "hash", "import"]);

const IMPORT_MEMBERS = new Set(["context"]);

const MAX_LENGTH = 65535;

const CANNOT = `Cannot use option "psk"`;

/** In bytes: RFC 9257 section 6 asks for 128 bits of entropy. */
const MIN_KEY_LENGTH = 16;
