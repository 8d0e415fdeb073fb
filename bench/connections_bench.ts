/**
 * Many connections at once, and what one of them costs: speed, memory and how
 * late timers are, ours beside the runtime's own TLS and, if wanted, beside a
 * revision of this project. Rounds are interleaved; medians are shown. Each
 * measurement has a process of its own, and the other end another.
 *
 * ```sh
 * deno run -A bench/connections_bench.ts                  # some minutes
 * deno run -A bench/connections_bench.ts --base=HEAD~20   # a revision beside
 * deno run -A bench/connections_bench.ts --quick          # some seconds
 * deno run -A bench/connections_bench.ts receive --rounds=5
 * ```
 *
 * @module
 */

import { issueCertificate } from "../x509/mod.ts";
import type { PeerKind } from "./connections_peer.ts";
import type { Figures, Probe } from "./connections_probe.ts";

/** One row: what is measured, and against which other end. */
interface Row {
  readonly name: string;
  readonly peer?: PeerKind;
  /** What the probe does. */
  readonly probe: Omit<Probe, "port" | "folder" | "root">;
  /** Whether it belongs to a short run. */
  readonly isQuick?: boolean;
}

/** Who is measured: a name, and the folder of the library if it is not native. */
type Column = readonly [name: string, root: string | undefined];

/** How to measure. */
export interface ConnectionsOptions {
  /** Rows whose name has one of these words; all without any. */
  readonly words?: readonly string[];
  /** @default {3} */
  readonly rounds?: number;
  /** A revision of this project to measure beside. */
  readonly base?: string | undefined;
  /** Whether to measure a little of the most important. */
  readonly isQuick?: boolean;
}

/** Measures, prints a table, and writes it to `bench/results/` as JSON. */
export async function benchConnections(
  { words = [], rounds = 3, base, isQuick = false }: ConnectionsOptions,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await writeCertificates(folder);
    const columns: Column[] = [["ours", new URL("..", import.meta.url).href]];
    if (base !== undefined) columns.push([base, await checkOut(base, folder)]);
    columns.push(["native", undefined]);
    const wanted = rows.filter((row) =>
      (row.isQuick || !isQuick) &&
      (words.length === 0 || words.some((word) => row.name.includes(word)))
    );
    const results = [];
    for (const row of wanted) {
      const medians = await measure(row, columns, { rounds, isQuick, folder });
      show(row, columns, medians);
      results.push({ name: row.name, columns: medians });
    }
    await save({ deno: Deno.version, rounds, base, results });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The medians of all rounds, column by column. */
async function measure(
  row: Row,
  columns: readonly Column[],
  { rounds, isQuick, folder }: {
    rounds: number;
    isQuick: boolean;
    folder: string;
  },
): Promise<Record<string, Figures>> {
  await using peer = await startPeer(folder, row.peer ?? "native");
  const all = columns.map(([name]) => [name, [] as Figures[]] as const);
  const size = row.probe.size ?? (isQuick ? 32 : undefined);
  for (let round = 0; round < rounds; round++) {
    for (const [at, [, root]] of columns.entries()) {
      all[at]?.[1].push(
        await probe({
          ...row.probe,
          ...(size === undefined ? {} : { size }),
          ...(root === undefined ? {} : { root }),
          port: peer.port,
          folder,
        }),
      );
    }
  }
  return Object.fromEntries(all.map(([name, runs]) => [name, medians(runs)]));
}

function medians(runs: readonly Figures[]): Figures {
  const names = Object.keys(runs[0] ?? {});
  return Object.fromEntries(names.map((name) => {
    const figures = runs.map((run) => run[name] ?? NaN).sort((a, b) => a - b);
    return [name, figures[figures.length >> 1] ?? NaN];
  }));
}

function show(
  { name }: Row,
  columns: readonly Column[],
  medians: Readonly<Record<string, Figures>>,
): void {
  console.log(`\n${name}`);
  const names = columns.map(([column]) => column);
  const [ours = {}] = names.map((column) => medians[column]);
  console.log(line("", names));
  for (const [figure, value] of Object.entries(ours)) {
    const cells = names.map((column, at) => {
      const other = medians[column]?.[figure] ?? NaN;
      const ratio = at === 0 ? "" : ` (${(value / other).toFixed(2)} ×)`;
      return `${other.toFixed(other < 100 ? 1 : 0)}${ratio}`;
    });
    console.log(line(`  ${figure}`, cells));
  }
}

function line(first: string, cells: readonly string[]): string {
  return first.padEnd(20) + cells.map((cell) => cell.padStart(20)).join("");
}

/** Runs one measurement in a process of its own. */
async function probe(probe: Probe): Promise<Figures> {
  // A young generation that does not grow: up to 48 MiB of garbage, which
  // belong to the process, would count for idle connections.
  const flags = probe.measure === "heap" || probe.measure === "idle"
    ? ["--min-semi-space-size=1", "--max-semi-space-size=1"]
    : [];
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--quiet",
      "--no-check",
      `--v8-flags=${["--expose-gc", ...flags].join()}`,
      new URL("./connections_probe.ts", import.meta.url).href,
      JSON.stringify(probe),
    ],
    stderr: "inherit",
  }).output();
  return success ? JSON.parse(new TextDecoder().decode(stdout)) : {};
}

