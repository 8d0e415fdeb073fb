/**
 * Options that there are not, and values that an option cannot have: none is
 * passed over in silence.
 *
 * @module
 */

import { readDictionary } from "../../dictionary.ts";

/** What the value of an option must be, in words and as a question. */
export type OptionType = readonly [
  wanted: string,
  holds: (value: unknown) => boolean,
];

/**
 * Finds options that a function does not have.
 *
 * @param cannot What the function cannot do then: `"Cannot read the PFX file"`.
 * @throws {TypeError} If there is one, or what should hold them is no object.
 */
export function refuseUnknownOptions(
  cannot: string,
  options: object,
  known: readonly string[],
): void {
  readDictionary(options, cannot, new Set(known));
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
  const given = readDictionary(options, cannot, new Set(Object.keys(types)));
  for (const [option, value] of Object.entries(given)) {
    const [wanted, holds] = types[option] ?? anything;
    if (holds(value)) continue;
    throw new TypeError(`${cannot}: \`${option}\` is no ${wanted}`);
  }
}

/** Whatever it is, somebody else looks at it. */
export const anything: OptionType = ["", () => true];
/** True or false. */
export const flag: OptionType = ["boolean", (v) => typeof v === "boolean"];
/** A function. */
export const callback: OptionType = [
  "function",
  (v) => typeof v === "function",
];
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
