/**
 * Look-up by the name that a client asks for.
 *
 * @module
 */

/** Names without regard to case; `*.` stands for one label. */
export function tableLookUp<T>(
  table: ReadonlyMap<string, T>,
): (serverName: string | undefined) => T | undefined {
  const byName = new Map(
    [...table].map(([name, found]) => [name.toLowerCase(), found]),
  );
  return (serverName) => {
    if (serverName === undefined) return undefined;
    const name = serverName.toLowerCase();
    return byName.get(name) ?? byName.get(name.replace(/^[^.]+/, "*"));
  };
}
