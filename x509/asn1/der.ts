/**
 * DER (X.690 section 10 and 11): the strict reader. Every element is read by
 * the type that belongs there and under the name that its standard gives it, so
 * that errors name the place. What the contents of a type mean is in
 * `der_number.ts` and `der_value.ts`; the writer, in `der_writer.ts`, is
 * exported here too.
 *
 * @module
 */

import { TlsError } from "../../errors.ts";
import { type DerContext, DerFault } from "./der_context.ts";
import {
  decodeBigint,
  decodeBitString,
  decodeBoolean,
  decodeInteger,
  decodeMinimal,
  decodeUnsigned,
  type DerBitString,
} from "./der_number.ts";
import { constructedTag, Tag, tagName } from "./der_tag.ts";
import {
  decodeIa5String,
  decodeOid,
  decodeString,
  decodeTime,
  type DerString,
} from "./der_value.ts";

export * from "./der_context.ts";
export * from "./der_tag.ts";
export * from "./der_writer.ts";

/** One element: identifier, contents, and all of it as it was received. */
export interface DerElement {
  /** The identifier octet. */
  readonly tag: number;
  /** The contents octets. */
  readonly contents: Uint8Array;
  /** Identifier, length and contents. */
  readonly raw: Uint8Array;
}

/** A position among elements. Results share memory with the input. */
export class DerReader {
  readonly #bytes: Uint8Array;
  readonly #context: DerContext;
  readonly #parent: DerReader | undefined;
  readonly #name: string;
  readonly #depth: number;
  readonly #start: number;
  readonly #end: number;
  #offset: number;

  private constructor(
    bytes: Uint8Array,
    context: DerContext,
    name: string,
    parent: DerReader | undefined,
    start: number,
    end: number,
  ) {
    this.#bytes = bytes;
    this.#context = context;
    this.#name = name;
    this.#parent = parent;
    this.#depth = parent === undefined ? 0 : parent.#depth + 1;
    this.#start = start;
    this.#offset = start;
    this.#end = end;
    if (this.#depth > MAX_DEPTH) {
      this.fail("", `is nested deeper than ${MAX_DEPTH} levels`);
    }
  }

  /** Starts before the first element of `bytes`. */
  static of(bytes: Uint8Array, context: DerContext): DerReader {
    const reader = new DerReader(
      bytes,
      context,
      "",
      undefined,
      0,
      bytes.length,
    );
    if (bytes.length > context.maxLength) {
      reader.fail(
        "",
        `${bytes.length} bytes are more than ${context.maxLength}`,
      );
    }
    return reader;
  }

  /** A reader of bytes that were found inside an element of this one. */
  inside(field: string, bytes: Uint8Array): DerReader {
    return new DerReader(bytes, this.#context, field, this, 0, bytes.length);
  }

  /** Whether nothing is left. */
  get done(): boolean {
    return this.#offset === this.#end;
  }

  /** The identifier octet that comes next, or -1 at the end. */
  peek(): number {
    return this.done ? -1 : this.#bytes[this.#offset] as number;
  }

  /** Whether an element of that tag comes next. */
  has(tag: number): boolean {
    return this.peek() === tag;
  }

  /** Throws the context's error, with the path of the field before the fact. */
  fail(field: string, fact: string): never {
    throw this.#context.error(
      `Cannot read ${this.#context.what}: ${this.#at(field)}${fact}`,
    );
  }

