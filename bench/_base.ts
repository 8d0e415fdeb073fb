/**
 * Handshakes of this build beside those of another revision, in one interleaved
 * run: CPU and garbage, medians and ratios.
 *
 * @module
 */

import {
  answers,
  folder,
  orders,
  ownPeerPort,
  port,
  rsaPort,
} from "./_ends.ts";
import {
  type HandshakeCost,
  type HandshakeKind,
  WARM_UP,
} from "./_handshake_worker.ts";
import config from "../deno.json" with { type: "json" };
import { writeForJsr } from "../tests/_tools/_jsr.ts";
import { readPackage } from "../tests/_tools/_package.ts";
import { type Build, measureStarts, type Start } from "./_start.ts";

/** What came out for one kind of handshake. */
export interface BaseResult {
  readonly kind: HandshakeKind;
  readonly ours: HandshakeCost;
  readonly base: HandshakeCost;
}

/** What came out for all kinds, and for starts. */
export interface BaseResults {
  readonly handshakes: readonly BaseResult[];
  readonly starts: readonly Start[];
}

/** Measures all kinds; `rounds` of each build in turn. */
export async function compareWithBase(
  revision: string,
  rounds: number,
): Promise<BaseResults> {
  const base = `${folder}/base`;
  await git("worktree", "add", "--detach", base, revision);
  try {
    const starts = await measureStarts(await buildsOf(base), rounds);
    const results: BaseResult[] = [];
    for (const kind of KINDS) {
      const costs: Record<"ours" | "base", HandshakeCost[]> = {
        ours: [],
        base: [],
      };
      for (let round = 0; round < rounds; round++) {
        costs.ours.push(await measure(ROOT, kind));
        costs.base.push(await measure(base, kind));
      }
      results.push({
        kind,
        ours: medianOf(costs.ours),
        base: medianOf(costs.base),
      });
    }
    return { handshakes: results, starts };
  } finally {
    await git("worktree", "remove", "--force", base);
  }
}

/** What is published, beside the sources and those of the other revision. */
async function buildsOf(base: string): Promise<readonly Build[]> {
  const published = `${folder}/jsr`;
  await Deno.mkdir(published);
  await writeForJsr(published, await readPackage(config.name));
  return [
    { name: "this build as published at JSR", root: published, door: "mod.js" },
    { name: "this build, the sources", root: ROOT, door: "mod.ts" },
    // Its sources are what was published of it.
    { name: "base, its sources", root: base, door: "mod.ts" },
  ];
}

/** One line for people. */
export function lineOf({ kind, ours, base }: BaseResult): string {
  const pair = (name: keyof HandshakeCost, unit: string, digits: number) =>
    `${ours[name].toFixed(digits)} : ${base[name].toFixed(digits)} ${unit} (${
      (ours[name] / base[name]).toFixed(2)
    })`;
  return `${kind.padEnd(28)} ${pair("cpu", "ms CPU", 2).padEnd(28)} ${
    pair("main", "of the main thread", 2).padEnd(40)
  } ${pair("garbage", "KiB garbage", 0)}`;
}

/**
 * CPU with the collector at work, and garbage in another process with a young
 * generation that holds all of it: none goes uncounted.
 */
async function measure(
  root: string,
  kind: HandshakeKind,
): Promise<HandshakeCost> {
  const { cpu, main } = await run(root, kind, []);
  const { garbage } = await run(root, kind, [
    "--min-semi-space-size=256",
    "--max-semi-space-size=256",
  ]);
  return { cpu, main, garbage };
}

async function run(
  root: string,
  kind: HandshakeKind,
  flags: readonly string[],
): Promise<HandshakeCost> {
  const worker = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--quiet",
      "--no-check",
      "--config",
      `${root}/deno.json`,
      `--v8-flags=${["--expose-gc", ...flags].join()}`,
      new URL("./_handshake_worker.ts", import.meta.url).pathname,
      ...[root, kind, COUNT, folder, port, ownPeerPort, rsaPort].map(String),
    ],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const lines = worker.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const line = async () => (await lines.read()).value ?? "";
  const input = worker.stdin.getWriter();
  if (kind === "server") {
    const listening = Number(await line());
    await shake(listening, WARM_UP);
    await input.write(Uint8Array.of(10));
    await shake(listening, COUNT);
    await input.write(Uint8Array.of(10));
  }
  const cost: HandshakeCost = JSON.parse(await line());
  await input.close().catch(() => {});
  await lines.cancel();
  await worker.status;
  return cost;
}

/** Has the native client of the other process connect `count` times. */
async function shake(port: number, count: number): Promise<void> {
  await orders.write(new TextEncoder().encode(`${port} ${count} 1\n`));
  await answers.read();
}

function medianOf(costs: readonly HandshakeCost[]): HandshakeCost {
  const median = (name: keyof HandshakeCost) =>
    costs.map((cost) => cost[name]).sort((a, b) =>
      a - b
    )[Math.floor(costs.length / 2)] ?? NaN;
  return {
    cpu: median("cpu"),
    main: median("main"),
    garbage: median("garbage"),
  };
}

async function git(...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("git", {
    args: ["-C", ROOT, ...args],
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

const ROOT = new URL("..", import.meta.url).pathname.replace(/\/$/, "");

const COUNT = 200;

const KINDS: readonly HandshakeKind[] = [
  "client, caCerts each time",
  "client, a context",
  "client, RSA-2048 chain",
  "client, resumed",
  "server",
];
