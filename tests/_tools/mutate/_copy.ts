/**
 * The copy that is mutated: the working tree itself is never written to.
 *
 * @module
 */

import ts from "typescript";
import { listFiles, ROOT } from "../_files.ts";
import type { Mutant } from "./_instrument.ts";
import {
  instrumentAll,
  isSource,
  isUnder,
  readAll,
  ROOMS,
  TESTED,
} from "./_sources.ts";

/** A copy with mutants in it. */
export interface Copy {
  /** Where it is. */
  readonly root: string;
  /** All mutants that are in it. */
  readonly all: readonly Mutant[];
  /** Those in the requested sources. */
  readonly mutants: readonly Mutant[];
  /**
   * Test files that import any of the requested sources, however indirectly,
   * with a hash of all that they import.
   */
  readonly testFiles: ReadonlyMap<string, string>;
}

/**
 * Copies the working tree into an empty folder, and puts mutants into sources.
 *
 * @param paths Files or folders of sources, from the root of the tree.
 * @param tests Files or folders of tests that alone are run; none for all.
 */
export async function makeCopy(
  folder: string,
  { paths, tests }: { paths: readonly string[]; tests: readonly string[] },
): Promise<Copy> {
  const root = `${folder}/tree`;
  const files = await listFiles();
  for (const file of files) await copyFile(file, root);
  await linkShared(folder);
  const sources = files.filter((file) => isSource(file, paths));
  if (sources.length === 0) {
    throw new RangeError(`Cannot mutate ${paths.join(", ")}: no sources there`);
  }
  // All of them: what tests pass then does not depend on what was requested.
  const all = await mutate(files.filter((file) => isSource(file, ROOMS)), root);
  const testFiles = new Map(
    [...await testsOf(sources, files)]
      .filter(([file]) => tests.length === 0 || isUnder(file, tests)),
  );
  if (testFiles.size === 0) {
    throw new RangeError(
      `Cannot mutate ${paths.join(", ")}: no tests import these sources`,
    );
  }
  const mutants = all.filter(({ file }) => isUnder(file, paths));
  return { root, all, mutants, testFiles };
}

async function copyFile(file: string, root: string): Promise<void> {
  const target = `${root}/${file}`;
  await Deno.mkdir(target.replace(/\/[^/]*$/, ""), { recursive: true });
  await Deno.copyFile(new URL(file, ROOT), target).catch((error) => {
    // Deleted, and git does not know yet.
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
}

/** Some tests look for vectors beside the tree. */
async function linkShared(folder: string): Promise<void> {
  const shared = new URL("../shared", ROOT).pathname;
  const exists = await Deno.stat(shared).then(() => true, () => false);
  if (exists) await Deno.symlink(shared, `${folder}/shared`);
}

async function mutate(
  sources: readonly string[],
  root: string,
): Promise<readonly Mutant[]> {
  const { codes, mutants } = instrumentAll(await readAll(sources));
  for (const [file, code] of codes) {
    await Deno.writeTextFile(`${root}/${file}`, code);
  }
  return mutants;
}

async function testsOf(
  sources: readonly string[],
  files: readonly string[],
): Promise<Map<string, string>> {
  const texts = await readAll(files.filter((file) => file.endsWith(".ts")));
  const imports = new Map(
    [...texts].map(([file, text]) => [file, importsOf(file, text)] as const),
  );
  const tests = new Map<string, string>();
  for (const file of files) {
    if (!isUnder(file, TESTED)) continue;
    if (!file.endsWith("_test.ts") || SLOW.test(file)) continue;
    const reached = closureOf(file, imports);
    if (!sources.some((source) => reached.has(source))) continue;
    tests.set(file, await hashOf([...reached].sort(), texts));
  }
  return tests;
}

function importsOf(file: string, text: string): string[] {
  return ts.preProcessFile(text).importedFiles
    .map(({ fileName }) => fileName)
    .filter((name) => name.startsWith("."))
    .map((name) => new URL(name, `file:///${file}`).pathname.slice(1));
}

/** A file and all that it imports, however indirectly. */
function closureOf(
  file: string,
  imports: ReadonlyMap<string, readonly string[]>,
): Set<string> {
  const reached = new Set([file]);
  // A set's iteration comes to what is added on the way.
  for (const each of reached) {
    for (const next of imports.get(each) ?? []) reached.add(next);
  }
  return reached;
}

async function hashOf(
  files: readonly string[],
  texts: ReadonlyMap<string, string>,
): Promise<string> {
  const all = files.map((file) => `${file}\0${texts.get(file)}`).join("\0");
  const bytes = new TextEncoder().encode(all);
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

/** Tests of the programs of others and of random input that take minutes. */
const SLOW = /_(?:programs|interop|fuzz)_test\.ts$/;
