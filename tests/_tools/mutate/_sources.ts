/**
 * The sources that are mutated, and all of their mutants.
 *
 * @module
 */

import { ROOT } from "../_files.ts";
import {
  type Constants,
  findConstants,
  instrument,
  type Mutant,
  Numbers,
} from "./_instrument.ts";

/** The rooms whose sources are mutated. */
export const ROOMS = ["handshake", "record", "connection", "x509", "crypto"];

/** Where tests are that are run. Others are too slow, or need programs of others. */
export const TESTED = [...ROOMS, "http"].map((room) => `tests/${room}`);

/** Whether a file is a source of these rooms, and under one of some paths. */
export function isSource(file: string, paths: readonly string[]): boolean {
  return file.endsWith(".ts") && isUnder(file, ROOMS) && isUnder(file, paths);
}

/** Whether a file is one of some paths, or in one of them. */
export function isUnder(file: string, paths: readonly string[]): boolean {
  return paths.some((path) => file === path || file.startsWith(`${path}/`));
}

/** The texts of files of the checkout. */
export async function readAll(
  files: readonly string[],
): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  for (const file of files) {
    texts.set(file, await Deno.readTextFile(new URL(file, ROOT)));
  }
  return texts;
}

/** Rewrites sources, each with all of its mutants in it. */
export function instrumentAll(
  texts: ReadonlyMap<string, string>,
): { codes: Map<string, string>; mutants: readonly Mutant[] } {
  const numbers = new Numbers();
  const constants: Constants = new Map();
  const mutants: Mutant[] = [];
  for (const [file, text] of texts) {
    const found = findConstants(file, text, numbers);
    for (const [name, site] of found.constants) constants.set(name, site);
    mutants.push(...found.mutants);
  }
  const codes = new Map<string, string>();
  for (const [file, text] of texts) {
    const up = "../".repeat(file.split("/").length - 1);
    const switchUrl = `${up}tests/_tools/mutate/_switch.ts`;
    const made = instrument(file, text, { numbers, constants, switchUrl });
    codes.set(file, made.code);
    mutants.push(...made.mutants);
  }
  return { codes, mutants };
}
