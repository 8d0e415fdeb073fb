/**
 * Fuzzing from the command line, until it is stopped:
 *
 * ```sh
 * deno task fuzz
 * deno task fuzz --target="wire 1.3" --seed=7 --seconds=60
 * deno task fuzz --target=codecs --seed=7 --case=1234
 * ```
 *
 * @module
 */

import { countOperations } from "./_quiet.ts";
import { runCase, targetOf, targets, watchRejections } from "./_targets.ts";
import { growth, type Summary, watch } from "./_watch.ts";

const options = new Map(
  Deno.args.map((arg) => {
    const [name = "", ...value] = arg.replace(/^--/, "").split("=");
    return [name, value.join("=")];
  }),
);
const seed = Number(
  options.get("seed") ?? crypto.getRandomValues(
    new Uint32Array(1),
  )[0],
);
const wanted = options.get("target") ?? "";

function say(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(text));
}

function total({ counts }: Summary): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

/** One case again, with all that it says. */
async function replay(index: number): Promise<void> {
  countOperations();
  watchRejections();
  const target = targetOf(wanted);
  const outcome = await runCase(target, { target: wanted, seed, index });
  say(`${outcome}\n`);
}

async function fuzz(): Promise<void> {
  const started = performance.now();
  const summary = await watch({
    targets: targets.map(({ name }) => name)
      .filter((name) => name.includes(wanted)),
    seed,
    firstCase: 0,
    cases: Number(options.get("cases") ?? Infinity),
    milliseconds: Number(options.get("seconds") ?? Infinity) * 1000,
  }, (summary) => {
    const seconds = Math.round((performance.now() - started) / 1000);
    const heap = Math.round((summary.heap.at(-1) ?? 0) / 2 ** 20);
    say(
      `\rseed ${seed}: ${
        total(summary)
      } inputs in ${seconds} s, ${summary.outcomes} outcomes, ${summary.findings.length} findings, heap ${heap} MiB `,
    );
  });
  say("\n");
  for (const [name, count] of Object.entries(summary.counts)) {
    say(`${count}\t${name}\n`);
  }
  const grown = growth(summary.heap) / 2 ** 20;
  say(`${total(summary)} inputs; heap grew by ${grown.toFixed(1)} MiB\n`);
  for (const finding of summary.findings) say(`\n${finding}\n`);
  if (summary.findings.length > 0) Deno.exit(1);
}

const index = options.get("case");
await (index === undefined ? fuzz() : replay(Number(index)));