async function startPeer(folder: string, kind: PeerKind) {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--quiet",
      "--no-check",
      new URL("./connections_peer.ts", import.meta.url).href,
      folder,
      kind,
    ],
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const port = Number((await reader.read()).value);
  return {
    port,
    async [Symbol.asyncDispose]() {
      child.kill();
      await reader.cancel();
      await child.status;
    },
  };
}

async function writeCertificates(folder: string): Promise<void> {
  const ca = await issueCertificate({ names: ["Bench CA"], ca: true });
  const leaf = await issueCertificate({ names: ["localhost"], issuer: ca });
  await Deno.writeTextFile(`${folder}/ca.pem`, ca.cert);
  await Deno.writeTextFile(`${folder}/cert.pem`, leaf.cert);
  await Deno.writeTextFile(`${folder}/key.pem`, leaf.key);
}

/** Unpacks a revision; gives the URL of its folder. */
async function checkOut(revision: string, folder: string): Promise<string> {
  const archive = `${folder}/base.tar`;
  const base = `${folder}/base`;
  await Deno.mkdir(base);
  await run("git", ["archive", "--output", archive, revision]);
  await run("tar", ["-x", "-f", archive, "-C", base]);
  return new URL(`file://${base}/`).href;
}

async function run(program: string, args: string[]): Promise<void> {
  const cwd = new URL("..", import.meta.url);
  const { success, stderr } = await new Deno.Command(program, { args, cwd })
    .output();
  if (success) return;
  throw new Error(`${program} failed: ${new TextDecoder().decode(stderr)}`);
}

async function save(table: unknown): Promise<void> {
  const output = new URL("./results/", import.meta.url);
  await Deno.mkdir(output, { recursive: true });
  await Deno.writeTextFile(
    new URL("connections.json", output),
    JSON.stringify(table, null, 2),
  );
}

const AES = ["TLS_AES_128_GCM_SHA256"];

const rows: readonly Row[] = [
  ...[1, 10, 100, 1000].map((count): Row => ({
    name: `receive, ${count} at once`,
    probe: { measure: "receive", count },
    isQuick: count === 1 || count === 100,
  })),
  ...[1, 100, 1000].map((count): Row => ({
    name: `receive, ${count} at once, AES-GCM`,
    probe: { measure: "receive", count, suites: AES },
  })),
  ...[1, 100].map((count): Row => ({
    name: `send, ${count} at once`,
    probe: { measure: "send", count },
    isQuick: count === 1,
  })),
  {
    name: "send, 1 at once, AES-GCM",
    probe: { measure: "send", count: 1, suites: AES },
  },
  ...(["ours", "node"] as const).flatMap((peer) =>
    (["receive", "send"] as const).map((measure): Row => ({
      name: `${measure}, 1 at once, other end ${peer}`,
      peer,
      probe: { measure, count: 1 },
    }))
  ),
  {
    name: "echo of 100 bytes",
    probe: { measure: "echo", count: 1 },
    isQuick: true,
  },
  ...[false, true].flatMap((caCerts): Row[] => {
    const trust = caCerts ? "caCerts" : "a context";
    return [
      {
        name: `heap of an idle connection, ${trust}`,
        probe: { measure: "heap", count: 300, caCerts },
      },
      {
        name: `memory of an idle connection, ${trust}`,
        probe: { measure: "idle", count: 300, caCerts },
        isQuick: !caCerts,
      },
    ];
  }),
];

function argument(name: string): string | undefined {
  const prefix = `--${name}=`;
  return Deno.args.find((arg) => arg.startsWith(prefix))?.slice(prefix.length);
}

if (import.meta.main) {
  const isQuick = Deno.args.includes("--quick");
  await benchConnections({
    words: Deno.args.filter((arg) => !arg.startsWith("--")),
    rounds: Number(argument("rounds") ?? (isQuick ? 1 : 3)),
    base: argument("base"),
    isQuick,
  });
}