  /** Records what breaks a rule but is read all the same. */
  deviation(field: string, fact: string): void {
    const { deviations } = this.#context;
    if (deviations !== undefined && deviations.length < MAX_DEVIATIONS) {
      deviations.push(this.#at(field) + fact);
    }
  }

  /**
   * Whether problems are collected: in loops it saves closures to ask first.
   */
  get collects(): boolean {
    return this.#context.problems !== undefined;
  }

  /** Throws the context's error, or records it where problems are collected. */
  refuse(field: string, fact: string): void {
    this.tolerate(() => this.fail(field, fact), undefined);
  }

  /**
   * Reads something that may be malformed. If problems are collected, they are
   * recorded, and a substitute is returned. The position is where the reading
   * ended.
   */
  tolerate<T>(read: () => T, otherwise: T): T {
    const { problems, what } = this.#context;
    if (problems === undefined) return read();
    try {
      return read();
    } catch (error) {
      if (!(error instanceof TlsError)) throw error;
      if (problems.length < MAX_DEVIATIONS) {
        problems.push(error.message.replace(`Cannot read ${what}: `, ""));
      }
      return otherwise;
    }
  }

  /**
   * Reads the next element. If it is malformed, it is skipped, and a substitute
   * is made from its bytes.
   *
   * @throws {TlsError} If it has no end within this reader.
   */
  attempt<T>(
    field: string,
    read: () => T,
    otherwise: (raw: Uint8Array) => T,
  ): T {
    if (this.#context.problems === undefined) return read();
    const from = this.#offset;
    const result = this.tolerate(() => ({ value: read() }), undefined);
    if (result !== undefined) return result.value;
    this.#offset = from;
    return otherwise(this.raw(field));
  }

  /** Checks that nothing is left. */
  end(): void {
    if (this.done) return;
    this.refuse("", `${this.#end - this.#offset} bytes too many`);
    this.#offset = this.#end;
  }

  /** The contents octets from first to last, wherever the position is. */
  contents(): Uint8Array {
    return this.#bytes.subarray(this.#start, this.#end);
  }

  /** Reads one element of any tag. */
  element(field: string): DerElement {
    const tag = this.peek();
    const from = this.#offset;
    const start = this.#header(field, tag);
    return {
      tag,
      contents: this.#bytes.subarray(start, this.#offset),
      raw: this.#bytes.subarray(from, this.#offset),
    };
  }

  /** Reads one element and returns all its bytes as received. */
  raw(field: string, tag: number = this.peek()): Uint8Array {
    const from = this.#offset;
    this.#header(field, tag);
    return this.#bytes.subarray(from, this.#offset);
  }

  /** The bytes of the next element, without passing over it. */
  peekRaw(field: string): Uint8Array {
    const from = this.#offset;
    const raw = this.raw(field);
    this.#offset = from;
    return raw;
  }

  /** Enters a constructed element, by default a SEQUENCE. */
  sequence(field: string, tag: number = Tag.SEQUENCE): DerReader {
    const start = this.#header(field, tag);
    return new DerReader(
      this.#bytes,
      this.#context,
      field,
      this,
      start,
      this.#offset,
    );
  }

  /** Enters a SET. */
  set(field: string): DerReader {
    return this.sequence(field, Tag.SET);
  }

  /** Enters `[n] EXPLICIT`. The caller calls `end()` behind what it reads. */
  explicit(n: number, field: string): DerReader {
    return this.sequence(field, constructedTag(n));
  }

  /** Enters `[n] EXPLICIT` if it comes next. */
  optionalExplicit(n: number, field: string): DerReader | undefined {
    return this.has(constructedTag(n)) ? this.explicit(n, field) : undefined;
  }

  /** Reads an INTEGER's contents in two's complement, minimal. */
  integerBytes(field: string, tag: number = Tag.INTEGER): Uint8Array {
    return this.#decode(field, tag, decodeMinimal);
  }

  /** Reads an INTEGER that must not be negative: big-endian, no leading 0. */
  unsigned(field: string): Uint8Array {
    return this.#decode(field, Tag.INTEGER, decodeUnsigned);
  }

  /** Reads an INTEGER of any size. */
  bigint(field: string): bigint {
    return this.#decode(field, Tag.INTEGER, decodeBigint);
  }

  /** Reads an INTEGER from 0 to 2^31 - 1. */
  integer(field: string, tag: number = Tag.INTEGER): number {
    return this.#decode(field, tag, decodeInteger);
  }

  /** Reads an ENUMERATED value from 0 to 127, as all of X.509 are. */
  enumerated(field: string): number {
    return this.integer(field, Tag.ENUMERATED);
  }

  /** Reads a BOOLEAN. */
  boolean(field: string, tag: number = Tag.BOOLEAN): boolean {
    return this.#decode(field, tag, decodeBoolean);
  }

  /** Reads a NULL. */
  null(field: string, tag: number = Tag.NULL): void {
    if (this.#contents(field, tag).length !== 0) {
      this.fail(field, "a NULL with contents");
    }
  }

  /** Reads an OCTET STRING. */
  octetString(field: string, tag: number = Tag.OCTET_STRING): Uint8Array {
    return this.#contents(field, tag);
  }

  /** Enters the DER inside an OCTET STRING. */
  inOctetString(field: string): DerReader {
    return this.sequence(field, Tag.OCTET_STRING);
  }

  /** Reads a BIT STRING. */
  bitString(field: string, tag: number = Tag.BIT_STRING): DerBitString {
    return this.#decode(field, tag, decodeBitString);
  }

  /** Reads a BIT STRING of whole bytes: keys and signatures. */
  bitStringBytes(field: string, tag: number = Tag.BIT_STRING): Uint8Array {
    const { unusedBits, bytes } = this.bitString(field, tag);
    if (unusedBits !== 0) {
      this.fail(field, `a BIT STRING with ${unusedBits} unused bits`);
    }
    return bytes;
  }

  /** Reads an OBJECT IDENTIFIER in dotted form. */
  oid(field: string, tag: number = Tag.OBJECT_IDENTIFIER): string {
    return this.#decode(field, tag, decodeOid);
  }

  /** Reads a `Time`: UTCTime or GeneralizedTime (RFC 5280 section 4.1.2.5). */
  time(field: string): Date {
    if (!this.has(Tag.UTC_TIME)) return this.generalizedTime(field);
    return this.#decode(field, Tag.UTC_TIME, decodeTime, 2);
  }

  /** Reads a GeneralizedTime: `YYYYMMDDHHMMSSZ`, no fractions of seconds. */
  generalizedTime(field: string): Date {
    return this.#decode(field, Tag.GENERALIZED_TIME, decodeTime, 4);
  }

  /** Reads a character string of whichever type comes next. */
  string(field: string): DerString {
    const tag = this.peek();
    return this.#decode(field, tag, decodeString);
  }

  /** Reads an IA5String, of ASCII alone. */
  ia5String(field: string, tag: number = Tag.IA5_STRING): string {
    return this.#decode(field, tag, decodeIa5String);
  }

  #at(field: string): string {
    const path = [this.#path(), field].filter((name) => name !== "").join(".");
    return path === "" ? "" : `${path}: `;
  }

  #path(): string {
    const outer = this.#parent === undefined ? "" : this.#parent.#path();
    return outer === "" || this.#name === ""
      ? outer + this.#name
      : `${outer}.${this.#name}`;
  }

  /** Reads an element whose contents a function decodes. */
  #decode<T>(
    field: string,
    tag: number,
    decode: (
      bytes: Uint8Array,
      start: number,
      end: number,
      kind: number,
    ) => T,
    kind = tag,
  ): T {
    const start = this.#header(field, tag);
    try {
      return decode(this.#bytes, start, this.#offset, kind);
    } catch (error) {
      if (error instanceof DerFault) this.fail(field, error.fact);
      throw error;
    }
  }

  #contents(field: string, tag: number): Uint8Array {
    const start = this.#header(field, tag);
    return this.#bytes.subarray(start, this.#offset);
  }

