/**
 * What earlier runs found out, in a folder: what came of each mutant, and which
 * tests meet a difference that a mutant makes. Runs add up, and the next one begins at once.
 *
 * @module
 */

import type { FileCoverage } from "./_cover.ts";
import type { Mutant } from "./_instrument.ts";
import type { Fate } from "./_try.ts";

/** A mutant by what it is, wherever the lines of its source go. */
export type Key = string;

/** Their keys. What stands several times in a function is numbered. */
export function keysOf(mutants: readonly Mutant[]): Map<Mutant, Key> {
  const counts = new Map<string, number>();
  return new Map(mutants.map((mutant) => {
    const { file, within, kind, text } = mutant;
    const key = [file, within, kind, text].join(" ~ ");
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    return [mutant, count === 1 ? key : `${key} ~ ${count}`];
  }));
}

/** The coverage of a test file, and the hash of what it was found with. */
export interface KnownCoverage {
  readonly hash: string;
  readonly coverage: FileCoverage;
}

/** The folder. */
export class RunRecord {
  readonly fates: Map<Key, Fate> = new Map();
  readonly coverage: Map<string, KnownCoverage> = new Map();
  readonly #folder: string | undefined;

  private constructor(folder: string | undefined) {
    this.#folder = folder;
  }

  /** Reads a folder, and makes it if there is none; none is kept without one. */
  static async open(folder: string | undefined): Promise<RunRecord> {
    const record = new RunRecord(folder);
    if (folder === undefined) return record;
    await Deno.mkdir(folder, { recursive: true });
    for (
      const { key, fate } of await linesOf<{ key: Key; fate: Fate }>(
        `${folder}/fates.jsonl`,
      )
    ) record.fates.set(key, fate);
    for (
      const { file, ...known } of await linesOf<
        KnownCoverage & { file: string }
      >(`${folder}/differing.jsonl`)
    ) record.coverage.set(file, known);
    return record;
  }

  /** Adds what came of a mutant. */
  async addFate(key: Key, fate: Fate): Promise<void> {
    this.fates.set(key, fate);
    await this.#append("fates.jsonl", { key, fate });
  }

  /** Adds what a test file passes. */
  async addCoverage(file: string, known: KnownCoverage): Promise<void> {
    this.coverage.set(file, known);
    await this.#append("differing.jsonl", { file, ...known });
  }

  async #append(name: string, value: unknown): Promise<void> {
    if (this.#folder === undefined) return;
    await Deno.writeTextFile(
      `${this.#folder}/${name}`,
      `${JSON.stringify(value)}\n`,
      { append: true },
    );
  }
}

/** What this file has written: an object a line. */
async function linesOf<T>(path: string): Promise<T[]> {
  const text = await Deno.readTextFile(path).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  });
  return text.split("\n").filter(Boolean).map((line) => JSON.parse(line));
}
