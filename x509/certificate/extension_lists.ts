/**
 * What values of extensions are made of: lists, and bits with names.
 *
 * @module
 */

import { type DerReader, Tag } from "../asn1/der.ts";

/** A SEQUENCE OF with one item at the least. */
export function readList<T>(
  reader: DerReader,
  field: string,
  read: (list: DerReader) => T,
  tag: number = Tag.SEQUENCE,
): T[] {
  const sequence = reader.sequence(field, tag);
  if (sequence.done) {
    sequence.fail("", "an empty list (RFC 5280 section 4.2: SIZE (1..MAX))");
  }
  const items: T[] = [];
  while (!sequence.done) items.push(read(sequence));
  return items;
}

/** A BIT STRING whose bits have names. */
export function readNamedBits<T extends string>(
  reader: DerReader,
  field: string,
  tag: number,
  names: readonly T[],
): T[] {
  const { bytes, unusedBits } = reader.bitString(field, tag);
  const last = bytes.at(-1);
  if (last !== undefined && (last >> unusedBits & 1) === 0) {
    reader.deviation(field, "trailing zero bits (X.690 section 11.2.2)");
  }
  return names.filter((_, bit) =>
    ((bytes[bit >> 3] ?? 0) & 0x80 >> (bit & 7)) !== 0
  );
}
