/**
 * Writes the package for JSR and for npm into a temporary folder, under the
 * scope of its owner, and checks both. Nothing is published without `--publish`.
 *
 * ```sh
 * deno task publish                             # as @x/tls, which nobody owns
 * deno task publish --scope NAME                # as @NAME/tls
 * deno task publish --scope NAME --out FOLDER   # and keeps what was written
 * deno task publish --scope NAME --publish      # and publishes it
 * ```
 *
 * @module
 */

import config from "../../deno.json" with { type: "json" };
import { checkForJsr, writeForJsr } from "./_jsr.ts";
import { type PackageFiles, readPackage, run } from "./_package.ts";
import { checkTarball } from "./_tarball.ts";
import { pack } from "./pack.ts";

interface Arguments {
  readonly scope: string;
  readonly out: string | undefined;
  readonly isReal: boolean;
}

if (import.meta.main) {
  const { out, ...rest } = parseArguments(Deno.args);
  if (out !== undefined) await Deno.mkdir(out, { recursive: true });
  const folder = out === undefined
    ? await Deno.makeTempDir()
    : await Deno.realPath(out);
  try {
    await publish(folder, rest);
  } catch (error) {
    console.error(String(error));
    Deno.exitCode = 1;
  } finally {
    if (out === undefined) await Deno.remove(folder, { recursive: true });
  }
}

async function publish(
  folder: string,
  { scope, isReal }: Omit<Arguments, "out">,
): Promise<void> {
  const files = await readPackage(`@${scope}/tls`);
  await publishAtJsr(folder, files, isReal);
  await publishAtNpm(folder, files, isReal);
}

async function publishAtJsr(
  folder: string,
  files: PackageFiles,
  isReal: boolean,
): Promise<void> {
  console.log(`\nJSR: ${files.name}@${config.version}`);
  const cwd = `${folder}/jsr`;
  await Deno.mkdir(cwd, { recursive: true });
  await writeForJsr(cwd, files);
  await checkForJsr(`${folder}/jsr-user`, cwd, files);
  const dry = isReal ? [] : ["--dry-run"];
  await run(Deno.execPath(), ["publish", "--allow-dirty", ...dry], cwd);
}

async function publishAtNpm(
  folder: string,
  files: PackageFiles,
  isReal: boolean,
): Promise<void> {
  console.log(`\nnpm: ${files.name}@${config.version}`);
  const tarball = await pack(folder, files);
  if (!await hasNpm()) {
    if (Deno.env.has("X_TLS_REQUIRE_PEERS")) throw new Error("no npm on PATH");
    return console.log("npm is not on PATH: the tarball was not installed.");
  }
  await checkTarball(`${folder}/npm-user`, tarball, files);
  if (isReal) await run("npm", ["publish", "--access=public", tarball], folder);
}

async function hasNpm(): Promise<boolean> {
  try {
    const npm = new Deno.Command("npm", { args: ["--version"] });
    return (await npm.output()).success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Reads the command line. */
export function parseArguments(args: readonly string[]): Arguments {
  let scope = "x";
  let out: string | undefined;
  let isReal = false;
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === "--scope") scope = rest.shift()?.replace(/^@/, "") ?? "";
    else if (arg === "--out") out = rest.shift() ?? "";
    else if (arg === "--publish") isReal = true;
    else throw new TypeError(`Unknown argument "${arg}"; ${USAGE}`);
  }
  if (out === "") throw new TypeError(`--out needs a folder; ${USAGE}`);
  // "@x" stands for the owner's scope: it is too short to exist at JSR.
  const isOwned = /^[a-z][a-z0-9-]{1,19}$/.test(scope);
  if (!isOwned && (scope !== "x" || isReal)) {
    throw new TypeError(
      `Cannot publish under the scope "${scope}": expected 2 to 20 of a-z, 0-9 and "-", the first a letter; ${USAGE}`,
    );
  }
  return { scope, out, isReal };
}

const USAGE = "use --scope NAME, --out FOLDER, --publish";
