/**
 * A mutation tester: removes and weakens guards of the sources, one at a time,
 * and tells which of these changes no test notices.
 *
 * ```sh
 * deno task mutate                                   # 50 of all rooms
 * deno task mutate handshake --count 100 --seed 1    # 100 of one room
 * deno task mutate x509/status/crl.ts record --count 500    # of a file and a room
 * deno task mutate handshake/common/peer_verification.ts:106            # all of one line
 * deno task mutate record --unreached       # of all: those that no test gets to
 * deno task mutate record/input.ts:40 --tests tests/record/input_test.ts
 * ```
 *
 * `--count` is how many changes are tried (50), `--seed` which ones (1), and
 * `--jobs` how many processes run (2). Paths are files or folders of sources;
 * without any it is the five rooms. `--tests` names test files or folders that
 * alone are run, to see quickly that a new test notices. It needs git and TypeScript's parser, which
 * comes from npm.
 *
 * What is changed: conditions are negated, hold always or never; `throw`,
 * `return` before the end of a function and calls of checking functions are
 * left out; `<` becomes `<=`, `===` becomes `!==`, and the reverse; an operand
 * of `&&` or `||` is dropped; a numeric constant is a thousand times as much.
 *
 * How: the working tree is copied into a temporary folder, and never written
 * to. In the copy every change is put into the sources at once, behind a switch
 * (`_instrument.ts`). One run of the tests records which of them pass which
 * place; each change is then tried with those tests alone, in a process that
 * has them imported already, and what survives that once more with
 * `deno test` in a process of its own. A test that never ends has noticed.
 * Tests of `tests/interop`, `fuzz`, `load` and `conformance` are not run.
 *
 * Survivors that change nothing that can be seen are in `survivors.md`, with
 * the reason. This is outside CI: it takes minutes for a hundred changes.
 *
 * @module
 */

import { type Copy, makeCopy } from "./_copy.ts";
import { cover, type Coverage } from "./_cover.ts";
import type { Mutant } from "./_instrument.ts";
import { formatOutcome, formatRows, formatSummary } from "./_report.ts";
import { readArguments, sample } from "./_sample.ts";
import { isReached, type Outcome, tryMutant } from "./_try.ts";
import { Worker } from "./_worker.ts";

async function main(): Promise<void> {
  const { paths, lines, tests, unreached, count, seed, jobs } = readArguments(
    Deno.args,
  );
  const folder = await Deno.makeTempDir({ prefix: "x_tls_mutate_" });
  const workers: Worker[] = [];
  const end = async () => {
    await Promise.all(workers.map((worker) => worker.restart()));
    await Deno.remove(folder, { recursive: true });
  };
  Deno.addSignalListener("SIGINT", () => end().then(() => Deno.exit(130)));
  try {
    const copy = await makeCopy(folder, { paths, tests });
    const mutants = sample(copy.mutants, { lines, count, seed });
    tell(`${mutants.length} of ${copy.mutants.length} changes, seed ${seed}`);
    for (let job = 0; job < jobs; job++) workers.push(new Worker(copy.root));
    const coverage = await cover(copy, workers, tell);
    for (const test of coverage.failing) tell(`left out, fails: ${test}`);
    tell(
      unreached ? formatRows(allUnreached(copy, coverage)) : formatSummary(
        await tryAll(
          mutants,
          workers,
          (mutant, worker) => tryMutant(mutant, { copy, coverage, worker }),
        ),
      ),
    );
  } finally {
    await end();
  }
  Deno.exit(0);
}

function allUnreached({ mutants }: Copy, coverage: Coverage): Outcome[] {
  return mutants.filter((mutant) => !isReached(mutant, coverage))
    .map((mutant) => ({ mutant, fate: "unreached" }));
}

async function tryAll(
  mutants: readonly Mutant[],
  workers: readonly Worker[],
  attempt: (mutant: Mutant, worker: Worker) => Promise<Outcome>,
): Promise<Outcome[]> {
  const queue = [...mutants];
  const outcomes: Outcome[] = [];
  await Promise.all(workers.map(async (worker) => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const outcome = await attempt(next, worker);
      outcomes.push(outcome);
      tell(`${outcomes.length}/${mutants.length} ${formatOutcome(outcome)}`);
    }
  }));
  return outcomes;
}

function tell(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}

if (import.meta.main) await main();
