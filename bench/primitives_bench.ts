/**
 * Implementations of the primitives beside one another, in each runtime that is
 * here: rounds in turns, the least of each. Writes the table that the choices in
 * `crypto/` are made from.
 *
 * ```sh
 * deno task bench primitives             # docs/primitives.md, some minutes
 * deno task bench primitives --rounds=9
 * deno task bench primitives --print     # shows the table alone
 * ```
 *
 * @module
 */

import { build, type Plugin, stop } from "esbuild";
import { ROOT } from "../tests/_tools/_files.ts";
import { startWorker } from "../tests/runtimes/_web.ts";
import type { Who } from "./_primitives.ts";
import { page, type Row } from "./_primitives_page.ts";
import { hereOf, RUNTIMES, WORKERD } from "./_runtimes.ts";

/** Finds noble where Deno keeps it. */
const noble: Plugin = {
  name: "noble",
  setup(build) {
    build.onResolve({ filter: /^@noble\// }, ({ path }) => ({
      path: new URL(import.meta.resolve(path)).pathname,
    }));
  },
};

const rounds = Number(
  Deno.args.find((each) => each.startsWith("--rounds="))?.split("=")[1] ?? 25,
);
const folder = await Deno.makeTempDir();
try {
  await bundle();
  const tables = new Map<string, readonly Row[]>();
  for (const { name, path } of hereOf(RUNTIMES)) {
    tables.set(name, await measured(path));
  }
  for (const { name } of hereOf([WORKERD])) {
    tables.set(name, await measuredInWorker());
  }
  const text = page(tables, new Date());
  if (Deno.args.includes("--print")) console.log(text);
  else await Deno.writeTextFile(new URL("docs/primitives.md", ROOT), text);
} finally {
  await Deno.remove(folder, { recursive: true });
}
Deno.exit();

/** Makes a program and a Worker of the sources, with noble in them. */
async function bundle(): Promise<void> {
  const { pathname: root } = ROOT;
  try {
    await build({
      entryPoints: [
        { in: `${root}bench/_primitives_program.ts`, out: "program" },
        { in: `${root}bench/_primitives_worker.ts`, out: "worker" },
      ],
      alias: {
        "@std/bytes": `${root}links/std_bytes/mod.ts`,
        "@std/streams": `${root}links/std_streams/mod.ts`,
      },
      bundle: true,
      format: "esm",
      outdir: folder,
      outExtension: { ".js": ".mjs" },
      external: ["node:*"],
      plugins: [noble],
      logLevel: "error",
    });
  } finally {
    await stop();
  }
  await Deno.rename(`${folder}/worker.mjs`, `${folder}/worker.js`);
}

async function measured(path: string): Promise<Row[]> {
  const isDeno = path === Deno.execPath();
  const { success, stdout, stderr } = await new Deno.Command(path, {
    args: [
      ...isDeno ? ["run", "-A", "--quiet", "--no-config"] : [],
      `${folder}/program.mjs`,
      String(rounds),
    ],
  }).output();
  const text = new TextDecoder();
  if (!success) throw new Error(text.decode(stderr));
  return JSON.parse(text.decode(stdout));
}

async function measuredInWorker(): Promise<Row[]> {
  await using worker = await startWorker(folder, ["worker.js"]);
  const ask = async (query: string) => {
    const response = await fetch(`${worker.url}?${query}`);
    return { ok: response.ok, text: await response.text() };
  };
  const rows: Row[] = [];
  const count = Number((await ask("row=-1")).text);
  for (let row = 0; row < count; row++) {
    const { name, inFlight, by, chosen } = JSON.parse(
      (await ask(`row=${row}`)).text,
    );
    const times: Partial<Record<Who, number>> = {};
    for (const who of by as Who[]) {
      const time = await leastOf((count) =>
        ask(`row=${row}&by=${who}&count=${count}`)
      );
      if (time !== undefined) times[who] = time;
    }
    rows.push({ name, inFlight, times, chosen });
  }
  return rows;
}

/** What one takes, without what a request takes. */
async function leastOf(
  ask: (count: number) => Promise<{ ok: boolean }>,
): Promise<number | undefined> {
  const time = async (count: number) => {
    const start = performance.now();
    const { ok } = await ask(count);
    return ok ? performance.now() - start : Infinity;
  };
  const count = 40;
  await time(count);
  let [least, empty] = [Infinity, Infinity];
  for (let round = 0; round < rounds; round++) {
    empty = Math.min(empty, await time(0));
    least = Math.min(least, await time(count));
    if (least === Infinity) return undefined;
  }
  return Math.max(0, least - empty) / count * 1000;
}
