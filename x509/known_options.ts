/**
 * Options that there are not, and values that an option cannot have: none is
 * passed over in silence.
 *
 * @module
 */

/** What the value of an option must be, in words and as a question. */
export type OptionType = readonly [
  wanted: string,
  holds: (value: unknown) => boolean,
];

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

/**
 * Finds options that a function does not have, and those of a wrong type.
 *
 * @param cannot As for {@linkcode refuseUnknownOptions}.
 * @throws {TypeError} If there is one.
 */
export function checkOptionTypes(
  cannot: string,
  options: object,
  types: Readonly<Record<string, OptionType>>,
): void {
  refuseUnknownOptions(cannot, options, Object.keys(types));
  for (const [option, value] of Object.entries(options)) {
    const [wanted, holds] = types[option] ?? anything;
    if (value === undefined || holds(value)) continue;
    throw new TypeError(`${cannot}: \`${option}\` is no ${wanted}`);
  }
}

/** Whatever it is, somebody else looks at it. */
export const anything: OptionType = ["", () => true];
/** True or false. */
export const flag: OptionType = ["boolean", (v) => typeof v === "boolean"];
/** A number. */
export const number: OptionType = ["number", (v) => typeof v === "number"];
/** A `Date` that is one. */
export const date: OptionType = [
  "valid Date",
  (v) => v instanceof Date && !Number.isNaN(v.getTime()),
];
/** A `Uint8Array`. */
export const bytes: OptionType = ["Uint8Array", (v) => v instanceof Uint8Array];
/** An array. */
export const array: OptionType = ["array", Array.isArray];
/** An array of strings. */
export const strings: OptionType = [
  "array of strings",
  (v) => Array.isArray(v) && v.every((each) => typeof each === "string"),
];
