/**
 * Ours and Deno's native TLS side by side, in one run: interleaved rounds,
 * medians, ratios. The other end is a process of its own with native TLS.
 *
 * ```sh
 * deno task bench                   # all of it, some minutes
 * deno task bench receive echo      # rows whose name has one of these words
 * deno task bench --rounds=3
 * deno task bench --base=059b3f1    # handshakes and connections beside a revision's
 * ```
 *
 * Absolute figures move from machine to machine and run to run: look at the
 * ratios. The table is written to `bench/results/` as well: as JSON, and as a
 * chart in SVG.
 *
 * @module
 */

import { compareWithBase, lineOf } from "./_base.ts";
import { chartOf } from "./_chart.ts";
import { measureFloors } from "./_floor.ts";
import { lineOfStart } from "./_start.ts";
import { end, type Kind } from "./_ends.ts";
import { benchConnections } from "./connections_bench.ts";
import { type Row, rows } from "./_rows.ts";

/** A row with what came out. */
interface Result {
  readonly name: string;
  readonly unit: string;
  readonly more: boolean;
  readonly goal: string;
  readonly ours: number | undefined;
  readonly native: number | undefined;
}

async function run(row: Row, rounds: number): Promise<Result> {
  const [left, right] = row.pair ?? ["ours", "native"];
  const figures: number[][] = [[], []];
  for (let round = 0; round < Math.min(rounds, row.rounds ?? rounds); round++) {
    for (const [column, kind] of [left, right].entries()) {
      const figure = row.isolated === undefined
        ? await row.measure(kind)
        : await isolated(row.name, kind, row.isolated);
      if (figure !== undefined) figures[column]?.push(figure);
    }
  }
  const { name, unit, more, goal } = row;
  return {
    name,
    unit,
    more,
    goal,
    ours: median(figures[0] ?? []),
    native: median(figures[1] ?? []),
  };
}

/** Runs one measurement in a process of its own. */
async function isolated(
  name: string,
  kind: Kind,
  flags: readonly string[],
): Promise<number | undefined> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--quiet",
      `--v8-flags=${["--expose-gc", ...flags].join()}`,
      import.meta.url,
      `--row=${name}`,
      `--kind=${kind}`,
    ],
  }).output();
  const figure = Number(new TextDecoder().decode(stdout).trim() || NaN);
  return Number.isNaN(figure) ? undefined : figure;
}

function median(figures: number[]): number | undefined {
  return figures.sort((a, b) => a - b)[Math.floor(figures.length / 2)];
}

function show({ name, unit, goal, ours, native }: Result): void {
  const figure = (value: number | undefined) =>
    value === undefined ? "–" : value.toFixed(value < 10 ? 2 : 0);
  const ratio = ours === undefined || !native
    ? "–"
    : (ours / native).toFixed(2);
  console.log(
    [
      name.padEnd(45),
      figure(ours).padStart(8),
      figure(native).padStart(8),
      unit.padEnd(6),
      ratio.padStart(6),
      ` ${goal}`,
    ].join(" "),
  );
}

function argument(name: string): string | undefined {
  const prefix = `--${name}=`;
  return Deno.args.find((arg) => arg.startsWith(prefix))?.slice(prefix.length);
}

const only = rows.find((row) => row.name === argument("row"));
if (only !== undefined) {
  console.log(await only.measure(argument("kind") as Kind));
  await end();
}

const rounds = Number(argument("rounds") ?? 5);
const base = argument("base");
if (base !== undefined) {
  const results = await compareWithBase(base, rounds);
  console.log(`this build : ${base} (ratio)`);
  for (const result of results.handshakes) console.log(lineOf(result));
  for (const start of results.starts) console.log(lineOfStart(start));
  const floors = await measureFloors(rounds);
  for (const [name, cpu] of Object.entries(floors)) {
    console.log(
      `the platform's cryptography, ${name}: ${cpu.toFixed(2)} ms CPU`,
    );
  }
  await save("base.json", {
    deno: Deno.version,
    base,
    rounds,
    results,
    floors,
  });
  await end();
}

const words = Deno.args.filter((arg) => !arg.startsWith("--"));
console.log(
  `${"".padEnd(45)} ${"ours".padStart(8)} ${
    "native".padStart(8)
  }        ratio  goal`,
);
const results: Result[] = [];
for (const row of rows) {
  if (words.length > 0 && !words.some((word) => row.name.includes(word))) {
    continue;
  }
  const result = await run(row, rounds);
  show(result);
  results.push(result);
}
await save("latest.json", { deno: Deno.version, rounds, results });
await write(
  "latest.svg",
  chartOf(
    "@x/tls beside the runtime's own TLS: times as good",
    `Deno ${Deno.version.deno}, ${Deno.build.arch}, medians of ${rounds} rounds; in brackets ours : native, or as a row says`,
    results,
  ),
);
await benchConnections({
  words,
  rounds: Math.min(rounds, 3),
  base: argument("base"),
});
await end();

/** Writes what came out to `bench/results/`. */
async function save(name: string, content: object): Promise<void> {
  await write(name, JSON.stringify(content, null, 2));
}

async function write(name: string, text: string): Promise<void> {
  const output = new URL("./results/", import.meta.url);
  await Deno.mkdir(output, { recursive: true });
  await Deno.writeTextFile(new URL(name, output), text);
}
