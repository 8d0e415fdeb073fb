/**
 * The checks of exportKeyingMaterial()'s arguments.
 *
 * @module
 */

/**
 * Checks what all versions have in common. The length of a label is checked
 * elsewhere: HkdfLabel bounds it in TLS 1.3 (RFC 9846 section 7.1), RFC 5705 does
 * not, and with TLS 1.2 both ends may agree on an empty one.
 *
 * @throws {TypeError} If an argument has a wrong type.
 * @throws {RangeError} If an argument has a wrong length.
 */
export function checkExport(
  label: unknown,
  context: unknown,
  length: unknown,
): void {
  if (typeof label !== "string" || typeof length !== "number") {
    throw new TypeError(
      "Cannot export keying material: label is a string, and length a number",
    );
  }
  if (context !== undefined && !(context instanceof Uint8Array)) {
    throw new TypeError(
      "Cannot export keying material: context is a Uint8Array, or undefined",
    );
  }
  if (context !== undefined && context.length > MAX_CONTEXT) {
    throw new RangeError(
      `Cannot export keying material: context has ${context.length} bytes, and ${MAX_CONTEXT} are the most`,
    );
  }
  if (!Number.isInteger(length) || length < 1 || length > MAX_LENGTH) {
    throw new RangeError(
      `Cannot export keying material: length is ${length}, no whole number from 1 to ${MAX_LENGTH}`,
    );
  }
}

/** RFC 5705 section 4: the context's length is a uint16. */
const MAX_CONTEXT = 65_535;

/**
 * RFC 9846 section 7.1: HkdfLabel has the length as a uint16. TLS 1.2 has no
 * bound, and would compute for as long as it takes.
 */
const MAX_LENGTH = 65_535;
