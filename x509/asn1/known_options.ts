/**
 * Refuses unknown options and values of the wrong type: none is silently
 * ignored.
 *
 * @module
 */

import { readDictionary } from "../../dictionary.ts";

/** What the value of an option must be, in words and as a check. */
export type OptionType = readonly [
  wanted: string,
  holds: (value: unknown) => boolean,
];

/**
 * Refuses options that a function does not have.
 *
 * @param cannot The beginning of the error: `"Cannot read the PFX file"`.
 * @throws {TypeError} If there is one, or the options are not an object.
 */
export function refuseUnknownOptions(
  cannot: string,
  options: object,
  known: readonly string[],
): void {
  readDictionary(options, cannot, new Set(known));
}

/**
 * Refuses options that a function does not have, and those of a wrong type.
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
    throw new TypeError(`${cannot}: "${option}" must be ${wanted}`);
  }
}

/** Any value: it is checked elsewhere. */
export const anything: OptionType = ["", () => true];
/** True or false. */
export const flag: OptionType = [
  "true or false",
  (v) => typeof v === "boolean",
];
/** A function. */
export const callback: OptionType = [
  "a function",
  (v) => typeof v === "function",
];
/** A number. */
export const number: OptionType = ["a number", (v) => typeof v === "number"];
/** A valid `Date`. */
export const date: OptionType = [
  "a valid Date",
  (v) => v instanceof Date && !Number.isNaN(v.getTime()),
];
/** A `Uint8Array`. */
export const bytes: OptionType = [
  "a Uint8Array",
  (v) => v instanceof Uint8Array,
];
/** An array. */
export const array: OptionType = ["an array", Array.isArray];
/** An array of strings. */
export const strings: OptionType = [
  "an array of strings",
  (v) => Array.isArray(v) && v.every((each) => typeof each === "string"),
];
