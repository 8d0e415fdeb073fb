/**
 * The contents of DER's integers, booleans and bit strings.
 *
 * @module
 */

import { DerFault } from "./der_context.ts";

/** A BIT STRING. */
export interface DerBitString {
  /** Bits of the last byte that do not count: zero, as DER demands. */
  readonly unusedBits: number;
  /** The bits, the first one at the top of the first byte. */
  readonly bytes: Uint8Array;
}

/** An INTEGER's contents, which must be minimal (X.690 section 8.3.2). */
export function decodeMinimal(
  bytes: Uint8Array,
  start: number,
  end: number,
): Uint8Array {
  checkMinimal(bytes, start, end);
  return bytes.subarray(start, end);
}

/** An INTEGER that must not be negative: big-endian, without a leading 0. */
export function decodeUnsigned(
  bytes: Uint8Array,
  start: number,
  end: number,
): Uint8Array {
  return bytes.subarray(startOfUnsigned(bytes, start, end), end);
}

/** An INTEGER of any size. */
export function decodeBigint(
  bytes: Uint8Array,
  start: number,
  end: number,
): bigint {
  checkMinimal(bytes, start, end);
  let value = 0n;
  for (let at = start; at < end; at++) {
    value = value << 8n | BigInt(bytes[at] as number);
  }
  return BigInt.asIntN((end - start) * 8, value);
}

/** An INTEGER from 0 to 2^31 - 1. */
export function decodeInteger(
  bytes: Uint8Array,
  start: number,
  end: number,
): number {
  const first = startOfUnsigned(bytes, start, end);
  const length = end - first;
  if (length > 4 || length === 4 && bytes[first] as number >= 0x80) {
    throw new DerFault("an INTEGER above 2147483647");
  }
  let value = 0;
  for (let at = first; at < end; at++) {
    value = value * 256 + (bytes[at] as number);
  }
  return value;
}

/** A BOOLEAN: 00 or FF (X.690 section 11.1). */
export function decodeBoolean(
  bytes: Uint8Array,
  start: number,
  end: number,
): boolean {
  const value = bytes[start];
  if (end - start !== 1 || (value !== 0 && value !== 0xff)) {
    throw new DerFault(
      "a BOOLEAN that is neither 00 nor FF (X.690 section 11.1)",
    );
  }
  return value === 0xff;
}

/** A BIT STRING whose padding bits are zero (X.690 section 11.2.1). */
export function decodeBitString(
  bytes: Uint8Array,
  start: number,
  end: number,
): DerBitString {
  if (start === end) throw new DerFault("an empty BIT STRING");
  const unusedBits = bytes[start] as number;
  const length = end - start - 1;
  if (unusedBits > 7 || (unusedBits > 0 && length === 0)) {
    throw new DerFault(`a BIT STRING with ${unusedBits} unused bits`);
  }
  const last = bytes[end - 1] as number;
  if ((last & ((1 << unusedBits) - 1)) !== 0) {
    throw new DerFault(
      "a BIT STRING with padding that is not zero (X.690 section 11.2.1)",
    );
  }
  return { unusedBits, bytes: bytes.subarray(start + 1, end) };
}

function checkMinimal(bytes: Uint8Array, start: number, end: number): void {
  if (start === end) throw new DerFault("an INTEGER without contents");
  if (end - start === 1) return;
  const first = bytes[start] as number;
  const second = bytes[start + 1] as number;
  if ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80)) {
    throw new DerFault(
      "an INTEGER with a superfluous leading byte (X.690 section 8.3.2)",
    );
  }
}

/** Where the magnitude begins: behind a leading 0. */
function startOfUnsigned(
  bytes: Uint8Array,
  start: number,
  end: number,
): number {
  checkMinimal(bytes, start, end);
  const first = bytes[start] as number;
  if (first >= 0x80) throw new DerFault("a negative INTEGER");
  return first === 0 && end - start > 1 ? start + 1 : start;
}
