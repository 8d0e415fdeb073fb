/**
 * Writes the tarball that npm users install, under the scope of its owner.
 *
 * ```sh
 * deno task pack                             # ./tls-0.1.0.tgz, as @x/tls
 * deno task pack --scope NAME --out FOLDER   # FOLDER/tls-0.1.0.tgz, as @NAME/tls
 * ```
 *
 * @module
 */

import config from "../../deno.json" with { type: "json" };
import { copyForNpm, type PackageFiles, readPackage } from "./_package.ts";
import { packTarball } from "./_tarball.ts";
import { parseArguments } from "./publish.ts";

if (import.meta.main) {
  const { scope, out = ".", isReal } = parseArguments(Deno.args);
  if (isReal) throw new TypeError("Only `deno task publish` takes --publish");
  await Deno.mkdir(out, { recursive: true });
  const tarball = await pack(out, await readPackage(`@${scope}/tls`));
  const { size } = await Deno.stat(tarball);
  console.log(`${tarball}: ${(size / 1000).toFixed()} kB`);
}

/**
 * Packs the package into a folder that there is.
 *
 * @returns The path of the tarball.
 */
export async function pack(
  folder: string,
  files: PackageFiles,
): Promise<string> {
  const tarball = `${await Deno.realPath(folder)}/tls-${config.version}.tgz`;
  const source = await Deno.makeTempDir();
  try {
    await copyForNpm(source, files);
    await packTarball(source, tarball, files);
  } finally {
    await Deno.remove(source, { recursive: true });
  }
  return tarball;
}
