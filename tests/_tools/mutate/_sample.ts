/**
 * What the command line says, and which mutants that means.
 *
 * @module
 */

import type { Mutant } from "./_instrument.ts";

/** What the command line says. */
export interface Arguments {
  /** Files and folders. */
  readonly paths: readonly string[];
  /** The only lines of files to mutate, as `path:line`. */
  readonly lines: readonly string[];
  readonly count: number;
  readonly seed: number;
  readonly jobs: number;
  /** Whether only those are listed, of all, that make no difference in any test. */
  readonly unreached: boolean;
  /** Test files and folders that are run alone; without any, all that count. */
  readonly tests: readonly string[];
  /** Where outcomes are kept, for the next run to go on from. */
  readonly record: string | undefined;
}

/**
 * Reads the command line.
 *
 * @throws {RangeError} If an option is unknown or has no value that fits it.
 */
export function readArguments(args: readonly string[]): Arguments {
  const numbers = { count: 50, seed: 1, jobs: 2 };
  const paths: string[] = [];
  const tests: string[] = [];
  let unreached = false;
  let record: string | undefined;
  const lines: string[] = [];
  const rest = args.filter((arg) => arg !== "--");
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    const path = arg.replace(/\/$/, "");
    if (!arg.startsWith("--")) {
      paths.push(path.replace(/:\d+$/, ""));
      if (/:\d+$/.test(path)) lines.push(path);
      continue;
    }
    if (arg === "--unreached") {
      unreached = true;
      continue;
    }
    const [name = "", value = rest.shift()] = arg.slice(2).split("=");
    if (name === "tests" && value !== undefined) {
      tests.push(value.replace(/\/$/, ""));
      continue;
    }
    if (name === "record" && value !== undefined) {
      record = value;
      continue;
    }
    if (!(name in numbers) || !/^\d+$/.test(value ?? "")) {
      throw new RangeError(
        `Cannot read ${arg}: expected --count, --seed or --jobs and a number, --tests or --record and a path, or --unreached`,
      );
    }
    Object.assign(numbers, { [name]: Number(value) });
  }
  if (paths.length === 0) {
    paths.push("handshake", "record", "connection", "x509", "crypto");
  }
  return { paths, lines, tests, unreached, record, ...numbers };
}

/** The requested number, the same ones for the same seed and sources. */
export function sample(
  mutants: readonly Mutant[],
  { lines, count, seed }: Pick<Arguments, "lines" | "count" | "seed">,
): Mutant[] {
  if (lines.length > 0) {
    return mutants.filter(({ file, line }) =>
      lines.includes(`${file}:${line}`)
    );
  }
  const random = mulberry32(seed);
  return mutants.map((mutant) => ({ mutant, rank: random() }))
    .sort((a, b) => a.rank - b.rank)
    .slice(0, count)
    .map(({ mutant }) => mutant);
}

/** A generator of numbers from 0 to 1 that are the same for the same seed. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = state + 0x6d2b79f5 | 0;
    let t = Math.imul(state ^ state >>> 15, 1 | state);
    t = t + Math.imul(t ^ t >>> 7, 61 | t) ^ t;
    return ((t ^ t >>> 14) >>> 0) / 2 ** 32;
  };
}
