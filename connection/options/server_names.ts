/**
 * Server names: the one that a client asks for, and values by name, as the option
 * `sni` and listeners have them.
 *
 * @module
 */

import {
  normalizeDnsName,
  parseReferenceName,
  type ReferenceName,
} from "../../x509/certificate/name_match.ts";
import type { ServerOptions } from "./options.ts";
import { ownOptions, type Parse, refuse, string } from "./values.ts";

/** The name that a client asks for, or `false`. */
export const serverName: Parse<ReferenceName | false> = (value, name) =>
  value === false
    ? false
    : typeof value === "string"
    ? parseReferenceName(value)
    : refuse(name, "a string or false", value);

/** A table with values that were not checked yet, or a look-up. */
export type ServerNames =
  | { readonly table: ReadonlyMap<string, unknown> }
  | {
    readonly find: Extract<
      NonNullable<ServerOptions["sni"]>,
      (...args: never[]) => unknown
    >;
  };

/** The option `sni`. */
export const serverNames: Parse<ServerNames> = (value, name) => {
  if (typeof value === "function") {
    return { find: value as Extract<ServerNames, { find: unknown }>["find"] };
  }
  // A Map, for example, has no own property names to read.
  if (!isPlainObject(value)) {
    return refuse(name, "a plain object or a function", value);
  }
  const table = new Map<string, unknown>();
  for (const [pattern, found] of Object.entries(value)) {
    table.set(namePattern(pattern, name), ownOptions(found));
  }
  return { table };
};

/**
 * A name as it is looked up: A-labels in lower case without a final dot,
 * perhaps behind `*.`, which stands for one label; or `*` alone.
 *
 * @throws {TypeError} If it is not a DNS name.
 */
export function namePattern(value: unknown, name: string): string {
  const pattern = string(value, name);
  if (pattern === CATCH_ALL) return pattern;
  try {
    return pattern.startsWith("*.")
      ? `*.${normalizeDnsName(pattern.slice(2))}`
      : normalizeDnsName(pattern);
  } catch (error) {
    const { message } = error as Error;
    throw new TypeError(`Cannot use option "${name}": ${message}`, {
      cause: error,
    });
  }
}

/**
 * Finds the value for the name that a client asks for, which is in lower case
 * and without a final dot. The name itself goes first, then `*.` for
 * its first label, then `*` for all names and for clients that ask for none.
 */
export function findByName<T>(
  table: ReadonlyMap<string, T>,
  serverName: string | undefined,
): T | undefined {
  const found = serverName === undefined
    ? undefined
    : table.get(serverName) ?? table.get(serverName.replace(/^[^.]+/, "*"));
  return found ?? table.get(CATCH_ALL);
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

/** All names without an entry of their own, and no name. */
const CATCH_ALL = "*";
