/**
 * Values of certificates in the facts that rules give.
 *
 * @module
 */

import { escapeText } from "../../escape.ts";

/** A value in quotes: not too long, and safe to be shown. */
export function quoted(value: string): string {
  const short = value.length > MAX_VALUE
    ? `${value.slice(0, MAX_VALUE)}...`
    : value;
  return `"${escapeText(short)}"`;
}

/** "a", "a and b", "a, b and c". */
export function listed(items: readonly string[]): string {
  const shown = items.slice(0, MAX_ITEMS);
  const last = shown.at(-1) ?? "";
  return shown.length < 2
    ? last
    : `${shown.slice(0, -1).join(", ")} and ${last}`;
}

/** Longer values are cut. */
const MAX_VALUE = 100;

/** Of how many items a list speaks. */
const MAX_ITEMS = 10;
