/**
 * Names of the DNS on the wire (RFC 1035 section 3.1), and as text (section 5.1).
 *
 * @module
 */

import { TlsProtocolError } from "../errors.ts";
import { type Codec, type Reader, uint8 } from "../record/codec.ts";

/** A name without compression; as text it has no last dot, and is in lower case. */
export const domainName: Codec<string> = {
  read(reader) {
    const labels: string[] = [];
    let length = 1;
    for (;;) {
      const size = uint8.read(reader);
      if (size === 0) return labels.join(".");
      length += 1 + size;
      // RFC 9460 section 2.2: "uncompressed".
      if (size > MAX_LABEL) throw malformed("a label is too long");
      if (length > MAX_NAME) throw malformed("it is too long");
      labels.push(readLabel(reader, size));
    }
  },
  write(writer, name) {
    const bytes = encodeName(name);
    for (const byte of bytes) uint8.write(writer, byte);
  },
};

/** A label as text: other octets than those of host names are escaped. */
export function readLabel(reader: Reader, size: number): string {
  return Array.from(reader.take(size), (octet) => {
    const character = String.fromCharCode(octet).toLowerCase();
    if (/^[-_a-z0-9*]$/.test(character)) return character;
    return `\\${String(octet).padStart(3, "0")}`;
  }).join("");
}

/**
 * The octets of a name.
 *
 * @throws {TypeError} If it is not a name.
 */
export function encodeName(name: string): Uint8Array {
  const octets: number[] = [];
  const labels = name.replace(/\.$/, "");
  for (const label of labels === "" ? [] : labels.split(".")) {
    const text = label.replace(
      /\\([0-9]{3})/g,
      (_, octet) => String.fromCharCode(Number(octet)),
    );
    const codes = Array.from(text, (character) => character.charCodeAt(0));
    const isLabel = codes.length > 0 && codes.length <= MAX_LABEL &&
      codes.every((code) => code <= 0xff) && /^[\x21-\x7e]+$/.test(label);
    if (!isLabel) throw new TypeError(`Cannot use "${name}" as a name`);
    octets.push(codes.length, ...codes);
  }
  octets.push(0);
  if (octets.length <= MAX_NAME) return Uint8Array.from(octets);
  throw new TypeError(`Cannot use "${name}" as a name: it is too long`);
}

function malformed(why: string): TlsProtocolError {
  return new TlsProtocolError(
    "decode_error",
    `Cannot decode a name of the DNS: ${why}`,
  );
}

/** RFC 1035 section 2.3.4, in octets. */
const MAX_LABEL = 63;

/** The same of a name, its lengths and the root included. */
export const MAX_NAME = 255;
