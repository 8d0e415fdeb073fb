/**
 * The files of the checkout, as git knows them.
 *
 * @module
 */

/** The checkout. */
export const ROOT = new URL("../../", import.meta.url);

/**
 * The files that git tracks, and new ones that it does not ignore.
 *
 * @param args What `git ls-files` takes instead, for another choice.
 * @returns Their paths.
 * @throws {Error} If git fails.
 */
export async function listFiles(
  args: readonly string[] = ["--cached", "--others", "--exclude-standard"],
): Promise<string[]> {
  const { success, stdout, stderr } = await new Deno.Command("git", {
    args: ["ls-files", "-z", ...args],
    cwd: ROOT,
  }).output();
  if (!success) {
    throw new Error(`Cannot list files: ${new TextDecoder().decode(stderr)}`);
  }
  return new TextDecoder().decode(stdout).split("\0").filter(Boolean);
}

/**
 * Copies the files into `folder`, with a link to the vectors beside the checkout.
 *
 * @returns Where the copy is.
 */
export async function copyTree(folder: string): Promise<string> {
  const root = `${folder}/tree`;
  for (const file of await listFiles()) await copyFile(file, root);
  const shared = new URL("../shared", ROOT).pathname;
  const exists = await Deno.stat(shared).then(() => true, () => false);
  if (exists) await Deno.symlink(shared, `${folder}/shared`);
  return root;
}

async function copyFile(file: string, root: string): Promise<void> {
  const target = `${root}/${file}`;
  await Deno.mkdir(target.replace(/\/[^/]*$/, ""), { recursive: true });
  await Deno.copyFile(new URL(file, ROOT), target).catch((error) => {
    // Deleted, and git does not know yet.
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
}
