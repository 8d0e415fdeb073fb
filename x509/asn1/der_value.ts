/**
 * The contents of DER's object identifiers, times and character strings.
 *
 * @module
 */

import { DerFault } from "./der_context.ts";
import { Tag, tagName } from "./der_tag.ts";

/** A character string, with the type that it had. */
export interface DerString {
  /** The identifier octet of its type. */
  readonly tag: number;
  /** The text. */
  readonly value: string;
  /** Whether it holds a character that its type does not have. */
  readonly irregular: boolean;
}

/** An OBJECT IDENTIFIER's contents in dotted form (X.690 section 8.19). */
export function decodeOid(
  bytes: Uint8Array,
  start: number,
  end: number,
): string {
  if (start === end) {
    throw new DerFault("an OBJECT IDENTIFIER without contents");
  }
  if ((bytes[end - 1] as number) >= 0x80) {
    throw new DerFault("an OBJECT IDENTIFIER that is cut short");
  }
  if (end - start > MAX_OID_LENGTH) {
    throw new DerFault("an OBJECT IDENTIFIER that is too long");
  }
  let text = "";
  for (let at = start; at < end;) {
    if (bytes[at] === 0x80) {
      throw new DerFault(
        "an OBJECT IDENTIFIER that is not minimal (X.690 section 8.19.2)",
      );
    }
    let value = 0;
    let byte: number;
    const first = at;
    do {
      byte = bytes[at++] as number;
      value = value * 128 + (byte & 0x7f);
    } while (byte >= 0x80);
    const arc = at - first > 7 ? bigArc(bytes, first, at) : value;
    text += text === "" ? firstArcs(arc) : `.${arc}`;
  }
  return text;
}

/** Arcs of more than 49 bits, as in UUIDs under 2.25. */
function bigArc(bytes: Uint8Array, at: number, end: number): bigint {
  let value = 0n;
  for (; at < end; at++) {
    value = value << 7n | BigInt((bytes[at] as number) & 0x7f);
  }
  return value;
}

/** The first sub-identifier holds two arcs (X.690 section 8.19.4). */
function firstArcs(arc: number | bigint): string {
  if (arc < 40) return `0.${arc}`;
  if (arc < 80) return `1.${Number(arc) - 40}`;
  return `2.${typeof arc === "bigint" ? arc - 80n : arc - 80}`;
}

/**
 * UTCTime or GeneralizedTime in the one form that RFC 5280 sections 4.1.2.5.1
 * and 4.1.2.5.2 allow: seconds present, no fraction, and Z.
 */
export function decodeTime(
  bytes: Uint8Array,
  start: number,
  end: number,
  yearDigits: number,
): Date {
  const at = start + yearDigits;
  if (end - at !== TIME_LENGTH || bytes[end - 1] !== 0x5a) {
    throw malformedTime(bytes, start, end, yearDigits);
  }
  const year = yearDigits === 4
    ? twoDigits(bytes, start) * 100 + twoDigits(bytes, start + 2)
    : fullYear(twoDigits(bytes, start));
  const month = twoDigits(bytes, at);
  const day = twoDigits(bytes, at + 2);
  const hour = twoDigits(bytes, at + 4);
  const minute = twoDigits(bytes, at + 6);
  const second = twoDigits(bytes, at + 8);
  const date = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
  if (Number.isNaN(date.getTime())) {
    throw malformedTime(bytes, start, end, yearDigits);
  }
  // Date.UTC() takes the years 0 to 99 for those of the 20th century.
  if (year < 100) date.setUTCFullYear(year, month - 1, day);
  // A date that does not exist, such as February 30, has become another one.
  if (
    hour > 23 || minute > 59 || second > 59 || month < 1 || month > 12 ||
    date.getUTCDate() !== day
  ) {
    const text = printable(bytes.subarray(start, end));
    throw new DerFault(`the time "${text}" does not exist`);
  }
  return date;
}

/** RFC 5280 section 4.1.2.5.1: from 1950 to 2049. */
function fullYear(year: number): number {
  return year + (year >= 50 ? 1900 : 2000);
}

/** The value of two digits; NaN if they are none. */
function twoDigits(bytes: Uint8Array, at: number): number {
  const tens = (bytes[at] as number) - 0x30;
  const ones = (bytes[at + 1] as number) - 0x30;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9
    ? tens * 10 + ones
    : NaN;
}

function malformedTime(
  bytes: Uint8Array,
  start: number,
  end: number,
  yearDigits: number,
): DerFault {
  const text = printable(bytes.subarray(start, end));
  const years = "YYYY".slice(4 - yearDigits);
  return new DerFault(
    `the time "${text}" is not ${years}MMDDHHMMSSZ (RFC 5280 section 4.1.2.5)`,
  );
}

