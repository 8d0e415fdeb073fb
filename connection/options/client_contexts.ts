/**
 * Contexts of clients whose options were written out lately: many programs write
 * the same ones anew for each connection.
 *
 * @module
 */

import type { Dictionary } from "../../dictionary.ts";
import { TrustStore } from "../../x509/trust/trust_store.ts";
import type { Context, Contextual } from "./context.ts";
import { contextOf, hasDefault } from "./create_context.ts";
import {
  type GivenOptions,
  type OptionName,
  type Row,
  table,
} from "./table.ts";

/**
 * The context of a client's options: that which is among them, or one of the same
 * options that was made before.
 *
 * @throws {TypeError} If an option is none, or contradicts another.
 */
export function clientContextOf(
  given: GivenOptions,
  whose: string,
): Contextual {
  if (given.context !== undefined || hasDefault()) {
    return contextOf(given, whose);
  }
  const shared: Record<string, unknown> = {};
  const own: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given)) {
    (rowOf(name).scope === "context" ? shared : own)[name] = value;
  }
  const known = find(shared);
  if (known !== undefined) return { context: known, own };
  // First: the context must be made of what it is kept by.
  const options = copyOf(shared);
  if (!isLasting(options)) return contextOf(given, whose);
  const { context } = contextOf(options, whose);
  kept.push({ options, context });
  if (kept.length > MAX_KEPT) kept.shift();
  return { context, own };
}

function find(options: Dictionary): Context | undefined {
  const at = kept.findLastIndex((each) => isSame(each.options, options));
  const found = kept[at];
  // The one that was not used for the longest time is the first.
  if (found !== undefined && at < kept.length - 1) {
    kept.push(...kept.splice(at, 1));
  }
  return found?.context;
}

function isSame(one: Dictionary, other: Dictionary): boolean {
  const names = Object.keys(one);
  return names.length === Object.keys(other).length &&
    names.every((name) => isSameValue(one[name], other[name]));
}

function isSameValue(one: unknown, other: unknown): boolean {
  return Array.isArray(one)
    ? Array.isArray(other) && one.length === other.length &&
      one.every((item, at) => item === other[at])
    : one === other;
}

/**
 * Whether equal options mean the same: functions and objects that may change do
 * not count, and no key is kept for longer than its connection.
 */
function isLasting(options: Dictionary): boolean {
  let length = 0;
  const isPlain = (value: unknown) => {
    if (typeof value === "string") length += value.length;
    return ["string", "number", "boolean"].includes(typeof value);
  };
  for (const [name, value] of Object.entries(options)) {
    const lasts = value instanceof TrustStore ||
      (Array.isArray(value) ? value.every(isPlain) : isPlain(value));
    if (!lasts || rowOf(name).identity) return false;
  }
  return length <= MAX_LENGTH;
}

/** The options were read, so that each name has a row. */
function rowOf(name: string): Row {
  return table[name as OptionName];
}

/** The caller may change a list later. */
function copyOf(options: Dictionary): Dictionary {
  return Object.fromEntries(
    Object.entries(options).map(([name, value]) => [
      name,
      Array.isArray(value) ? [...value] : value,
    ]),
  );
}

const kept: { readonly options: Dictionary; readonly context: Context }[] = [];

/** Different options that a program may write out in turn. */
const MAX_KEPT = 8;

/** Of the text in the options of one, the bundle of a system among them. */
const MAX_LENGTH = 2 ** 19;
