/**
 * What instrumented sources call: all mutants of a source are in it at once, and
 * at most one of them is on. A site is where mutants are; the sites that
 * are passed are remembered, so that a mutant need only be tried with the tests
 * that get there.
 *
 * @module
 */

/** The mutant that is on, by its number; 0 for none. */
let active = mutantOfEnvironment();

/** Tests run programs of their own, some of which may not read it. */
function mutantOfEnvironment(): number {
  const { state } = Deno.permissions.querySync({
    name: "env",
    variable: "X_TLS_MUTANT",
  });
  return state === "granted" ? Number(Deno.env.get("X_TLS_MUTANT") ?? 0) : 0;
}

/** One byte a site. */
const seen = new Uint8Array(2 ** 17);

/** Turns one mutant on, and the one that was on off. */
export function activate(mutant: number): void {
  active = mutant;
}

/** The sites that were passed since the last time. */
export function takeSeen(): number[] {
  const sites: number[] = [];
  for (let site = 0; site < seen.length; site++) {
    if (seen[site] === 1) sites.push(site);
  }
  seen.fill(0);
  return sites;
}

/** Whether the only mutant of a site is on. */
export function on(site: number): boolean {
  seen[site] = 1;
  return active === site;
}

/** A condition; its mutants negate it, or have it always or never hold. */
export function condition(site: number, value: unknown): unknown {
  seen[site] = 1;
  if (active < site || active > site + 2) return value;
  return active === site ? !value : active === site + 1;
}

/** A comparison; its mutant takes or leaves what is equal. */
export function compare(
  site: number,
  operator: string,
  left: unknown,
  right: unknown,
): boolean {
  seen[site] = 1;
  // The operators of the source, which compares numbers, bigints and dates.
  const [a, b] = [left as number, right as number];
  switch (active === site ? OTHER[operator] : operator) {
    case "<":
      return a < b;
    case "<=":
      return a <= b;
    case ">":
      return a > b;
    case ">=":
      return a >= b;
    case "===":
      return a === b;
    case "!==":
      return a !== b;
    default:
      throw new TypeError(`There is no operator ${operator}`);
  }
}

/** A numeric constant; its mutant is a thousand times as much. */
export function times(site: number, value: number | bigint): number | bigint {
  seen[site] = 1;
  if (active !== site) return value;
  return typeof value === "bigint" ? value * 1000n : value * 1000;
}

/** What stands in place of each operator. */
export const OTHER: Readonly<Record<string, string>> = {
  "<": "<=",
  "<=": "<",
  ">": ">=",
  ">=": ">",
  "===": "!==",
  "!==": "===",
};