  /** Reads identifier and length, skips the contents, returns their start. */
  #header(field: string, tag: number): number {
    const bytes = this.#bytes;
    const offset = this.#offset;
    if (offset >= this.#end) {
      this.fail(
        field,
        tag === -1 ? "is missing" : `is missing: expected ${tagName(tag)}`,
      );
    }
    const found = bytes[offset] as number;
    if (found !== tag) {
      this.fail(field, `expected ${tagName(tag)}, got ${tagName(found)}`);
    }
    if ((tag & 0x1f) === 0x1f) {
      this.fail(field, "a tag number above 30, which X.509 does not have");
    }
    let start = offset + 2;
    let length = start > this.#end ? 0x81 : bytes[offset + 1] as number;
    if (length >= 0x80) {
      const size = length & 0x7f;
      start += size;
      length = this.#longLength(field, offset + 2, size);
    }
    if (length > this.#end - start) {
      this.fail(
        field,
        `is cut short: ${length} bytes of contents, ${this.#end - start} there`,
      );
    }
    this.#offset = start + length;
    return start;
  }

  /** A length of several bytes: definite and minimal (X.690 section 10.1). */
  #longLength(field: string, at: number, size: number): number {
    if (size === 0) {
      this.fail(field, "an indefinite length (X.690 section 10.1)");
    }
    if (size > 4) this.fail(field, `a length of ${size} bytes`);
    if (at + size > this.#end) this.fail(field, "the length is cut short");
    let length = 0;
    for (let index = at; index < at + size; index++) {
      length = length * 256 + (this.#bytes[index] as number);
    }
    if (size === 1 ? length < 0x80 : this.#bytes[at] === 0) {
      this.fail(field, "a length that is not minimal (X.690 section 10.1)");
    }
    return length;
  }
}

/**
 * Walks over all elements inside `bytes`, to its leaves, and refuses what is
 * not DER: for values of types that are not read further.
 */
export function checkDer(reader: DerReader): void {
  const open = [reader];
  for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
    const tag = top.peek();
    if (tag === -1) open.pop();
    else if ((tag & 0x20) !== 0) open.push(top.sequence(tagName(tag), tag));
    else top.raw(tagName(tag));
  }
}

/** Deeper than anything that X.509 or PKCS#12 nests: stops stack exhaustion. */
const MAX_DEPTH = 48;

/** A certificate can break one rule many thousand times. */
const MAX_DEVIATIONS = 50;
