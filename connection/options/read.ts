/**
 * From what a caller gives to options that are known, of the right type, and
 * free of contradictions. Nothing is ever ignored: an unknown name, a wrong
 * type or an option of the other side is a `TypeError` before a byte is sent.
 *
 * @module
 */

import { readDictionary } from "../../dictionary.ts";
import { refuseContradictions } from "./contradictions.ts";
import { unknownOption } from "./hints.ts";
import {
  type GivenOptions,
  namesOf,
  type OptionName,
  optionNames,
  type ParsedOptions,
  type ReadOptions,
  type Row,
  table,
} from "./table.ts";

/** What reads options: the name that an error calls it, and which it has. */
export interface Entry {
  readonly name: string;
  readonly known: ReadonlySet<OptionName>;
}

/** An entry that has the options of a side, and those of more scopes. */
export function entry(
  name: string,
  side: "client" | "server" | "either",
  ...scopes: readonly Row["scope"][]
): Entry {
  const known = namesOf((row) =>
    (side === "either" || row.side === "both" || row.side === side) &&
    ["context", "connection", ...scopes].includes(row.scope)
  );
  return { name, known };
}

/** An entry without some of its options. */
export function without(
  { name, known }: Entry,
  names: readonly OptionName[],
): Entry {
  return { name, known: known.difference(new Set(names)) };
}

/**
 * Reads the options of an entry.
 *
 * @throws {TypeError} If an option is unknown, or not for this entry.
 */
export function readGiven(options: unknown, entry: Entry): GivenOptions {
  return readDictionary(
    options,
    `Cannot use the options of ${entry.name}`,
    entry.known,
    (name) =>
      `Cannot use option "${name}" of ${entry.name}: ${notThere(name, entry)}`,
  );
}

/**
 * Options with some of them changed.
 *
 * @param changes They go in the place of those of the same name.
 * @param whose What an error calls the outcome.
 * @param removed The names of those that go.
 * @throws {TypeError} If a value is none, or the outcome contradicts itself.
 * @throws {RangeError} If a number is out of range.
 */
export function changed(
  base: ReadOptions,
  changes: GivenOptions,
  whose: string,
  removed: Iterable<OptionName> = [],
): ReadOptions {
  const given: Record<string, unknown> = { ...base.given };
  const read: Record<string, unknown> = { ...base.parsed };
  for (const name of removed) {
    delete given[name];
    read[name] = noOptions.parsed[name];
  }
  for (const [name, value] of Object.entries(changes)) {
    given[name] = value;
    read[name] = parsedOption(name as OptionName, value);
  }
  // Each value was read by the row of its name.
  const outcome = { given, parsed: read as unknown as ParsedOptions };
  refuseContradictions(outcome, whose);
  return outcome;
}

/** Reads the value of one option by its row; the default where there is none. */
export function parsedOption<K extends OptionName>(
  name: K,
  value: unknown,
): ParsedOptions[K] {
  const { parse, default: absent }: Row = table[name];
  const given = value === undefined ? absent : value;
  // It is the row of this name.
  return (given === undefined
    ? undefined
    : parse(given, name)) as ParsedOptions[K];
}

/** No options at all: what each is then. */
export const noOptions: ReadOptions = {
  given: {},
  parsed: Object.fromEntries(
    optionNames.map((name) => [name, parsedOption(name, undefined)]),
  ) as unknown as ParsedOptions, // a value for each row
};

/** Why an entry does not have an option. */
function notThere(name: string, { known }: Entry): string {
  if (!Object.hasOwn(table, name)) return unknownOption(name, known);
  const { scope, side }: Row = table[name as OptionName];
  if (scope === "address") {
    return "only connect(), listen() and serve() take an address";
  }
  if (scope === "listener") return "only listen() and serve() take it";
  if (scope === "http") return "only serve() takes it";
  if (scope === "fetch") return "only createFetch() takes it";
  // That of a fetch, which makes many connections.
  if (scope === "connection" && known.has("proxy")) {
    return "only a single connection takes it";
  }
  return side === "both"
    ? "only a single connection takes it, before its ClientHello"
    : `only a ${side} takes it`;
}
