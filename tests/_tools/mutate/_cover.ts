/**
 * Which tests meet a difference that which mutants make: a run of all of them,
 * with no mutant on.
 *
 * @module
 */

import type { Copy } from "./_copy.ts";
import type { Response } from "./_harness.ts";
import type { RunRecord } from "./_record.ts";
import { MutantNames, type MutantsByFile } from "./_mutant_names.ts";
import type { Worker } from "./_worker.ts";

/** A test that holds as the sources stand. */
export interface CoveringTest {
  readonly file: string;
  readonly name: string;
  readonly milliseconds: number;
  /** The mutants that would change a value, or what is done, in it. */
  readonly mutants: ReadonlySet<number>;
}

/** What was found out. */
export interface Coverage {
  readonly tests: readonly CoveringTest[];
  /**
   * Mutants that make a difference where a file is imported, or in a test of it
   * that fails here: the files.
   */
  readonly imports: ReadonlyMap<number, readonly string[]>;
  /** Tests that fail as the sources stand, by file and name. */
  readonly failing: readonly string[];
  /** How long each file takes, in milliseconds. */
  readonly fileTimes: ReadonlyMap<string, number>;
}

/** What the tests of one file pass, by sources, which can be kept. */
export interface FileCoverage {
  readonly milliseconds: number;
  readonly importMutants: MutantsByFile;
  readonly tests: readonly {
    readonly name: string;
    readonly error?: string | undefined;
    readonly milliseconds: number;
    readonly mutants: MutantsByFile;
  }[];
}

/** Runs them, a file at a time in each worker, unless the record has them. */
export async function cover(
  { all, testFiles }: Copy,
  { workers, record, tell }: {
    workers: readonly Worker[];
    record: RunRecord;
    tell: (text: string) => void;
  },
): Promise<Coverage> {
  const names = new MutantNames(all);
  const covered = new Map<string, FileCoverage>();
  for (const [file, hash] of testFiles) {
    const known = record.coverage.get(file);
    if (known?.hash === hash) covered.set(file, known.coverage);
  }
  const queue = [...testFiles].filter(([file]) => !covered.has(file));
  const count = queue.length;
  await Promise.all(workers.map(async (worker) => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const [file, hash] = next;
      tell(`${count - queue.length}/${count} ${file}`);
      const coverage = await coverFile(file, worker, names);
      covered.set(file, coverage);
      // What failed may hold the next time.
      if (coverage.tests.some(({ error }) => error !== undefined)) continue;
      await record.addCoverage(file, { hash, coverage });
    }
    await worker.restart();
  }));
  return together(covered, names);
}

async function coverFile(
  file: string,
  worker: Worker,
  names: MutantNames,
): Promise<FileCoverage> {
  // A process a file: what others have computed is not at hand.
  await worker.restart();
  const start = performance.now();
  const request = { file, mutant: 0, failFast: false, limit: 60_000 };
  const response = await worker.ask(request, FILE_PATIENCE) ?? NO_END;
  return {
    milliseconds: performance.now() - start,
    importMutants: names.byFile(response.importMutants),
    tests: response.tests.map((test) => ({
      ...test,
      mutants: names.byFile(test.mutants),
    })),
  };
}

function together(
  covered: ReadonlyMap<string, FileCoverage>,
  names: MutantNames,
): Coverage {
  const tests: CoveringTest[] = [];
  const imports = new Map<number, string[]>();
  const failing: string[] = [];
  for (const [file, coverage] of covered) {
    for (const mutant of names.numbers(coverage.importMutants)) {
      imports.set(mutant, [...imports.get(mutant) ?? [], file]);
    }
    for (const { error, ...test } of coverage.tests) {
      const mutants = new Set(names.numbers(test.mutants));
      if (error === undefined) {
        tests.push({ ...test, file, mutants });
        continue;
      }
      failing.push(`${file} "${test.name}": ${error}`);
      // It may hold under `deno test`, with permissions of its own.
      for (const mutant of mutants) {
        imports.set(mutant, [...imports.get(mutant) ?? [], file]);
      }
    }
  }
  const fileTimes = new Map(
    [...covered].map(([file, { milliseconds }]) => [file, milliseconds]),
  );
  return { tests, imports, failing, fileTimes };
}

/** In milliseconds. */
const FILE_PATIENCE = 300_000;

const NO_END: Response = {
  tests: [{ name: "(all)", error: "no end", milliseconds: 0, mutants: [] }],
  importMutants: [],
};
