/**
 * Look-up by the name that a client asks for.
 *
 * @module
 */

import { normalizeDnsName } from "../../x509/name_match.ts";

/**
 * A name of such a table as it is looked up: A-labels in lower case, perhaps
 * behind `*.`, which stands for one label.
 *
 * @throws {TypeError} If it is no DNS name.
 */
export function namePattern(name: string): string {
  return name.startsWith("*.")
    ? `*.${normalizeDnsName(name.slice(2))}`
    : normalizeDnsName(name);
}

/** Names without regard to case; `*.` stands for one label. */
export function tableLookUp<T>(
  table: ReadonlyMap<string, T>,
): (serverName: string | undefined) => T | undefined {
  const byName = new Map(
    [...table].map(([name, found]) => [namePattern(name), found]),
  );
  return (serverName) => {
    if (serverName === undefined) return undefined;
    const name = serverName.toLowerCase();
    return byName.get(name) ?? byName.get(name.replace(/^[^.]+/, "*"));
  };
}
