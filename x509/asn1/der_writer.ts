/**
 * DER (X.690 section 10 and 11): the writer. Each function returns one whole
 * element; they compose: `sequence(oid("1.2.840.113549.1.1.1"), nullValue())`.
 *
 * @module
 */

import { constructedTag, contextTag, Tag } from "./der_tag.ts";

/** One element from its identifier octet and its contents. */
export function tlv(
  tag: number,
  ...contents: Uint8Array[]
): Uint8Array<ArrayBuffer> {
  let length = 0;
  for (const part of contents) length += part.length;
  const size = length < 0x80 ? 0 : byteLength(length);
  const bytes = new Uint8Array(2 + size + length);
  bytes[0] = tag;
  bytes[1] = size === 0 ? length : 0x80 | size;
  for (let at = 1 + size, left = length; size > 0 && at > 1; at--) {
    bytes[at] = left % 256;
    left = Math.floor(left / 256);
  }
  let at = 2 + size;
  for (const part of contents) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** A SEQUENCE of elements. */
export function sequence(...elements: Uint8Array[]): Uint8Array<ArrayBuffer> {
  return tlv(Tag.SEQUENCE, ...elements);
}

/** A SET OF elements, in the order of their bytes (X.690 section 11.6). */
export function set(...elements: Uint8Array[]): Uint8Array<ArrayBuffer> {
  return tlv(Tag.SET, ...elements.sort(compareBytes));
}

/** `[n] EXPLICIT`. */
export function explicit(
  n: number,
  ...elements: Uint8Array[]
): Uint8Array<ArrayBuffer> {
  return tlv(constructedTag(n), ...elements);
}

/** `[n] IMPLICIT` in place of an element's own tag. */
export function implicit(
  n: number,
  element: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(element);
  const constructed = ((element[0] ?? 0) & 0x20) !== 0;
  bytes[0] = constructed ? constructedTag(n) : contextTag(n);
  return bytes;
}

/** An INTEGER. Bytes are taken as a big-endian number that is not negative. */
export function integer(
  value: number | bigint | Uint8Array,
): Uint8Array<ArrayBuffer> {
  if (typeof value !== "object") {
    return tlv(Tag.INTEGER, twosComplement(BigInt(value)));
  }
  let start = 0;
  while (start < value.length - 1 && value[start] === 0) start++;
  const magnitude = value.subarray(start);
  const first = magnitude[0] ?? 0x80;
  return first < 0x80
    ? tlv(Tag.INTEGER, magnitude)
    : tlv(Tag.INTEGER, Uint8Array.of(0), magnitude);
}

/** An ENUMERATED value. */
export function enumerated(value: number): Uint8Array<ArrayBuffer> {
  return tlv(Tag.ENUMERATED, twosComplement(BigInt(value)));
}

/** A BOOLEAN. */
export function boolean(value: boolean): Uint8Array<ArrayBuffer> {
  return tlv(Tag.BOOLEAN, Uint8Array.of(value ? 0xff : 0));
}

/** NULL. */
export function nullValue(): Uint8Array<ArrayBuffer> {
  return tlv(Tag.NULL);
}

/** An OCTET STRING. */
export function octetString(
  ...contents: Uint8Array[]
): Uint8Array<ArrayBuffer> {
  return tlv(Tag.OCTET_STRING, ...contents);
}

/** A BIT STRING of whole bytes, or with the given number of unused bits. */
export function bitString(
  bytes: Uint8Array,
  unusedBits = 0,
): Uint8Array<ArrayBuffer> {
  return tlv(Tag.BIT_STRING, Uint8Array.of(unusedBits), bytes);
}

/**
 * A BIT STRING of named bits, such as KeyUsage: without trailing zero bits
 * (X.690 section 11.2.2).
 *
 * @param bits The numbers of the bits that are one.
 */
export function namedBits(bits: Iterable<number>): Uint8Array<ArrayBuffer> {
  const numbers = [...bits];
  const highest = Math.max(-1, ...numbers);
  const bytes = new Uint8Array(Math.ceil((highest + 1) / 8));
  for (const bit of numbers) {
    bytes[bit >> 3] = (bytes[bit >> 3] as number) | 0x80 >> (bit & 7);
  }
  return bitString(bytes, bytes.length * 8 - (highest + 1));
}

/** An OBJECT IDENTIFIER from its dotted form. */
export function oid(dotted: string): Uint8Array<ArrayBuffer> {
  if (!/^[0-2](\.(0|[1-9][0-9]*))+$/.test(dotted)) {
    throw new TypeError(`Cannot encode "${dotted}" as an object identifier`);
  }
  const [first, second, ...others] = dotted.split(".").map(BigInt) as [
    bigint,
    bigint,
    ...bigint[],
  ];
  if (first < 2n && second > 39n) {
    throw new TypeError(`Cannot encode "${dotted}" as an object identifier`);
  }
  const bytes: number[] = [];
  for (const arc of [first * 40n + second, ...others]) {
    const groups = [Number(arc & 0x7fn)];
    for (let left = arc >> 7n; left > 0n; left >>= 7n) {
      groups.unshift(0x80 | Number(left & 0x7fn));
    }
    bytes.push(...groups);
  }
  return tlv(Tag.OBJECT_IDENTIFIER, Uint8Array.from(bytes));
}

/** A UTF8String. */
export function utf8String(text: string): Uint8Array<ArrayBuffer> {
  return tlv(Tag.UTF8_STRING, new TextEncoder().encode(text));
}

/** A PrintableString. Throws a `TypeError` for a character outside the type. */
export function printableString(text: string): Uint8Array<ArrayBuffer> {
  return asciiString(Tag.PRINTABLE_STRING, /^[A-Za-z0-9 '()+,\-./:=?]*$/, text);
}

/** An IA5String. Throws a `TypeError` for what is not ASCII. */
export function ia5String(text: string): Uint8Array<ArrayBuffer> {
  // deno-lint-ignore no-control-regex
  return asciiString(Tag.IA5_STRING, /^[\x00-\x7f]*$/, text);
}

/**
 * A `Time`: UTCTime through 2049, GeneralizedTime from then on and before 1950
 * (RFC 5280 section 4.1.2.5). Milliseconds are cut off.
 */
export function time(date: Date): Uint8Array<ArrayBuffer> {
  const year = date.getUTCFullYear();
  if (year < 1950 || year > 2049) return generalizedTime(date);
  return asciiTlv(Tag.UTC_TIME, timeText(date).slice(2));
}

/** A GeneralizedTime. Milliseconds are cut off. */
export function generalizedTime(date: Date): Uint8Array<ArrayBuffer> {
  return asciiTlv(Tag.GENERALIZED_TIME, timeText(date));
}

function timeText(date: Date): string {
  const year = date.getUTCFullYear();
  if (!(year >= 0 && year <= 9999)) {
    throw new RangeError(
      `Cannot encode the date ${date}: its year has not four digits`,
    );
  }
  return date.toISOString().replace(/\.\d+|[-:T]/g, "");
}

function asciiString(
  tag: number,
  alphabet: RegExp,
  text: string,
): Uint8Array<ArrayBuffer> {
  if (!alphabet.test(text)) {
    throw new TypeError(
      `Cannot encode "${text}": its type has not all of its characters`,
    );
  }
  return asciiTlv(tag, text);
}

function asciiTlv(tag: number, text: string): Uint8Array<ArrayBuffer> {
  return tlv(tag, new TextEncoder().encode(text));
}

function twosComplement(value: bigint): Uint8Array {
  let size = 1;
  while (BigInt.asIntN(size * 8, value) !== value) size++;
  const bytes = new Uint8Array(size);
  let left = BigInt.asUintN(size * 8, value);
  for (let at = size - 1; at >= 0; at--) {
    bytes[at] = Number(left & 0xffn);
    left >>= 8n;
  }
  return bytes;
}

function byteLength(value: number): number {
  let size = 1;
  while (value >= 256 ** size) size++;
  return size;
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    if (a[at] !== b[at]) return (a[at] as number) - (b[at] as number);
  }
  return a.length - b.length;
}
