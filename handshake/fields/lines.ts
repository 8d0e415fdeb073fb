/**
 * Fields as lines of a trace: without what opens something.
 *
 * @module
 */

import { byteCount } from "./values.ts";
import type { Field } from "./fields.ts";

/**
 * The lines of fields, indented by their depth. What has a secret in it is
 * shown by its length.
 */
export function fieldLines(fields: readonly Field[]): string[] {
  const lines = linesBelow(fields, 1);
  const left = lines.length - MAX_LINES;
  return left > 0
    ? [...lines.slice(0, MAX_LINES), `${INDENT}… (${left} more lines)`]
    : lines;
}

function linesBelow(fields: readonly Field[], depth: number): string[] {
  return fields.filter(({ name }) => !FRAMING.has(name))
    .flatMap((field) => linesOf(field, depth));
}

function linesOf(field: Field, depth: number): string[] {
  const start = `${INDENT.repeat(depth)}${field.name}`;
  const parts = partsOf(field);
  if (isOneLine(field)) {
    return [`${start}: ${cut(textOf(field))}`];
  }
  const [only, more] = parts;
  if (
    isExtension(field) && more === undefined &&
    only !== undefined && isOneLine(only)
  ) {
    return [`${start}: ${cut(textOf(only))}`];
  }
  return [`${start}:`, ...linesBelow(parts, depth + 1)];
}

function isOneLine(field: Field): boolean {
  return partsOf(field).every((part) =>
    partsOf(part).length === 0 && !isExtension(part)
  );
}

/** Its name says what it is, also where there is nothing in it. */
function isExtension({ children }: Field): boolean {
  return children[0]?.name === "extension_type";
}

/** What a field consists of, apart from lengths and numbers of types. */
function partsOf({ name: own, children }: Field): readonly Field[] {
  const parts = children.filter(({ name }) => !FRAMING.has(name));
  // A vector of bytes has its length and itself.
  return parts.length === 1 && parts[0]?.name === own ? [] : parts;
}

/** The value of a field without its secrets. */
function textOf(field: Field): string {
  const parts = partsOf(field);
  if (!field.isSecret) return field.value;
  if (parts.length > 0) return parts.map(textOf).join(", ");
  // Behind the length of a vector.
  const { bytes } = field.children.at(-1) ?? field;
  return byteCount(bytes.length);
}

/** A peer chooses how long names and lists are: a line has an end. */
function cut(text: string): string {
  const left = text.length - MAX_LINE;
  return left > 0 ? `${text.slice(0, MAX_LINE)}… (${left} more)` : text;
}

/** What the line of a message or extension says already. */
const FRAMING: ReadonlySet<string> = new Set([
  "msg_type",
  "extension_type",
  "length",
]);

/** In characters: all that usual peers offer in one list. */
const MAX_LINE = 2000;

/** Of one message: the extensions of a ClientHello may be 16,000. */
const MAX_LINES = 1000;

const INDENT = "  ";
