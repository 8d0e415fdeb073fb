/**
 * The npm package as a user has it installed, made once for all that need it:
 * it is kept by the content that it was made of, outside of the checkout and of
 * the temporary folder.
 *
 * @module
 */

import config from "../../deno.json" with { type: "json" };
import { listFiles, ROOT } from "./_files.ts";
import { readPackage, run } from "./_package.ts";
import { pack } from "./pack.ts";

/**
 * Packs and installs the package, unless it was done for the same content. Others
 * use it at the same time: nothing is to be written into it.
 *
 * @param cache Where such folders are kept.
 * @param install Does it: packs into one folder, and installs in the other.
 * @returns The folder whose `node_modules` has the package.
 */
export async function installedPackage(
  cache: string,
  install: (folder: string) => Promise<void> = packAndInstall,
): Promise<string> {
  await Deno.mkdir(cache, { recursive: true });
  const folder = `${cache}/${await contentHash()}`;
  // Held by one process at a time, and free when that ends in whatever way.
  using lock = await Deno.open(`${cache}/lock`, { create: true, write: true });
  await lock.lock(true);
  if (!await exists(folder)) {
    await removeUnused(cache);
    const draft = await Deno.makeTempDir({ dir: cache, prefix: DRAFT });
    try {
      await install(draft);
      await Deno.rename(draft, folder);
    } catch (error) {
      await Deno.remove(draft, { recursive: true });
      throw error;
    }
  }
  await Deno.utime(folder, new Date(), new Date());
  return folder;
}

async function packAndInstall(folder: string): Promise<void> {
  const tarball = await pack(folder, await readPackage(config.name));
  await Deno.writeTextFile(
    `${folder}/package.json`,
    JSON.stringify({ private: true, type: "module" }),
  );
  // Users bring it with them, for `onUpgrade`.
  const ws = config.imports.ws.replace("npm:", "");
  await run("npm", ["install", "--no-audit", "--no-fund", tarball, ws], folder);
}

/** Of the sources, and of what makes a package of them. */
async function contentHash(): Promise<string> {
  const made = (await listFiles())
    .filter((path) => !/^(tests\/(?!_tools\/)|bench|examples)/.test(path));
  const parts: Uint8Array[] = [];
  const text = new TextEncoder();
  for (const path of made.sort()) {
    const bytes = await Deno.readFile(new URL(path, ROOT)).catch(() => EMPTY);
    parts.push(text.encode(`${path} ${bytes.length}\n`), bytes);
  }
  const all = await new Blob(parts as BlobPart[]).arrayBuffer();
  const hash = await crypto.subtle.digest("SHA-256", all);
  return new Uint8Array(hash).toHex().slice(0, 32);
}

/** Removes what nobody has used for a while, and drafts that were left. */
async function removeUnused(cache: string): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(cache)) {
    if (!isDirectory) continue;
    const { mtime } = await Deno.stat(`${cache}/${name}`);
    const age = Date.now() - (mtime?.getTime() ?? 0);
    if (name.startsWith(DRAFT) || age > KEPT) {
      await Deno.remove(`${cache}/${name}`, { recursive: true });
    }
  }
}

function exists(path: string): Promise<boolean> {
  return Deno.stat(path).then(() => true, () => false);
}

/** A folder that is not complete. */
const DRAFT = "draft-";

/** Milliseconds: another checkout may be at its tests for an hour. */
const KEPT = 6 * 3_600_000;

const EMPTY = new Uint8Array();
