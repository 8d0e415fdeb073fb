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
