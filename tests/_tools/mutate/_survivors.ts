/**
 * Reads `survivors.md`: the mutants that no test can notice, with the reasons.
 *
 * @module
 */

import type { Mutant } from "./_instrument.ts";

/** A row of the table. */
export interface Row {
  /** As it stands there. */
  readonly text: string;
  /** Whether it is about a mutant. */
  readonly matches: (mutant: Mutant) => boolean;
}

/** The table's rows, as the file has them. */
export async function readRows(): Promise<Row[]> {
  return parseRows(
    await Deno.readTextFile(new URL("survivors.md", import.meta.url)),
  );
}

/**
 * Reads the rows of tables with the columns where, source, change, and why.
 *
 * @throws {RangeError} If a row names no file, no source or no change.
 */
export function parseRows(markdown: string): Row[] {
  const rows: Row[] = [];
  let isTable = false;
  for (const line of markdown.split("\n")) {
    const cells = cellsOf(line);
    if (cells.length === 0) isTable = false;
    else if (HEADER.every((name, at) => cells[at] === name)) isTable = true;
    else if (isTable && !/^-+$/.test(cells[0] ?? "")) {
      rows.push(parseRow(line, cells));
    }
  }
  return rows;
}

function cellsOf(line: string): string[] {
  if (!line.startsWith("|")) return [];
  return line.split(/(?<!\\)\|/).slice(1, -1)
    .map((cell) => cell.trim().replaceAll("\\|", "|"));
}

function parseRow(
  text: string,
  [where = "", source = "", change = ""]: string[],
) {
  const places = quoted(where);
  const functions = places.filter((place) => place.endsWith("()"))
    .map((place) => place.slice(0, -2));
  const files = places.filter((place) => place.endsWith(".ts"))
    .map((place) => pattern(place.replaceAll("*", "…")));
  const sources = source === "any" ? [/^/] : quoted(source).map(pattern);
  const changes = change.split(",").map((word) => unquoted(word.trim()));
  const isWhole = files.length > 0 && sources.length > 0 &&
    changes.every((word) => word !== "");
  if (!isWhole) throw new RangeError(`Cannot read the row ${text}`);
  return {
    text,
    matches: (mutant: Mutant) =>
      files.some((file) => file.test(mutant.file)) &&
      (functions.length === 0 || functions.includes(mutant.within)) &&
      sources.some((some) => some.test(mutant.text.replace(/\s/g, ""))) &&
      changes.some((word) => isKind(word, mutant.kind)),
  };
}

/** "dropped" is "left of && dropped", and "<" is "< is <=". */
function isKind(word: string, kind: string): boolean {
  return word === "any" || kind === word || kind.endsWith(` ${word}`) ||
    kind.startsWith(`${word} is `);
}

function quoted(cell: string): string[] {
  return [...cell.matchAll(/(`+) ?(.+?) ?\1/g)].map((match) => match[2] ?? "");
}

function unquoted(word: string): string {
  return word.replaceAll("`", "");
}

/** Spaces do not count, and `…` stands for anything. */
function pattern(text: string): RegExp {
  const parts = text.replace(/\s/g, "").split("…").map(RegExp.escape);
  return new RegExp(`^${parts.join(".*")}$`);
}

const HEADER = ["where", "source", "change"];
