/**
 * Sites by their sources: the numbers of a run change with any source, their
 * order in one source does not.
 *
 * @module
 */

import type { Mutant } from "./_instrument.ts";

/** For each source, which of its sites. */
export type SitesByFile = Readonly<{ [file: string]: readonly number[] }>;

/** Turns numbers of this run into what can be kept, and back. */
export class SiteNames {
  readonly #sites = new Map<string, number[]>();
  readonly #names = new Map<number, readonly [file: string, at: number]>();

  /** @param mutants All of this run. */
  constructor(mutants: readonly Mutant[]) {
    for (const { file, site } of mutants) {
      if (this.#names.has(site)) continue;
      const sites = this.#sites.get(file) ?? [];
      this.#sites.set(file, sites);
      this.#names.set(site, [file, sites.length]);
      sites.push(site);
    }
  }

  /** What can be kept. */
  byFile(sites: readonly number[]): SitesByFile {
    const files: { [file: string]: number[] } = {};
    for (const site of sites) {
      const name = this.#names.get(site);
      if (name !== undefined) (files[name[0]] ??= []).push(name[1]);
    }
    return files;
  }

  /** The numbers in this run. */
  numbers(sites: SitesByFile): number[] {
    return Object.entries(sites).flatMap(([file, places]) =>
      places.flatMap((at) => this.#sites.get(file)?.[at] ?? [])
    );
  }
}
