/**
 * The contents of DER's integers, booleans and bit strings.
 *
 * @module
 */

import type { Fail } from "./der_value.ts";

/** A BIT STRING. */
export interface DerBitString {
  /** Bits of the last byte that do not count: zero, as DER demands. */
  readonly unusedBits: number;
  /** The bits, the first one at the top of the first byte. */
  readonly bytes: Uint8Array;
}

/** An INTEGER's contents, which must be minimal (X.690 section 8.3.2). */
export function minimalInteger(contents: Uint8Array, fail: Fail): Uint8Array {
  const first = contents[0];
  const second = contents[1];
  if (first === undefined) fail("an INTEGER without contents");
  if (
    second !== undefined &&
    ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80))
  ) {
    fail("an INTEGER with a superfluous leading byte (X.690 section 8.3.2)");
  }
  return contents;
}

/** An INTEGER that must not be negative: big-endian, without a leading 0. */
export function decodeUnsigned(contents: Uint8Array, fail: Fail): Uint8Array {
  const first = minimalInteger(contents, fail)[0] as number;
  if (first >= 0x80) fail("a negative INTEGER");
  return first === 0 && contents.length > 1 ? contents.subarray(1) : contents;
}

/** An INTEGER of any size. */
export function decodeBigint(contents: Uint8Array, fail: Fail): bigint {
  let value = 0n;
  for (const byte of minimalInteger(contents, fail)) {
    value = value << 8n | BigInt(byte);
  }
  return BigInt.asIntN(contents.length * 8, value);
}

/** An INTEGER from 0 to 2^31 - 1. */
export function decodeInteger(contents: Uint8Array, fail: Fail): number {
  const bytes = decodeUnsigned(contents, fail);
  if (bytes.length > 4 || bytes.length === 4 && bytes[0] as number >= 0x80) {
    fail("an INTEGER above 2147483647");
  }
  let value = 0;
  for (const byte of bytes) value = value * 256 + byte;
  return value;
}

/** A BOOLEAN: 00 or FF (X.690 section 11.1). */
export function decodeBoolean(contents: Uint8Array, fail: Fail): boolean {
  const value = contents[0];
  if (contents.length !== 1 || (value !== 0 && value !== 0xff)) {
    fail("a BOOLEAN that is neither 00 nor FF (X.690 section 11.1)");
  }
  return value === 0xff;
}

/** A BIT STRING whose padding bits are zero (X.690 section 11.2.1). */
export function decodeBitString(
  contents: Uint8Array,
  fail: Fail,
): DerBitString {
  const unusedBits = contents[0];
  if (unusedBits === undefined) fail("an empty BIT STRING");
  const last = contents[contents.length - 1] as number;
  if (unusedBits > 7 || (unusedBits > 0 && contents.length === 1)) {
    fail(`a BIT STRING with ${unusedBits} unused bits`);
  }
  if ((last & ((1 << unusedBits) - 1)) !== 0 && contents.length > 1) {
    fail("a BIT STRING with padding that is not zero (X.690 section 11.2.1)");
  }
  return { unusedBits, bytes: contents.subarray(1) };
}
