/**
 * Values of certificates in the facts that rules give.
 *
 * @module
 */

/**
 * A value in quotes: short, and of printable ASCII, whatever it holds, as who
 * made the certificate chose it and terminals obey control characters.
 */
export function quoted(value: string): string {
  const short = value.length > MAX_VALUE
    ? `${value.slice(0, MAX_VALUE)}...`
    : value;
  const escaped = short.replace(/[^\x20-\x7e]|["\\]/gu, escapeCharacter);
  return `"${escaped}"`;
}

function escapeCharacter(character: string): string {
  if (character === '"' || character === "\\") return `\\${character}`;
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
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
