/**
 * Outcomes as lines and as a table.
 *
 * @module
 */

import type { Outcome } from "./_try.ts";

/** One outcome in a line. */
export function formatOutcome({ mutant, fate, by }: Outcome): string {
  const { file, line, kind, text } = mutant;
  const end = by === undefined ? "" : ` — ${by}`;
  return `${fate.padEnd(9)} ${file}:${line} ${kind}: ${text}${end}`;
}

/** What was not noticed, as a table in Markdown, and counts a room. */
export function formatSummary(outcomes: readonly Outcome[]): string {
  const rooms = Map.groupBy(
    outcomes,
    ({ mutant }) => mutant.file.split("/")[0] ?? "",
  );
  const counts = [...rooms, ["all", outcomes] as const].map(([room, some]) => {
    const noticed = some.length - some.filter(isUnnoticed).length;
    const share = (100 * noticed / Math.max(some.length, 1)).toFixed(1);
    return `${room}: ${noticed} of ${some.length} noticed (${share} %)`;
  });
  return [formatRows(outcomes), "", ...counts].join("\n");
}

/** What was not noticed, as a table in Markdown. */
export function formatRows(outcomes: readonly Outcome[]): string {
  const unnoticed = outcomes.filter(isUnnoticed)
    .toSorted(({ mutant: a }, { mutant: b }) =>
      a.file.localeCompare(b.file) || a.line - b.line
    );
  const rows = unnoticed.map(({ mutant, fate }) =>
    `| ${mutant.file}:${mutant.line} | ${mutant.kind} | \`${
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

function isUnnoticed({ fate }: Outcome): boolean {
  return fate === "survived" || fate === "unreached";
}
