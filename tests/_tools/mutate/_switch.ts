/**
 * What instrumented sources call: all mutants of a source are in it at once, and
 * at most one of them is on. A site is where mutants are. Those that would make a
 * difference are remembered (a condition that holds cannot tell that it always
 * holds), so that a mutant need only be tried with the tests that may notice.
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

/** One byte a mutant. */
const seen = new Uint8Array(2 ** 17);

/** Turns one mutant on, and the one that was on off. */
export function activate(mutant: number): void {
  active = mutant;
}

/** The mutants that would have made a difference since the last time. */
export function takeSeen(): number[] {
  const mutants: number[] = [];
  for (let mutant = 0; mutant < seen.length; mutant++) {
    if (seen[mutant] === 1) mutants.push(mutant);
  }
  seen.fill(0);
  return mutants;
}

/** Whether the only mutant of a statement is on. */
export function on(site: number): boolean {
  seen[site] = 1;
  return active === site;
}

/** A condition; its mutants negate it, or have it always or never hold. */
export function condition(site: number, value: unknown): unknown {
  seen[site] = 1;
  seen[value ? site + 2 : site + 1] = 1;
  if (active < site || active > site + 2) return value;
  return active === site ? !value : active === site + 1;
}

/** The left of `&&` or `||`; its mutant leaves the decision to the right. */
export function left(site: number, neutral: boolean, value: unknown): unknown {
  if (Boolean(value) !== neutral) seen[site] = 1;
  return active === site ? neutral : value;
}

/** The right, which may be the value; its mutant leaves it to the left. */
export function right(site: number, neutral: boolean, value: unknown): unknown {
  if (value !== neutral) seen[site] = 1;
  return active === site ? neutral : value;
}

/** A comparison; its mutant takes or leaves what is equal. */
export function compare(
  site: number,
  operator: string,
  left: unknown,
  right: unknown,
): boolean {
  const result = compared(operator, left, right);
  const other = compared(OTHER[operator], left, right);
  if (result !== other) seen[site] = 1;
  return active === site ? other : result;
}

function compared(
  operator: string | undefined,
  left: unknown,
  right: unknown,
): boolean {
  // The operators of the source, which compares numbers, bigints and dates.
  const [a, b] = [left as number, right as number];
  switch (operator) {
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
