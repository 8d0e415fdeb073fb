/**
 * HTML of text that nobody has checked.
 *
 * @module
 */

import { toHex } from "../../encoding.ts";
import { escapeText } from "../../escape.ts";
import { byteCount } from "../../handshake/fields/values.ts";

/** Text as HTML: also within an attribute in double quotes. */
export function text(value: string): string {
  return escapeText(value).replace(
    /[&<>"']/g,
    (character) => `&#${character.charCodeAt(0)};`,
  );
}

/** Bytes of the wire in hexadecimal digits; many of them open on demand. */
export function hexHtml(bytes: Uint8Array, kind = "hex"): string {
  if (bytes.length === 0) return "";
  const code = `<code class="${kind}">${spaced(bytes)}</code>`;
  if (bytes.length <= MAX_OPEN) return code;
  const peek = spaced(bytes.subarray(0, PEEK));
  return `<details class="long"><summary><code class="peek">${peek} …</code> <span>${
    byteCount(bytes.length)
  }</span></summary>${code}</details>`;
}

/** Bytes that were not on the wire, or are on the page already. */
export function copyHtml(bytes: Uint8Array): string {
  return hexHtml(bytes, "copy") || "no bytes";
}

/** A section of an RFC, as a link. */
export function sectionHtml(section: string | undefined): string {
  const [, rfc, part] = /^RFC (\d+) (?:section|appendix) (\S+)$/.exec(
    section ?? "",
  ) ?? [];
  if (rfc === undefined || part === undefined) return "";
  return `<a class="rfc" href="https://www.rfc-editor.org/rfc/rfc${rfc}#section-${part}">RFC ${rfc} § ${part}</a>`;
}

/** Rows of names and values, which are HTML already. */
export function listHtml(rows: readonly (readonly [string, string])[]): string {
  const items = rows.map(([name, value]) =>
    `<div><dt>${text(name)}</dt><dd>${value}</dd></div>`
  );
  return `<dl>${items.join("")}</dl>`;
}

function spaced(bytes: Uint8Array): string {
  return toHex(bytes).replace(/..(?=.)/g, "$& ");
}

/** In bytes. */
const MAX_OPEN = 64;

const PEEK = 16;
