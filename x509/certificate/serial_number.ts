/**
 * Serial numbers: the contents of an INTEGER, and hexadecimal for people.
 *
 * @module
 */

import { toHex } from "../../encoding.ts";

/**
 * In hexadecimal, as `Certificate.serialNumber` has it, and Node and OpenSSL:
 * of the magnitude, in whole bytes, zero as a single digit.
 */
export function formatSerial(contents: Uint8Array): string {
  if (contents[0] as number >= 0x80) {
    const complement = BigInt(`0x${toHex(contents)}`);
    const magnitude = -BigInt.asIntN(contents.length * 8, complement);
    const digits = magnitude.toString(16).toUpperCase();
    return `-${digits.length % 2 === 0 ? "" : "0"}${digits}`;
  }
  const start = contents[0] === 0 ? 1 : 0;
  return toHex(contents.subarray(start)).toUpperCase() || "0";
}

/**
 * The contents of the INTEGER for a hexadecimal serial number.
 *
 * @throws {TypeError} If it is not hexadecimal.
 */
export function contentsOfSerial(text: string): Uint8Array {
  const match = /^(-?)((?:[0-9a-f]+:?)*[0-9a-f]+)$/i.exec(text);
  if (match === null || text.length > MAX_SERIAL_TEXT) {
    throw new TypeError(
      `Cannot look up the serial number "${
        text.slice(0, 64)
      }": it is not hexadecimal`,
    );
  }
  const [, sign, digits = ""] = match;
  const magnitude = BigInt(`0x${digits.replaceAll(":", "")}`);
  const value = sign === "-" ? -magnitude : magnitude;
  let length = 1;
  while (BigInt.asIntN(length * 8, value) !== value) length++;
  const padded = BigInt.asUintN(length * 8, value).toString(16)
    .padStart(length * 2, "0");
  return Uint8Array.from(padded.match(/../g) ?? [], (x) => parseInt(x, 16));
}

/** RFC 5280 section 4.1.2.2 has 40 digits; stops quadratic work. */
const MAX_SERIAL_TEXT = 1024;
