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
    const first = (await run(test, id, worker)).error;
    if (first === undefined) continue;
    // Late, it may go on in the background.
    if (first === LATE) await worker.restart();
    const again = await failsAgain(test, id, worker);
    if (again !== undefined) {
      const by = `${test.file} "${test.name}"`;
      return { fate: again === LATE ? "timeout" : "noticed", by };
    }
    await worker.restart();
  }
  return undefined;
}

/**
 * Why a test fails once more, after it held without the mutant: what another
 * test has left behind does not fail twice. It may take ten times as long as
 * it just did without, and is late only if it does not take that long
 * afterwards: a want of a processor makes no test late.
 */
async function failsAgain(
  test: CoveringTest,
  id: number,
  worker: Worker,
): Promise<string | undefined> {
  const before = await soundTime(test, worker);
  if (before === undefined) return undefined;
  const limit = lateAfter(before);
  const { error } = await run(test, id, worker, limit);
  if (error !== LATE) return error;
  await worker.restart();
  const after = await soundTime(test, worker);
  return after !== undefined && isQuick(after, limit) ? LATE : undefined;
}

/** How long a test takes with no mutant on, if it holds, at the second try. */
async function soundTime(
  test: CoveringTest,
  worker: Worker,
): Promise<number | undefined> {
  const first = await run(test, 0, worker);
  if (first.error === undefined) return first.milliseconds;
  await worker.restart();
  const { error, milliseconds } = await run(test, 0, worker);
  return error === undefined ? milliseconds : undefined;
}

/** How long it may take with a mutant, as it takes that long without. */
function lateAfter(milliseconds: number): number {
  return 10 * milliseconds + 10_000;
}

/** Whether a time without a mutant leaves no doubt that more is late. */
function isQuick(milliseconds: number, limit: number): boolean {
  return 5 * milliseconds < limit;
}

/** Why a test fails with a mutant, or with none, and how long it takes. */
async function run(
  { file, name, milliseconds }: CoveringTest,
  mutant: number,
  worker: Worker,
  limit = 5 * milliseconds + 5000,
): Promise<{ error: string | undefined; milliseconds: number }> {
  const request = { file, names: [name], mutant, failFast: true, limit };
  const response = await worker.ask(request, limit + 5000);
  const result = response?.tests[0];
  const isLate = response === undefined || result?.error === "Error: timeout";
  return {
    error: isLate ? LATE : result?.error,
    milliseconds: result?.milliseconds ?? limit,
  };
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
    const fate = await apartIn(file, mutant.id, copy, duration);
    if (fate !== "survived") return { fate, by: file };
  }
  return { fate: "survived" };
}

/** What comes of a mutant in one file of tests, which hold without it. */
async function apartIn(
  file: string,
  id: number,
  copy: Copy,
  duration: number,
): Promise<Fate> {
  const first = await denoTest(id, file, copy, 5 * duration + 20_000);
  if (first.fate === "survived") return first.fate;
  const before = await denoTest(0, file, copy, 5 * duration + 20_000);
  if (before.fate !== "survived") return "survived";
  if (first.fate === "noticed") return first.fate;
  const limit = lateAfter(before.milliseconds);
  const again = await denoTest(id, file, copy, limit);
  if (again.fate !== "timeout") return again.fate;
  const after = await denoTest(0, file, copy, limit);
  const isLate = after.fate === "survived" &&
    isQuick(after.milliseconds, limit);
  return isLate ? "timeout" : "survived";
}

/** One file of tests in a process of its own. */
async function denoTest(
  id: number,
  file: string,
  { root }: Copy,
  limit: number,
): Promise<{ fate: Fate; milliseconds: number }> {
  const start = performance.now();
  const process = new Deno.Command(Deno.execPath(), {
    args: ["test", "-A", "--no-check", "--fail-fast", file],
    cwd: root,
    env: { X_TLS_MUTANT: String(id), NO_COLOR: "1" },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    process.kill("SIGKILL");
  }, limit);
  running.add(process);
  const { success } = await process.status;
  running.delete(process);
  clearTimeout(timer);
  const milliseconds = performance.now() - start;
  if (success) return { fate: "survived", milliseconds };
  return { fate: isLate ? "timeout" : "noticed", milliseconds };
}

/** Ends what runs in processes of its own. */
export function endApart(): void {
  for (const process of running) process.kill("SIGKILL");
}

const running = new Set<Deno.ChildProcess>();

/** How long the tests of one mutant may take, in milliseconds of a good run. */
const MOST_IN_PROCESS = 15_000;
const MOST_APART = 8_000;

/** What importing a test file costs, in milliseconds. */
const IMPORT_TIME = 400;
