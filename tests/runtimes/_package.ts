/**
 * The npm package as a user of another runtime has it, and those runtimes.
 *
 * @module
 */

import { issueCertificate } from "../../x509/mod.ts";
import { build, stop } from "esbuild";
import { startPebble } from "../acme/_pebble.ts";
import { ROOT } from "../_tools/_files.ts";
import { installedPackage } from "../_tools/_installed.ts";
import { runtimesFolder } from "../_tools/_runtimes.ts";

export { runtimesFolder };

/** A runtime that the package is for. */
export interface Runtime {
  readonly name: string;
  /** What runs it. */
  readonly path: string;
}

/** The runtimes: where `npm install` puts each in a folder of its own. */
export const runtimes: readonly Runtime[] = [
  { name: "Node.js 22", path: "node22/node_modules/node/bin/node" },
  { name: "Node.js 24", path: "node24/node_modules/node/bin/node" },
  { name: "Node.js 26", path: "node26/node_modules/node/bin/node" },
  { name: "Bun", path: "bun/node_modules/.bin/bun" },
].map(({ name, path }) => ({ name, path: `${runtimesFolder()}/${path}` }));

/** Why a runtime cannot be tried, if so. */
export function missing({ path }: Runtime): string | undefined {
  // Where nothing may be absent, it is for the test to fail.
  if (Deno.env.get("X_TLS_REQUIRE_PEERS") === "1") return undefined;
  try {
    return Deno.statSync(path).isFile ? undefined : `no file ${path}`;
  } catch {
    return "X_TLS_RUNTIMES names no folder that has it";
  }
}

/**
 * A folder of a user who has the package installed, with the programs: one for
 * each file of tests, all with the same `node_modules`.
 */
export function installed(): Promise<string> {
  return installing ??= prepareUser();
}

let installing: Promise<string> | undefined;

Deno.test.afterAll(async () => {
  const user = await installing;
  if (user !== undefined) await Deno.remove(user, { recursive: true });
});

async function prepareUser(): Promise<string> {
  const shared = await installedPackage(`${runtimesFolder()}/package`);
  const user = await Deno.realPath(await Deno.makeTempDir());
  await Deno.copyFile(`${shared}/package.json`, `${user}/package.json`);
  await Deno.symlink(`${shared}/node_modules`, `${user}/node_modules`);
  for (const name of ["checks", "matrix", "acme", ...PROGRAMS]) {
    const file = `_${name}.mjs`;
    await Deno.copyFile(new URL(file, import.meta.url), `${user}/${file}`);
  }
  await Deno.copyFile(new URL("_own.cjs", import.meta.url), `${user}/own.cjs`);
  await Deno.writeTextFile(`${user}/own_tls.cjs`, await documentedLoader());
  // Only acme() makes one.
  await bundleFile("acme/directory_store.ts", `${user}/directory_store.mjs`);
  const extra = await issueCertificate({ names: ["Extra CA"], ca: true });
  await Deno.writeTextFile(`${user}/extra.pem`, extra.cert);
  return user;
}

/** The loader for a whole program, as users copy it. */
async function documentedLoader(): Promise<string> {
  const docs = await Deno.readTextFile(new URL("docs/node_tls.md", ROOT));
  const [, loader] = /```text\n(const Module[^]*?)```/.exec(docs) ?? [];
  if (loader === undefined) throw new Error("docs/node_tls.md has no loader");
  return loader;
}

/** Bundles one of our modules, which is not a door of the package. */
async function bundleFile(path: string, outfile: string): Promise<void> {
  const { pathname: root } = ROOT;
  try {
    await build({
      entryPoints: [`${root}${path}`],
      alias: { "@std/bytes": `${root}links/std_bytes/mod.ts` },
      bundle: true,
      format: "esm",
      outfile,
      external: ["@noble/*"],
      logLevel: "silent",
    });
  } finally {
    await stop();
  }
}

/** A check of the program. */
export interface Outcome {
  readonly name: string;
  readonly error?: string;
}

/** The programs, by their names. */
export const PROGRAMS = ["program", "http", "node"] as const;

/** Runs a program, which says for each of its checks how it went. */
export async function runProgram(
  { path }: Runtime,
  user: string,
  name: typeof PROGRAMS[number],
): Promise<Outcome[]> {
  const command = new Deno.Command(path, {
    args: [`_${name}.mjs`],
    cwd: user,
    env: { NODE_EXTRA_CA_CERTS: `${user}/extra.pem` },
    stderr: "inherit",
    // Something that keeps it alive would keep the tests from ending.
    signal: AbortSignal.timeout(300_000),
  });
  const { success, stdout } = await command.output();
  const lines = new TextDecoder().decode(stdout).trim().split("\n");
  if (!success) throw new Error(`${path} failed: ${lines.join("\n")}`);
  return lines.map((line) => JSON.parse(line));
}

/** Runs the program of `acme()` with a CA that looks for it at its port. */
export async function runAcme(
  { path }: Runtime,
  user: string,
): Promise<Outcome[]> {
  const command = new Deno.Command(path, {
    args: ["_acme.mjs"],
    cwd: user,
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
    signal: AbortSignal.timeout(120_000),
  });
  await using program = command.spawn();
  const lines = program.stdout.pipeThrough(new TextDecoderStream())
    .pipeThrough(new TextLines()).getReader();
  const { value: port } = await lines.read();
  await using pebble = await startPebble({ tlsPort: Number(port) });
  const { directory, caCert } = pebble;
  const input = program.stdin.getWriter();
  await input.write(
    new TextEncoder().encode(`${JSON.stringify({ directory, caCert })}\n`),
  );
  await input.close();
  const outcomes: Outcome[] = [];
  for (;;) {
    const { done, value } = await lines.read();
    if (done) break;
    outcomes.push(JSON.parse(value));
  }
  const { success } = await program.status;
  if (!success) throw new Error(`${path} failed`);
  return outcomes;
}

/** Texts in pieces, made lines. */
class TextLines extends TransformStream<string, string> {
  constructor() {
    let rest = "";
    super({
      transform(text, controller) {
        const lines = (rest + text).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) controller.enqueue(line);
      },
    });
  }
}