/**
 * A character string of a name. Characters outside its type are reported in
 * `irregular`, since issued certificates have them.
 */
export function decodeString(
  bytes: Uint8Array,
  start: number,
  end: number,
  tag: number,
): DerString {
  const decode = decoders.get(tag);
  if (decode === undefined) {
    throw new DerFault(`expected a character string, got ${tagName(tag)}`);
  }
  const value = decode(bytes.subarray(start, end));
  const allowed = alphabets.get(tag);
  const irregular = allowed !== undefined && !allowed.test(value);
  return { tag, value, irregular };
}

/** An IA5String, of ASCII alone. */
export function decodeIa5String(
  bytes: Uint8Array,
  start: number,
  end: number,
): string {
  const { value, irregular } = decodeString(bytes, start, end, Tag.IA5_STRING);
  if (!irregular) return value;
  const text = printable(bytes.subarray(start, end));
  throw new DerFault(`"${text}" has a character that no IA5String has`);
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function decodeUtf8(contents: Uint8Array): string {
  if (isShortAscii(contents)) return decodeLatin1(contents);
  try {
    return utf8.decode(contents);
  } catch {
    throw new DerFault("a UTF8String that is not UTF-8");
  }
}

/** Most names; TextDecoder costs more than they do to read here. */
function isShortAscii(contents: Uint8Array): boolean {
  if (contents.length > SHORT) return false;
  for (let at = 0; at < contents.length; at++) {
    if (contents[at] as number >= 0x80) return false;
  }
  return true;
}

/**
 * One byte a character: ASCII types, and T61String, which is used as Latin-1.
 */
function decodeLatin1(contents: Uint8Array): string {
  // Reflect.apply takes the bytes as they are: ten times as fast as `...`.
  const decode = (part: Uint8Array): string =>
    Reflect.apply(String.fromCharCode, undefined, part);
  if (contents.length <= CHUNK) return decode(contents);
  let text = "";
  for (let at = 0; at < contents.length; at += CHUNK) {
    text += decode(contents.subarray(at, at + CHUNK));
  }
  return text;
}

function decodeBmp(contents: Uint8Array): string {
  if (contents.length % 2 !== 0) {
    throw new DerFault("a BMPString with half a character");
  }
  let text = "";
  for (let at = 0; at < contents.length; at += 2) {
    text += String.fromCharCode(
      (contents[at] as number) << 8 | (contents[at + 1] as number),
    );
  }
  return text;
}

function decodeUniversal(contents: Uint8Array): string {
  if (contents.length % 4 !== 0) {
    throw new DerFault("a UniversalString with a part of a character");
  }
  const view = new DataView(contents.buffer, contents.byteOffset);
  let text = "";
  for (let at = 0; at < contents.length; at += 4) {
    const point = view.getUint32(at);
    if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) {
      throw new DerFault(
        "a UniversalString with a character that Unicode does not have",
      );
    }
    text += String.fromCodePoint(point);
  }
  return text;
}

/** Bytes as text for an error message. */
function printable(contents: Uint8Array): string {
  return decodeLatin1(contents.subarray(0, 64))
    .replace(/[^\x20-\x7e]/g, "?");
}

const decoders: ReadonlyMap<
  number,
  (contents: Uint8Array) => string
> = new Map([
  [Tag.UTF8_STRING, decodeUtf8],
  [Tag.PRINTABLE_STRING, decodeLatin1],
  [Tag.IA5_STRING, decodeLatin1],
  [Tag.T61_STRING, decodeLatin1],
  [Tag.BMP_STRING, decodeBmp],
  [Tag.UNIVERSAL_STRING, decodeUniversal],
  [Tag.NUMERIC_STRING, decodeLatin1],
  [Tag.VISIBLE_STRING, decodeLatin1],
]);

/** The characters of the types that do not have all (X.680 section 41). */
const alphabets: ReadonlyMap<number, RegExp> = new Map([
  [Tag.PRINTABLE_STRING, /^[A-Za-z0-9 '()+,\-./:=?]*$/],
  // deno-lint-ignore no-control-regex
  [Tag.IA5_STRING, /^[\x00-\x7f]*$/],
  [Tag.NUMERIC_STRING, /^[0-9 ]*$/],
  [Tag.VISIBLE_STRING, /^[\x20-\x7e]*$/],
]);

/** MMDDHHMMSSZ, in bytes. */
const TIME_LENGTH = 11;

/** Arguments of one call of `String.fromCharCode`. */
const CHUNK = 4096;

/**
 * The upper bound of most attributes of names (RFC 5280 appendix A.1), in
 * bytes.
 */
const SHORT = 64;

/** Longer than any registered one; stops work that grows with the square. */
const MAX_OID_LENGTH = 128;
