/**
 * Serial numbers: the contents of an INTEGER, and hexadecimal for people.
 *
 * @module
 */

/** In hexadecimal, as `Certificate.serialNumber` has it. */
export function formatSerial(contents: Uint8Array): string {
  const bits = contents.length * 8;
  const unsigned = BigInt(`0x${contents.toHex() || "0"}`);
  const value = BigInt.asIntN(bits, unsigned);
  const digits = (value < 0n ? -value : value).toString(16).toUpperCase();
  if (value === 0n) return contents.length === 0 ? "" : "0";
  const even = digits.length % 2 === 0 ? digits : `0${digits}`;
  return value < 0n ? `-${even}` : even;
}

/**
 * The contents of the INTEGER that a hexadecimal serial number stands for.
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
