/**
 * Outcomes as lines and as tables.
 *
 * @module
 */

import type { Mutant } from "./_instrument.ts";
import type { Row } from "./_survivors.ts";
import type { Outcome } from "./_try.ts";

/** One outcome in a line. */
export function formatOutcome({ mutant, fate, by }: Outcome): string {
  const { file, line, kind, text } = mutant;
  const end = by === undefined ? "" : ` — ${by}`;
  return `${fate.padEnd(9)} ${file}:${line} ${kind}: ${text}${end}`;
}

/** What was not noticed and is not explained, and the counts of each room. */
export function formatSummary(
  outcomes: readonly Outcome[],
  rows: readonly Row[],
): string {
  const rooms = Map.groupBy(outcomes, ({ mutant }) => roomOf(mutant));
  const counts = [...rooms].sort(([a], [b]) => a < b ? -1 : 1)
    .concat([["all", [...outcomes]]])
    .map(([room, some]) => formatCounts(room, some, rows));
  return [
    formatRows(outcomes.filter(({ mutant }) => !isExplained(mutant, rows))),
    "",
    "| room | tried | noticed | explained | noticed of the others |",
    "| --- | --- | --- | --- | --- |",
    ...counts,
  ].join("\n");
}

function formatCounts(
  room: string,
  outcomes: readonly Outcome[],
  rows: readonly Row[],
): string {
  const unnoticed = outcomes.filter(isUnnoticed);
  const explained = unnoticed.filter(({ mutant }) => isExplained(mutant, rows));
  const noticed = outcomes.length - unnoticed.length;
  const others = outcomes.length - explained.length;
  const share = (100 * noticed / Math.max(others, 1)).toFixed(1);
  const cells = [room, outcomes.length, noticed, explained.length];
  return `| ${cells.join(" | ")} | ${share} % |`;
}

/** Whether `survivors.md` says why no test can notice it. */
export function isExplained(mutant: Mutant, rows: readonly Row[]): boolean {
  return rows.some((row) => row.matches(mutant));
}

/** What was not noticed, as a table in Markdown. */
export function formatRows(outcomes: readonly Outcome[]): string {
  const unnoticed = outcomes.filter(isUnnoticed)
    .toSorted(({ mutant: a }, { mutant: b }) =>
      a.file.localeCompare(b.file) || a.line - b.line
    );
  const rows = unnoticed.map(({ mutant, fate }) =>
    `| ${mutant.file}:${mutant.line} \`${mutant.within}()\` | ${mutant.kind} | \`${
      mutant.text.replaceAll("|", "\\|")
    }\` | ${fate} |`
  );
  return [
    "",
    "| where | change | source | |",
    "| --- | --- | --- | --- |",
    ...rows,
  ].join("\n");
}

function roomOf({ file }: Mutant): string {
  return file.split("/")[0] ?? "";
}

/** Whether no test noticed it. */
export function isUnnoticed({ fate }: Pick<Outcome, "fate">): boolean {
  return fate === "survived" || fate === "unreached";
}
