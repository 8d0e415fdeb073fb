/**
 * Tries one mutant: with the tests in which it makes a difference, the likeliest first, in
 * a process that has run others; and what survives there, once more in a
 * process of its own with all of Deno's checks.
 *
 * @module
 */

import type { Copy } from "./_copy.ts";
import type { Coverage, CoveringTest } from "./_cover.ts";
import type { Mutant } from "./_instrument.ts";
import type { Worker } from "./_worker.ts";

/** How a mutant ended. */
export type Fate = "noticed" | "timeout" | "survived" | "unreached";

/** What came of a mutant. */
export interface Outcome {
  readonly mutant: Mutant;
  readonly fate: Fate;
  /** The test that noticed. */
  readonly by?: string | undefined;
}

/** Tries one mutant. */
export async function tryMutant(
  mutant: Mutant,
  { copy, coverage, worker }: {
    copy: Copy;
    coverage: Coverage;
    worker: Worker;
  },
): Promise<Outcome> {
  const tests = likeliestFirst(
    mutant,
    coverage.tests.filter(({ mutants }) => mutants.has(mutant.id)),
    worker,
  );
  if (!isReached(mutant, coverage)) return { mutant, fate: "unreached" };
  const importing = coverage.imports.get(mutant.id) ?? [];
  const noticed = await inProcess(mutant, tests, worker);
  if (noticed !== undefined) return { mutant, ...noticed };
  return {
    mutant,
    ...await apart(mutant, { copy, coverage, tests, importing }),
  };
}

/** Whether it makes any difference in any test. */
export function isReached({ id }: Mutant, coverage: Coverage): boolean {
  return coverage.imports.has(id) ||
    coverage.tests.some(({ mutants }) => mutants.has(id));
}

/**
 * The tests of the source itself, quick ones, those of files that are imported
 * already, and those of other files: what a file's first tests do not notice,
 * its others rarely do.
 */
function likeliestFirst(
  { file }: Mutant,
  tests: readonly CoveringTest[],
  worker: Worker,
): CoveringTest[] {
  const ranks = new Map<CoveringTest, number>();
  const files = Map.groupBy(tests, (test) => test.file);
  for (const [testFile, those] of files) {
    const near = 1 + 3 * wordsInCommon(testFile, file) +
      (isOfSameRoom(testFile, file) ? 2 : 0);
    const cost = worker.hasImported(testFile) ? 5 : IMPORT_TIME;
    those.sort((a, b) => a.milliseconds - b.milliseconds);
    for (const [at, test] of those.entries()) {
      ranks.set(test, (test.milliseconds + cost) * (1 + at / 5) / near);
    }
  }
  return tests.toSorted((a, b) => (ranks.get(a) ?? 0) - (ranks.get(b) ?? 0));
}

/** `tests/x509/crl_check_test.ts` is for `x509/path/crl_check.ts`. */
function mirrors(test: string, source: string): boolean {
  return nameOf(test).startsWith(nameOf(source));
}

function isOfSameRoom(test: string, source: string): boolean {
  return test.startsWith(`tests/${source.split("/")[0]}/`);
}

function wordsInCommon(test: string, source: string): number {
  const words = new Set(nameOf(source).split("_"));
  return nameOf(test).split("_").filter((word) => words.has(word)).length;
}

/** Of `tests/x509/crl_check_test.ts`, `crl_check`. */
function nameOf(path: string): string {
  return (path.split("/").at(-1) ?? "").replace(/(?:_test)?\.ts$/, "");
}

type Noticed = Pick<Outcome, "fate" | "by">;

async function inProcess(
  { id }: Mutant,
  tests: readonly CoveringTest[],
  worker: Worker,
): Promise<Noticed | undefined> {
  let spent = 0;
  for (const test of tests) {
    if (spent > MOST_IN_PROCESS) return undefined;
    spent += test.milliseconds;
    const first = await run(test, id, worker);
    if (first === undefined) continue;
    const isLate = first === LATE;
    // Late, it may go on in the background.
    if (isLate) await worker.restart();
    // Once more without and with it: what another test has left behind, or the
    // want of a processor, does not fail twice.
    const isSound = await run(test, 0, worker) === undefined;
    if (!isSound) await worker.restart();
    if (
      (isSound || await run(test, 0, worker) === undefined) &&
      await run(test, id, worker) !== undefined
    ) {
      const by = `${test.file} "${test.name}"`;
      return { fate: isLate ? "timeout" : "noticed", by };
    }
    await worker.restart();
  }
  return undefined;
}

/** Why a test fails with a mutant, or with none. */
async function run(
  { file, name, milliseconds }: CoveringTest,
  mutant: number,
  worker: Worker,
): Promise<string | undefined> {
  const limit = 5 * milliseconds + 5000;
  const request = { file, names: [name], mutant, failFast: true, limit };
  const response = await worker.ask(request, limit + 5000);
  if (response === undefined) return LATE;
  const error = response.tests[0]?.error;
  return error?.includes("timeout") ? LATE : error;
}

/** A test that does not come to its end. */
const LATE = "late";

/** `deno test`, with the mutant on from the start, as far as time allows. */
async function apart(
  mutant: Mutant,
  { copy, coverage, tests, importing }: {
    copy: Copy;
    coverage: Coverage;
    tests: readonly CoveringTest[];
    importing: readonly string[];
  },
): Promise<Noticed> {
  const first = new Set(importing);
  const time = (file: string) =>
    (coverage.fileTimes.get(file) ?? 0) -
    (mirrors(file, mutant.file) ? 1e6 : 0) - (first.has(file) ? 1e5 : 0);
  const files = [...new Set([...tests.map(({ file }) => file), ...importing])]
    .toSorted((a, b) => time(a) - time(b));
  let spent = 0;
  for (const file of files) {
    const duration = coverage.fileTimes.get(file) ?? 0;
    if (spent > 0 && spent + duration > MOST_APART) break;
    spent += duration;
    const noticed = await denoTest(mutant.id, file, copy, duration);
    if (noticed !== undefined && await isSound(file, copy, duration)) {
      return { ...noticed, by: file };
    }
  }
  return { fate: "survived" };
}

/** Whether a file's tests hold in the copy with no mutant on. */
async function isSound(
  file: string,
  copy: Copy,
  duration: number,
): Promise<boolean> {
  return await denoTest(0, file, copy, duration) === undefined;
}

async function denoTest(
  id: number,
  file: string,
  { root }: Copy,
  duration: number,
): Promise<Noticed | undefined> {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["test", "-A", "--no-check", "--fail-fast", file],
    cwd: root,
    env: { X_TLS_MUTANT: String(id), NO_COLOR: "1" },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    process.kill("SIGKILL");
  }, 5 * duration + 20_000);
  const { success } = await process.status;
  clearTimeout(timer);
  if (success) return undefined;
  return { fate: late ? "timeout" : "noticed" };
}

/** How long the tests of one mutant may take, in milliseconds of a good run. */
const MOST_IN_PROCESS = 15_000;
const MOST_APART = 8_000;

/** What importing a test file costs, in milliseconds. */
const IMPORT_TIME = 400;
