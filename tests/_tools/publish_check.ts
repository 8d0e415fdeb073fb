/**
 * `deno publish --dry-run`, of a copy: the stand-ins for the standard library
 * in `links/` would count as modules of the package that are left out of it,
 * so that the copy has them beside the package and not within.
 *
 * ```sh
 * deno task publish:check
 * ```
 *
 * @module
 */

import config from "../../deno.json" with { type: "json" };

const ROOT = new URL("../../", import.meta.url);

if (import.meta.main) {
  const folder = await Deno.makeTempDir();
  try {
    await copyPackage(folder);
    Deno.exitCode = await dryRun(`${folder}/package`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Copies what Git knows of to `package/`, and the stand-ins to `links/`. */
async function copyPackage(folder: string): Promise<void> {
  for (const path of await trackedFiles()) {
    const target = path.startsWith("links/")
      ? `${folder}/${path}`
      : `${folder}/package/${path}`;
    await Deno.mkdir(target.slice(0, target.lastIndexOf("/")), {
      recursive: true,
    });
    await Deno.copyFile(new URL(path, ROOT), target);
  }
  const links = config.links.map((link) => link.replace("./", "../"));
  await Deno.writeTextFile(
    `${folder}/package/deno.json`,
    JSON.stringify({ ...config, links }, null, 2),
  );
}

async function trackedFiles(): Promise<string[]> {
  const { success, stdout, stderr } = await new Deno.Command("git", {
    args: ["ls-files", "-z"],
    cwd: ROOT,
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout).split("\0").filter(Boolean);
}

async function dryRun(cwd: string): Promise<number> {
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: ["publish", "--dry-run", "--allow-dirty"],
    cwd,
  }).spawn().status;
  return code;
}
