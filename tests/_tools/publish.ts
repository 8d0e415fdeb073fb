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

async function publish(
  folder: string,
  { scope, isReal }: Omit<Arguments, "out">,
): Promise<void> {
  await refuseEarlier(folder);
  const isNpmThere = await hasNpm();
  const isNeeded = isReal || Deno.env.has("X_TLS_REQUIRE_PEERS");
  if (isNeeded && !isNpmThere) throw new Error("no npm on PATH");
  const files = await readPackage(`@${scope}/tls`);
  const forJsr = await prepareForJsr(folder, files);
  const tarball = await prepareForNpm(folder, files, isNpmThere);
  if (!isReal) return;
  // Both were found to be right: neither is published without the other.
  await converse(Deno.execPath(), ["publish", "--allow-dirty"], forJsr);
  await converse("npm", ["publish", "--access=public", tarball], folder);
}

/**
 * Refuses a folder that has packages of an earlier call: what they had and the
 * new ones do not have would be published as well.
 */
export async function refuseEarlier(folder: string): Promise<void> {
  for await (const { name } of Deno.readDir(folder)) {
    if (!WRITTEN.includes(name)) continue;
    throw new TypeError(
      `Cannot write packages to ${folder}: it has "${name}" already; name another folder`,
    );
  }
}

/** Writes and checks the package for JSR. Returns its folder. */
async function prepareForJsr(
  folder: string,
  files: PackageFiles,
): Promise<string> {
  console.log(`\nJSR: ${files.name}@${config.version}`);
  const root = `${folder}/${JSR}`;
  await Deno.mkdir(root);
  await writeForJsr(root, files);
  await checkForJsr(`${folder}/${JSR_USER}`, root, files);
  await run(Deno.execPath(), ["publish", "--allow-dirty", "--dry-run"], root);
  return root;
}

/** Writes and checks the package for npm. Returns the path of its tarball. */
async function prepareForNpm(
  folder: string,
  files: PackageFiles,
  isNpmThere: boolean,
): Promise<string> {
  console.log(`\nnpm: ${files.name}@${config.version}`);
  const tarball = await pack(folder, files);
  if (isNpmThere) await checkTarball(`${folder}/${NPM_USER}`, tarball, files);
  else console.log("npm is not on PATH: the tarball was not installed.");
  return tarball;
}

/** Runs a program that may ask who publishes. */
async function converse(
  program: string,
  args: readonly string[],
  cwd: string,
): Promise<void> {
  const { success } = await new Deno.Command(program, {
    args: [...args],
    cwd,
    stdin: "inherit",
    stdout: "inherit",
    stderr: "inherit",
  }).spawn().status;
  if (!success) throw new Error(`${program} ${args[0]} failed`);
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

const JSR = "jsr";
const JSR_USER = "jsr-user";
const NPM_USER = "npm-user";

/** The folders that are written. */
const WRITTEN: readonly string[] = [JSR, JSR_USER, NPM_USER];

const USAGE = "use --scope NAME, --out FOLDER, --publish";

// Below the constants, which it needs at once.
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
