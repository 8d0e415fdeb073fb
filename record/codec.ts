/**
 * The presentation language of RFC 9846 section 3: one description of a
 * structure serves both directions, so that they cannot drift. A decoder
 * consumes its input exactly; short, long or out of bounds is `decode_error`.
 *
 * @module
 */

import { TlsProtocolError } from "../errors.ts";

/** How a type is read from and written to the wire. */
export interface Codec<T> {
  /** Reads one value. */
  read(reader: Reader): T;
  /** Appends one value. */
  write(writer: Writer, value: T): void;
}

/** The type that a codec is of. */
export type Decoded<C> = C extends Codec<infer T> ? T : never;

/** Reads the whole of `bytes` as one value named `name`. */
export function decode<T>(
  codec: Codec<T>,
  bytes: Uint8Array,
  name: string,
): T {
  const reader = new Reader(bytes, name);
  const value = codec.read(reader);
  reader.end();
  return value;
}

/** Returns the bytes of one value, in a buffer of their own. */
export function encode<T>(codec: Codec<T>, value: T): Uint8Array {
  return encodeWith((writer) => codec.write(writer, value));
}

/** Returns the bytes that a function writes, in a buffer of their own. */
export function encodeWith(write: (writer: Writer) => void): Uint8Array {
  const writer = idle ?? new Writer();
  // What is written may encode something else on its way.
  idle = undefined;
  try {
    write(writer);
    return writer.bytes();
  } finally {
    writer.clear();
    idle = writer;
  }
}

/** The writer that served last, empty: its buffer serves again. */
let idle: Writer | undefined;

/** A position in received bytes. Slices share memory with the input. */
export class Reader {
  readonly #bytes: Uint8Array;
  #offset = 0;
  /** What is being read, for errors. */
  name: string;

  /** Starts at the first byte. */
  constructor(bytes: Uint8Array, name: string) {
    this.#bytes = bytes;
    this.name = name;
  }

  /** How many bytes are left. */
  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  /** Reads an unsigned integer of `size` bytes, at most six. */
  uint(size: number): number {
    const end = this.#advance(size);
    let value = 0;
    for (let at = end - size; at < end; at++) {
      value = value * 256 + (this.#bytes[at] as number);
    }
    return value;
  }

  /** Takes `length` bytes without a copy. */
  take(length: number): Uint8Array {
    const end = this.#advance(length);
    return this.#bytes.subarray(end - length, end);
  }

  /** A reader of the next `length` bytes, which are passed over here. */
  sub(length: number): Reader {
    return new Reader(this.take(length), this.name);
  }

  /** Checks that nothing is left. */
  end(): void {
    if (this.remaining !== 0) {
      throw new TlsProtocolError(
        "decode_error",
        `Cannot decode ${this.name}: ${this.remaining} bytes too many`,
      );
    }
  }

  #advance(length: number): number {
    if (length > this.remaining) {
      throw new TlsProtocolError(
        "decode_error",
        `Cannot decode ${this.name}: expected ${length} more bytes, got ${this.remaining}`,
      );
    }
    return this.#offset += length;
  }
}

/** A buffer that grows as values are appended. */
export class Writer {
  #buffer: Uint8Array<ArrayBuffer> = new Uint8Array(256);
  #length = 0;

  /** How many bytes have been written. */
  get length(): number {
    return this.#length;
  }

  /** Appends an unsigned integer of `size` bytes, at most six. */
  uint(size: number, value: number): void {
    const start = this.reserve(size);
    this.#put(start, size, value);
  }

  /** Appends bytes. */
  put(bytes: Uint8Array): void {
    const start = this.reserve(bytes.length);
    this.#buffer.set(bytes, start);
  }

