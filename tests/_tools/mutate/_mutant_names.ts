/**
 * Mutants by their sources: the numbers of a run change with any source, their
 * order in one source does not.
 *
 * @module
 */

import type { Mutant } from "./_instrument.ts";

/** For each source, which of its mutants. */
export type MutantsByFile = Readonly<{ [file: string]: readonly number[] }>;

/** Turns numbers of this run into what can be kept, and back. */
export class MutantNames {
  readonly #numbers = new Map<string, number[]>();
  readonly #names = new Map<number, readonly [file: string, at: number]>();

  /** @param mutants All of this run. */
  constructor(mutants: readonly Mutant[]) {
    for (const { file, id } of mutants) {
      const numbers = this.#numbers.get(file) ?? [];
      this.#numbers.set(file, numbers);
      this.#names.set(id, [file, numbers.length]);
      numbers.push(id);
    }
  }

  /** What can be kept. */
  byFile(mutants: readonly number[]): MutantsByFile {
    const files: { [file: string]: number[] } = {};
    for (const mutant of mutants) {
      const name = this.#names.get(mutant);
      if (name !== undefined) (files[name[0]] ??= []).push(name[1]);
    }
    return files;
  }

  /** The numbers in this run. */
  numbers(mutants: MutantsByFile): number[] {
    return Object.entries(mutants).flatMap(([file, places]) =>
      places.flatMap((at) => this.#numbers.get(file)?.[at] ?? [])
    );
  }
}
