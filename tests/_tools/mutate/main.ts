/**
 * A mutation tester: removes and weakens guards of the sources, one at a time,
 * and tells which of these changes no test notices.
 *
 * ```sh
 * deno task mutate                                   # 50 of all rooms
 * deno task mutate handshake --count 100 --seed 1    # 100 of one room
 * deno task mutate x509/status/crl.ts record --count 500    # of a file and a room
 * deno task mutate handshake/common/peer_verification.ts:106            # all of one line
 * deno task mutate record --unreached       # of all: those of no difference in any test
 * deno task mutate record/input.ts:40 --tests tests/record/input_test.ts
 * deno task mutate --record ~/mutants --count 300       # 300 that are new there
 * ```
 *
 * `--count` is how many changes are tried (50), `--seed` which ones (1), and
 * `--jobs` how many processes run (2). Paths are files or folders of sources;
 * without any it is the five rooms. `--tests` names test files or folders that
 * alone are run, to see quickly that a new test notices. `--record` names a
 * folder that keeps the outcomes: what was tried is not tried again, unless no
 * test noticed it and `survivors.md` does not explain it, and the counts at the
 * end are of all runs. It needs git and TypeScript's parser, which comes from
 * npm.
 *
 * What is changed: conditions are negated, hold always or never; `throw`,
 * `return` before the end of a function and calls of checking functions are
 * left out; `<` becomes `<=`, `===` becomes `!==`, and the reverse; an operand
 * of `&&` or `||` is dropped; a numeric constant is a thousand times as much.
 *
 * How: the working tree is copied into a temporary folder, and never written
 * to. In the copy every change is put into the sources at once, behind a switch
 * (`_instrument.ts`). One run of the tests records in which of them which change
 * makes a difference; each is then tried with those tests alone, in a process that
 * has them imported already, and what survives that once more with
 * `deno test` in a process of its own. A test that never ends has noticed, if it
 * ends in a tenth of the time without the change, before and after.
 * Tests of the five rooms and of `tests/http` are run, and no others.
 *
 * Survivors that change nothing that can be seen are in `survivors.md`, with
 * the reason. This is outside CI: it takes minutes for a hundred changes.
 *
 * @module
 */

import { type Copy, makeCopy } from "./_copy.ts";
import { cover, type Coverage } from "./_cover.ts";
import type { Mutant } from "./_instrument.ts";
import { type Key, keysOf, RunRecord } from "./_record.ts";
import {
  formatOutcome,
  formatRows,
  formatSummary,
  isExplained,
  isUnnoticed,
} from "./_report.ts";
import { type Arguments, readArguments, sample } from "./_sample.ts";
import { readRows, type Row } from "./_survivors.ts";
import { endApart, isReached, type Outcome, tryMutant } from "./_try.ts";
import { Worker } from "./_worker.ts";

async function main(): Promise<void> {
  const given = readArguments(Deno.args);
  const rows = await readRows();
  const record = await RunRecord.open(given.record);
  const folder = await Deno.makeTempDir({ prefix: "x_tls_mutate_" });
  const workers: Worker[] = [];
  const end = async () => {
    endApart();
    await Promise.all(workers.map((worker) => worker.restart()));
    await Deno.remove(folder, { recursive: true });
  };
  Deno.addSignalListener("SIGINT", () => end().then(() => Deno.exit(130)));
  try {
    const copy = await makeCopy(folder, given);
    const keys = keysOf(copy.all);
    for (const { text } of rows.filter((row) => !copy.all.some(row.matches))) {
      tell(`survivors.md explains no change that there is: ${text}`);
    }
    const mutants = choose(copy.mutants, { given, keys, record, rows });
    tell(
      `${mutants.length} of ${copy.mutants.length} changes, seed ${given.seed}`,
    );
    while (workers.length < given.jobs) workers.push(new Worker(copy.root));
    const coverage = await cover(copy, { workers, record, tell });
    for (const test of coverage.failing) tell(`left out, fails: ${test}`);
    if (given.unreached) tell(formatRows(allUnreached(copy, coverage)));
    else {
      await tryAll(mutants, workers, async (mutant, worker) => {
        const outcome = await tryMutant(mutant, { copy, coverage, worker });
        await record.addFate(keys.get(mutant) ?? "", outcome.fate);
        return outcome;
      });
      tell(formatSummary(recorded(copy.mutants, { keys, record }), rows));
    }
  } finally {
    await end();
  }
  Deno.exit(0);
}

interface Known {
  readonly keys: ReadonlyMap<Mutant, Key>;
  readonly record: RunRecord;
}

/** What earlier runs left unexplained, and as many new ones as requested. */
function choose(
  mutants: readonly Mutant[],
  { given, keys, record, rows }: Known & {
    given: Arguments;
    rows: readonly Row[];
  },
): Mutant[] {
  if (given.lines.length > 0) return sample(mutants, given);
  const left = recorded(mutants, { keys, record })
    .filter((outcome) => isUnnoticed(outcome))
    .map(({ mutant }) => mutant)
    .filter((mutant) => !isExplained(mutant, rows));
  const others = mutants.filter((mutant) =>
    !record.fates.has(keys.get(mutant) ?? "")
  );
  return nearTogether([...left, ...sample(others, given)]);
}

/**
 * Those of one source after another, in each hundred: they have the same tests,
 * which a process has imported already.
 */
function nearTogether(mutants: readonly Mutant[]): Mutant[] {
  const places = new Map(mutants.map((mutant, at) => [mutant, at]));
  const batch = (mutant: Mutant) =>
    Math.floor((places.get(mutant) ?? 0) / BATCH);
  return mutants.toSorted((a, b) =>
    batch(a) - batch(b) || a.file.localeCompare(b.file) || a.line - b.line
  );
}

/** Mutants among which those of one source stand together. */
const BATCH = 100;

/** What this run and earlier ones found out about the sources as they stand. */
function recorded(
  mutants: readonly Mutant[],
  { keys, record }: Known,
): Outcome[] {
  return mutants.flatMap((mutant) => {
    const fate = record.fates.get(keys.get(mutant) ?? "");
    return fate === undefined ? [] : { mutant, fate };
  });
}

function allUnreached({ mutants }: Copy, coverage: Coverage): Outcome[] {
  return mutants.filter((mutant) => !isReached(mutant, coverage))
    .map((mutant) => ({ mutant, fate: "unreached" }));
}

async function tryAll(
  mutants: readonly Mutant[],
  workers: readonly Worker[],
  attempt: (mutant: Mutant, worker: Worker) => Promise<Outcome>,
): Promise<void> {
  const queue = [...mutants];
  let count = 0;
  await Promise.all(workers.map(async (worker) => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const start = performance.now();
      const outcome = await attempt(next, worker);
      const seconds = ((performance.now() - start) / 1000).toFixed(1);
      const at = `${++count}/${mutants.length} ${seconds} s`;
      tell(`${at} ${formatOutcome(outcome)}`);
    }
  }));
}

function tell(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}

if (import.meta.main) await main();
