/**
 * BER (X.690 section 8) made DER, for PFX files alone: some programs write them
 * with indefinite lengths and strings in pieces, as RFC 7292 section 4 allows.
 * Nothing signed is read here.
 *
 * @module
 */

import { type DerContext, DerReader, Tag, tlv } from "./der.ts";

/**
 * Returns the same elements with definite, minimal lengths, and octet strings
 * in one piece. The contents of primitive elements are unchanged.
 */
export function berToDer(ber: Uint8Array, context: DerContext): Uint8Array {
  const reader = new BerReader(ber, context);
  const der = reader.element(0);
  reader.end();
  return der;
}

/** A position in BER. */
class BerReader {
  readonly #bytes: Uint8Array;
  readonly #context: DerContext;
  #at = 0;

  constructor(bytes: Uint8Array, context: DerContext) {
    this.#bytes = bytes;
    this.#context = context;
    DerReader.of(bytes, context); // refuses what is too long
  }

  /** Reads one element. */
  element(depth: number): Uint8Array {
    if (depth > MAX_DEPTH) {
      this.#fail(`elements are nested deeper than ${MAX_DEPTH} levels`);
    }
    const tag = this.#byte();
    if ((tag & 0x1f) === 0x1f) this.#fail("a tag number above 30");
    const length = this.#length();
    if ((tag & CONSTRUCTED) === 0) {
      if (length === undefined) this.#fail("a primitive of indefinite length");
      return tlv(tag, this.#take(length));
    }
    const elements = this.#elements(length, depth + 1);
    return tag === (Tag.OCTET_STRING | CONSTRUCTED)
      ? tlv(Tag.OCTET_STRING, ...elements.map((one) => this.#piece(one)))
      : tlv(tag, ...elements);
  }

  /** Checks that nothing is left. */
  end(): void {
    const left = this.#bytes.length - this.#at;
    if (left !== 0) this.#fail(`${left} bytes too many`);
  }

  /**
   * The elements up to a length or to end-of-contents (X.690 section 8.1.5).
   */
  #elements(length: number | undefined, depth: number): Uint8Array[] {
    const elements: Uint8Array[] = [];
    const end = length === undefined ? undefined : this.#at + length;
    if (end !== undefined && end > this.#bytes.length) {
      this.#fail("is cut short");
    }
    while (end === undefined ? !this.#endOfContents() : this.#at < end) {
      elements.push(this.element(depth));
    }
    if (end !== undefined && this.#at > end) {
      this.#fail("an element is longer than the one around it");
    }
    return elements;
  }

  #endOfContents(): boolean {
    if (this.#bytes[this.#at] !== 0 || this.#bytes[this.#at + 1] !== 0) {
      return false;
    }
    this.#at += 2;
    return true;
  }

  /** X.690 section 8.7.3: the pieces of an octet string are octet strings. */
  #piece(der: Uint8Array): Uint8Array {
    return DerReader.of(der, this.#context).octetString("OCTET STRING");
  }

  /** X.690 section 8.1.3; `undefined` for the indefinite form. */
  #length(): number | undefined {
    const first = this.#byte();
    if (first < 0x80) return first;
    if (first === 0x80) return undefined;
    if (first > 0x84) this.#fail(`a length of ${first & 0x7f} bytes`);
    return this.#take(first & 0x7f)
      .reduce((length, byte) => length * 256 + byte, 0);
  }

  #byte(): number {
    return this.#take(1)[0] ?? 0;
  }

  #take(length: number): Uint8Array {
    if (length > this.#bytes.length - this.#at) this.#fail("is cut short");
    return this.#bytes.subarray(this.#at, this.#at += length);
  }

  #fail(fact: string): never {
    throw this.#context.error(`Cannot read ${this.#context.what}: ${fact}`);
  }
}

/** The bit of constructed tags (X.690 section 8.1.2.5). */
const CONSTRUCTED = 0x20;

/** As the reader of DER has it. */
const MAX_DEPTH = 48;
