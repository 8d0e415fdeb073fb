/**
 * What a codec reads, and where: the codecs of the messages are the one
 * description of the wire, so they also say where each field is.
 *
 * @module
 */

import { type Codec, Reader } from "../../record/codec.ts";

/** One step of a codec. */
export interface Read {
  /** What is read, as errors of the codec call it: `"ClientHello.random"`. */
  readonly label: string;
  /** Where it begins, in bytes from the start of what is decoded. */
  readonly offset: number;
  /** The bytes that were read. */
  readonly bytes: Uint8Array;
  /** The number, if it was read as one. */
  readonly number: number | undefined;
  /** What was read within, if it was a list. */
  readonly items: readonly Read[] | undefined;
}

/** What was read, and why reading ended before the end, if it did. */
export interface Observed {
  readonly reads: readonly Read[];
  readonly error: unknown;
}

/**
 * Decodes bytes, and reports each step; never throws.
 *
 * @param name What the bytes are, as errors call it.
 * @param offset Where the bytes begin in what they belong to.
 */
export function observe(
  codec: Codec<unknown>,
  bytes: Uint8Array,
  name: string,
  offset = 0,
): Observed {
  const reads: Read[] = [];
  try {
    const reader = new ObservedReader(bytes, name, offset, reads);
    codec.read(reader);
    reader.end();
    return { reads, error: undefined };
  } catch (error) {
    return { reads, error };
  }
}

/** A reader that keeps what it is asked for. */
class ObservedReader extends Reader {
  readonly #input: Uint8Array;
  readonly #start: number;
  readonly #reads: Read[];

  constructor(
    bytes: Uint8Array,
    name: string,
    offset: number,
    reads: Read[],
  ) {
    super(bytes, name);
    this.#input = bytes;
    this.#start = offset;
    this.#reads = reads;
  }

  override uint(size: number): number {
    const at = this.#at;
    const number = super.uint(size);
    this.#keep(at, this.#input.subarray(at, at + size), number, undefined);
    return number;
  }

  override take(length: number): Uint8Array {
    const at = this.#at;
    const bytes = super.take(length);
    this.#keep(at, bytes, undefined, undefined);
    return bytes;
  }

  override sub(length: number): Reader {
    const at = this.#at;
    const bytes = super.take(length);
    const items: Read[] = [];
    this.#keep(at, bytes, undefined, items);
    return new ObservedReader(bytes, this.name, this.#start + at, items);
  }

  /** How many bytes have been read. */
  get #at(): number {
    return this.#input.length - this.remaining;
  }

  #keep(
    at: number,
    bytes: Uint8Array,
    number: number | undefined,
    items: Read[] | undefined,
  ): void {
    const offset = this.#start + at;
    this.#reads.push({ label: this.name, offset, bytes, number, items });
  }
}
