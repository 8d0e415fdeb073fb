/**
 * Text for people: colours, tables, paragraphs.
 *
 * @module
 */

/** What a piece of text stands for. */
export type Mark = "title" | "good" | "warning" | "bad" | "faint";

/** Marks text, on terminals. */
export type Paint = (mark: Mark, text: string) => string;

/** Leaves text as it is. */
export const plain: Paint = (_, text) => text;

/** Marks text by colours. */
export const coloured: Paint = (mark, text) =>
  `\x1b[${SGR[mark]}m${text}\x1b[0m`;

/** Rows of a label and a value, in two columns; absent values are left out. */
export function table(
  rows: readonly (readonly [string, string | undefined])[],
): string[] {
  const present = rows.filter(([, value]) => value !== undefined);
  const width = Math.max(0, ...present.map(([label]) => label.length));
  return present.map(([label, value = ""]) =>
    `  ${label.padEnd(width)}  ${value}`
  );
}

/** Breaks a text into lines between words. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = "";
    }
    line += line === "" ? word : ` ${word}`;
  }
  return [...lines, line];
}

/** A number with its noun: `"1 day"`, `"2 days"`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

const SGR: Readonly<Record<Mark, number>> = {
  title: 1,
  good: 32,
  warning: 33,
  bad: 31,
  faint: 2,
};
