/**
 * A tree of fields as HTML: each byte is in it once.
 *
 * @module
 */

import { toHex } from "../../encoding.ts";
import type { Field } from "../../handshake/fields/decoder.ts";
import { hexHtml, sectionHtml, text } from "./html.ts";

/** Where fields are shown. */
interface Place {
  /** What they are parts of, and what has told about them already. */
  readonly within?: Field;
  /** Whether their bytes were not on the wire in this form. */
  readonly isCopy?: boolean;
}

/** Fields, one below another. */
export function fieldsHtml(
  fields: readonly Field[],
  place: Place = {},
): string {
  if (fields.length === 0) return "";
  const items = fields.map((field) => fieldHtml(field, place));
  return `<ul class="fields">${items.join("")}</ul>`;
}

function fieldHtml(field: Field, { within, isCopy = false }: Place): string {
  const { name, meaning, section, children } = field;
  const isList = children.length > 2 && children[0]?.name === "length" &&
    children.slice(1).every(isPlain);
  const link = section === within?.section ? "" : sectionHtml(section);
  const head = `<b>${text(name)}</b> ${valueHtml(field, isList)} ${link}`;
  const about = meaning === undefined ? "" : `<p>${text(meaning)}</p>`;
  if (children.length === 0) {
    return `<li class="leaf">${
      hexHtml(field.bytes, isCopy ? "copy" : "hex") ||
      `<i class="hex">no bytes</i>`
    }<div>${head}${about}</div></li>`;
  }
  const parts = isList
    ? itemsHtml(children, { isCopy })
    : fieldsHtml(children, { within: field, isCopy });
  return `<li class="tree"><div class="head">${head}${about}</div>${parts}</li>`;
}

/** A value; what the bytes or the parts beside it say is not said again. */
function valueHtml(
  { name, value, bytes, children }: Field,
  isList: boolean,
): string {
  const content = children.length === 2 ? children[1]?.bytes : bytes;
  const isHex = content !== undefined && content.length > 4 &&
    value === toHex(content);
  const isLong = children.length > 1 &&
    (name === "extensions" || value.length > MAX_VALUE);
  return isHex || isList || isLong
    ? ""
    : `<span class="value">${text(value)}</span>`;
}

/** A value among others of its kind. */
function isPlain({ children, meaning, bytes, name }: Field): boolean {
  return children.length === 0 && meaning === undefined && bytes.length <= 4 &&
    name !== "not decoded";
}

/** The length of a list, and its items side by side. */
function itemsHtml(children: readonly Field[], place: Place): string {
  const [length, ...items] = children;
  const chips = items.map(({ bytes, value }) =>
    `<li>${hexHtml(bytes, place.isCopy ? "copy" : "hex")} ${text(value)}</li>`
  );
  return `${
    length === undefined ? "" : fieldsHtml([length], place)
  }<ul class="items">${chips.join("")}</ul>`;
}

/** Longer ones are in the parts of a field. */
const MAX_VALUE = 120;
