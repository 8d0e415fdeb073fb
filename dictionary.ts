/**
 * Objects of options, read as WebIDL reads a dictionary: inherited members and
 * getters count, each is read once, and one that is `undefined` is absent.
 * Unknown members are refused, so that nothing is passed over in silence.
 *
 * @module
 */

/** The members that were given, each under its own name. */
export type Dictionary = Readonly<Record<string, unknown>>;

/**
 * Reads the known members of an object, and refuses all others.
 *
 * @param options The object.
 * @param cannot How the error begins: `"Cannot use the options of connect()"`.
 * @param known The names of the members that there are.
 * @param unknown The error text for another name.
 * @returns The members that are there, in an object of their own.
 * @throws {TypeError} If it is not an object, or has an unknown member.
 */
export function readDictionary(
  options: unknown,
  cannot: string,
  known: ReadonlySet<string>,
  unknown: (name: string) => string = (name) =>
    `${cannot}: there is no option "${name}"`,
): Dictionary {
  if (
    typeof options !== "object" || options === null || Array.isArray(options)
  ) {
    throw new TypeError(
      `${cannot}: expected an object, got ${kindOf(options)}`,
    );
  }
  const members = options as Dictionary;
  const read: Record<string, unknown> = {};
  known.forEach((name) => {
    const value = members[name];
    if (value !== undefined) read[name] = value;
  });
  for (const name in members) {
    if (known.has(name) || members[name] === undefined) continue;
    throw new TypeError(unknown(name));
  }
  return read;
}

/** Describes the type of a value, for an error text. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "an object";
  return `a ${typeof value}`;
}