  /** Leaves room for `size` bytes and gives where it starts. */
  reserve(size: number): number {
    const start = this.#length;
    const end = start + size;
    if (end > this.#buffer.length) {
      const grown = new Uint8Array(Math.max(end, this.#buffer.length * 2));
      grown.set(this.#buffer.subarray(0, start));
      this.#buffer = grown;
    }
    this.#length = end;
    return start;
  }

  /** Fills an integer of `size` bytes into room that was reserved. */
  patch(start: number, size: number, value: number): void {
    this.#put(start, size, value);
  }

  /** What has been written, in a buffer of its own length. */
  bytes(): Uint8Array<ArrayBuffer> {
    return this.#buffer.slice(0, this.#length);
  }

  /** Forgets what has been written: keys of sessions may be among it. */
  clear(): void {
    if (this.#buffer.length > MAX_KEPT_BUFFER) {
      this.#buffer = new Uint8Array(256);
    } else this.#buffer.fill(0, 0, this.#length);
    this.#length = 0;
  }

  #put(start: number, size: number, value: number): void {
    if (value < 0 || value >= (UINT_ENDS[size] ?? 0)) {
      throw new RangeError(`Cannot encode ${value} in ${size} bytes`);
    }
    for (let at = start + size - 1; at >= start; at--) {
      // An element of the buffer takes the lowest eight bits.
      this.#buffer[at] = value;
      value = value > MAX_UINT32 ? Math.floor(value / 256) : value >>> 8;
    }
  }
}

/** The first number that does not fit into 0, 1, … bytes. */
const UINT_ENDS = [0, 8, 16, 24, 32, 40, 48].map((bits) => 2 ** bits);

const MAX_UINT32 = 2 ** 32 - 1;

/** A writer that serves again keeps a buffer of at most this length. */
const MAX_KEPT_BUFFER = 4096;

/** A number type of RFC 9846 section 3.3: also the length of a vector. */
export interface UintCodec extends Codec<number> {
  /** How many bytes it has. */
  readonly size: number;
}

function uint(size: number): UintCodec {
  return {
    size,
    read: (reader) => reader.uint(size),
    write: (writer, value) => writer.uint(size, value),
  };
}

/** `uint8`. */
export const uint8: UintCodec = uint(1);
/** `uint16`. */
export const uint16: UintCodec = uint(2);
/** `uint24`. */
export const uint24: UintCodec = uint(3);
/** `uint32`. */
export const uint32: UintCodec = uint(4);

/** `opaque name[length]`: exactly `length` bytes. */
export function opaque(length: number): Codec<Uint8Array> {
  return {
    read: (reader) => reader.take(length),
    write(writer, value) {
      if (value.length !== length) {
        throw new RangeError(
          `Cannot encode: expected ${length} bytes, got ${value.length}`,
        );
      }
      writer.put(value);
    },
  };
}

/** All bytes that are left, as they are. */
export const rest: Codec<Uint8Array> = {
  read: (reader) => reader.take(reader.remaining),
  write: (writer, value) => writer.put(value),
};

/** `opaque name<min..max>`: bytes behind their length (section 3.4). */
export function vector(
  length: UintCodec,
  min: number,
  max: number,
): Codec<Uint8Array>;
/** `T name<min..max>`: values behind their length in bytes (section 3.4). */
export function vector<T>(
  length: UintCodec,
  min: number,
  max: number,
  item: Codec<T>,
): Codec<T[]>;
export function vector<T>(
  length: UintCodec,
  min: number,
  max: number,
  item?: Codec<T>,
): Codec<Uint8Array> | Codec<T[]> {
  const prefix = new LengthPrefix(length.size, min, max);
  return item === undefined ? bytesBehind(prefix) : itemsBehind(prefix, item);
}

function bytesBehind(prefix: LengthPrefix): Codec<Uint8Array> {
  return {
    read: (reader) => reader.take(prefix.read(reader)),
    write(writer, value) {
      const start = prefix.begin(writer);
      writer.put(value);
      prefix.end(writer, start);
    },
  };
}

function itemsBehind<T>(prefix: LengthPrefix, item: Codec<T>): Codec<T[]> {
  return {
    read(reader) {
      const inner = reader.sub(prefix.read(reader));
      const values: T[] = [];
      while (inner.remaining > 0) values.push(item.read(inner));
      return values;
    },
    write(writer, values) {
      const start = prefix.begin(writer);
      for (let at = 0; at < values.length; at++) {
        item.write(writer, values[at] as T); // at is within
      }
      prefix.end(writer, start);
    },
  };
}

/** The length of a vector, and between what it must be. */
export class LengthPrefix {
  readonly #size: number;
  readonly #min: number;
  readonly #max: number;

  /** Of `size` bytes. */
  constructor(size: number, min: number, max: number) {
    this.#size = size;
    this.#min = min;
    this.#max = max;
  }

  /** Reads a length. */
  read(reader: Reader): number {
    const length = reader.uint(this.#size);
    if (this.#allows(length)) return length;
    throw new TlsProtocolError(
      "decode_error",
      `Cannot decode ${reader.name}: ${this.#refusal(length)}`,
    );
  }

  /** Leaves room for the length, and says where. */
  begin(writer: Writer): number {
    return writer.reserve(this.#size);
  }

  /** Fills in the length of what was written since `begin`. */
  end(writer: Writer, start: number): void {
    const length = writer.length - start - this.#size;
    if (!this.#allows(length)) {
      throw new RangeError(`Cannot encode ${this.#refusal(length)}`);
    }
    writer.patch(start, this.#size, length);
  }

  #allows(length: number): boolean {
    return length >= this.#min && length <= this.#max;
  }

  #refusal(length: number): string {
    return `a vector of ${length} bytes where ${this.#min} to ${this.#max} are allowed`;
  }
}

/** `struct { … } name`: the fields one after another (section 3.6). */
export function struct<T extends object>(
  name: string,
  fields: { readonly [K in keyof T]: Codec<T[K]> },
): Codec<T> {
  // Lists and their indexes: iterators would be the most of the garbage.
  const names = Object.keys(fields) as (keyof T & string)[];
  const codecs = names.map((field): Codec<unknown> => fields[field]);
  const labels = names.map((field) => `${name}.${field}`);
  return {
    read(reader) {
      const value: Record<string, unknown> = {};
      const outer = reader.name;
      for (let at = 0; at < names.length; at++) {
        // Errors of a field name it. The lists are equally long.
        reader.name = labels[at] as string;
        value[names[at] as string] = (codecs[at] as Codec<unknown>)
          .read(reader);
      }
      reader.name = outer;
      return value as T;
    },
    write(writer, value) {
      for (let at = 0; at < names.length; at++) {
        const codec = codecs[at] as Codec<unknown>;
        codec.write(writer, value[names[at] as keyof T]);
      }
    },
  };
}

/**
 * A codec whose values must pass a check when they are read: it throws what
 * the RFC asks for, and gets the name of what is read for its message.
 */
export function checked<T>(
  codec: Codec<T>,
  check: (value: T, name: string) => void,
): Codec<T> {
  return {
    read(reader) {
      const value = codec.read(reader);
      check(value, reader.name);
      return value;
    },
    write: (writer, value) => codec.write(writer, value),
  };
}
