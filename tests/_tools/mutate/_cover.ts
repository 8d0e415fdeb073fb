/**
 * Which tests pass which sites: a run of all of them, with no mutant on.
 *
 * @module
 */

import type { Copy } from "./_copy.ts";
import type { Worker } from "./_worker.ts";

/** A test that holds as the sources stand. */
export interface CoveringTest {
  readonly file: string;
  readonly name: string;
  readonly milliseconds: number;
  readonly sites: ReadonlySet<number>;
}

/** What was found out. */
export interface Coverage {
  readonly tests: readonly CoveringTest[];
  /** Sites that are passed where a test file is imported: the files. */
  readonly imports: ReadonlyMap<number, readonly string[]>;
  /** Tests that fail as the sources stand, by file and name. */
  readonly failing: readonly string[];
  /** How long each file takes, in milliseconds. */
  readonly fileTimes: ReadonlyMap<string, number>;
}

/** Runs them, a file at a time in each worker. */
export async function cover(
  { testFiles }: Copy,
  workers: readonly Worker[],
  tell: (text: string) => void,
): Promise<Coverage> {
  const tests: CoveringTest[] = [];
  const imports = new Map<number, string[]>();
  const failing: string[] = [];
  const fileTimes = new Map<string, number>();
  const queue = [...testFiles];
  await Promise.all(workers.map(async (worker) => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      tell(`${testFiles.length - queue.length}/${testFiles.length} ${file}`);
      // A process a file: what others have computed is not at hand.
      await worker.restart();
      const start = performance.now();
      const response = await worker.ask(
        { file, mutant: 0, failFast: false, limit: 60_000 },
        FILE_PATIENCE,
      );
      fileTimes.set(file, performance.now() - start);
      if (response === undefined) failing.push(`${file} (no end)`);
      for (const site of response?.importSites ?? []) {
        imports.set(site, [...imports.get(site) ?? [], file]);
      }
      for (const test of response?.tests ?? []) {
        if (test.error === undefined) {
          tests.push({ ...test, file, sites: new Set(test.sites) });
        } else failing.push(`${file} "${test.name}": ${test.error}`);
      }
    }
    await worker.restart();
  }));
  return { tests, imports, failing, fileTimes };
}

/** In milliseconds. */
const FILE_PATIENCE = 300_000;
