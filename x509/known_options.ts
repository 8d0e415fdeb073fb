/**
 * Options that there are not: none is passed over in silence.
 *
 * @module
 */

/**
 * Finds options that a function does not have.
 *
 * @param cannot What the function cannot do then: `"Cannot read the PFX file"`.
 * @throws {TypeError} If there is one.
 */
export function refuseUnknownOptions(
  cannot: string,
  options: object,
  known: readonly string[],
): void {
  for (const option of Object.keys(options)) {
    if (!known.includes(option)) {
      throw new TypeError(`${cannot}: there is no option "${option}"`);
    }
  }
}
