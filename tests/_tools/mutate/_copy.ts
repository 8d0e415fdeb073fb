/**
 * The copy that is mutated: the working tree itself is never written to.
 *
 * @module
 */

import ts from "typescript";
import { listFiles, ROOT } from "../_files.ts";
import {
  type Constants,
  findConstants,
  instrument,
  type Mutant,
  Numbers,
} from "./_instrument.ts";

/** Whose tests count. The others are too slow, or need programs of others. */
const ROOMS = ["handshake", "record", "connection", "x509", "crypto"];

/** A copy with mutants in it. */
export interface Copy {
  /** Where it is. */
  readonly root: string;
  readonly mutants: readonly Mutant[];
  /** Test files that import any of the mutated sources, however indirectly. */
  readonly testFiles: readonly string[];
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
  const mutants = await mutate(sources, root);
  const testFiles = (await testsOf(sources, files))
    .filter((file) => tests.length === 0 || isUnder(file, tests));
  if (testFiles.length === 0) {
    throw new RangeError(
      `Cannot mutate ${paths.join(", ")}: no tests import these sources`,
    );
  }
  return { root, mutants, testFiles };
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

function isSource(file: string, paths: readonly string[]): boolean {
  return file.endsWith(".ts") &&
    isUnder(file, ROOMS) && isUnder(file, paths);
}

function isUnder(file: string, paths: readonly string[]): boolean {
  return paths.some((path) => file === path || file.startsWith(`${path}/`));
}

async function mutate(
  sources: readonly string[],
  root: string,
): Promise<Mutant[]> {
  const numbers = new Numbers();
  const constants: Constants = new Map();
  const mutants: Mutant[] = [];
  const texts = new Map<string, string>();
  for (const file of sources) {
    const text = await Deno.readTextFile(`${root}/${file}`);
    texts.set(file, text);
    const found = findConstants(file, text, numbers);
    for (const [name, site] of found.constants) constants.set(name, site);
    mutants.push(...found.mutants);
  }
  for (const [file, text] of texts) {
    const up = "../".repeat(file.split("/").length - 1);
    const switchUrl = `${up}tests/_tools/mutate/_switch.ts`;
    const made = instrument(file, text, { numbers, constants, switchUrl });
    await Deno.writeTextFile(`${root}/${file}`, made.code);
    mutants.push(...made.mutants);
  }
  return mutants;
}

async function testsOf(
  sources: readonly string[],
  files: readonly string[],
): Promise<string[]> {
  const wanted = new Set(sources);
  const imports = new Map<string, readonly string[]>();
  for (const file of files.filter((file) => file.endsWith(".ts"))) {
    const text = await Deno.readTextFile(new URL(file, ROOT));
    const { importedFiles } = ts.preProcessFile(text);
    imports.set(
      file,
      importedFiles.map(({ fileName }) => fileName)
        .filter((name) => name.startsWith("."))
        .map((name) => new URL(name, `file:///${file}`).pathname.slice(1)),
    );
  }
  return files.filter((file) =>
    ROOMS.some((room) => file.startsWith(`tests/${room}/`)) &&
    file.endsWith("_test.ts") && reaches(file, wanted, imports)
  );
}

function reaches(
  file: string,
  wanted: ReadonlySet<string>,
  imports: ReadonlyMap<string, readonly string[]>,
): boolean {
  const reached = new Set([file]);
  // A set's iteration comes to what is added on the way.
  for (const each of reached) {
    if (wanted.has(each)) return true;
    for (const next of imports.get(each) ?? []) reached.add(next);
  }
  return false;
}
