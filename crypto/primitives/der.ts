/**
 * The little DER (X.690) that keys and signatures need: one element behind the
 * other. Certificates have a reader of their own, with contexts for errors.
 *
 * @module
 */

/** Universal tags. */
export const INTEGER = 0x02;
/** Universal tags. */
export const BIT_STRING = 0x03;
/** Universal tags. */
export const OBJECT_IDENTIFIER = 0x06;
/** Universal tags. */
export const SEQUENCE = 0x30;

/** What makes bytes no DER. */
export class DerError extends RangeError {
  override readonly name = "DerError";
}

/** Reads elements one after another. */
export class DerBytes {
  readonly #bytes: Uint8Array;
  #at = 0;

  /** Starts at the beginning. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** The tag of what comes next, or `undefined` at the end. */
  get tag(): number | undefined {
    return this.#bytes[this.#at];
  }

  /** The contents of the next element, which must have the tag. */
  take(tag: number): Uint8Array {
    if (this.tag !== tag) throw new DerError(`no element with tag ${tag}`);
    this.#at++;
    const length = this.#length();
    const start = this.#at;
    if (length > this.#bytes.length - start) throw new DerError("cut short");
    return this.#bytes.subarray(start, this.#at = start + length);
  }

  /** The same for one that holds elements. */
  enter(tag: number): DerBytes {
    return new DerBytes(this.take(tag));
  }

  /** A non-negative integer, big-endian, in as few bytes as it takes. */
  unsigned(): Uint8Array {
    const bytes = this.take(INTEGER);
    const [first, second] = bytes;
    if (first === undefined) throw new DerError("an integer without bytes");
    if (first >= 0x80) throw new DerError("a negative integer");
    if (first !== 0 || bytes.length === 1) return bytes;
    // X.690 section 8.3.2: the first nine bits are not all the same.
    if (second === undefined || second < 0x80) {
      throw new DerError("an integer with a zero too many");
    }
    return bytes.subarray(1);
  }

  /** A BIT STRING of whole bytes. */
  bitString(): Uint8Array {
    const bytes = this.take(BIT_STRING);
    if (bytes[0] !== 0) throw new DerError("a bit string with unused bits");
    return bytes.subarray(1);
  }

  /** Checks that nothing is left. */
  end(): void {
    if (this.#at !== this.#bytes.length) throw new DerError("bytes too many");
  }

  /** X.690 section 10.1: the definite form, in as few bytes as it takes. */
  #length(): number {
    const first = this.#byte();
    if (first < 0x80) return first;
    const count = first - 0x80;
    if (count === 0 || count > 4) throw new DerError("a bad length");
    let length = 0;
    for (let n = 0; n < count; n++) length = length * 256 + this.#byte();
    if (length < 0x80 || length < 256 ** (count - 1)) {
      throw new DerError("a length in too many bytes");
    }
    return length;
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw new DerError("cut short");
    return byte;
  }
}

/** An element. */
export function derElement(tag: number, contents: Uint8Array): Uint8Array {
  const { length } = contents;
  const header = [tag];
  if (length < 0x80) header.push(length);
  else {
    const bytes: number[] = [];
    for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) {
      bytes.unshift(rest % 256);
    }
    header.push(0x80 + bytes.length, ...bytes);
  }
  const element = new Uint8Array(header.length + length);
  element.set(header);
  element.set(contents, header.length);
  return element;
}
