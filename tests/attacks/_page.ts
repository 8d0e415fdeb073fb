/**
 * The attacks as they stand in the documentation.
 *
 * @module
 */

import { attacks } from "./_attacks.ts";

/** A section for each attack, the oldest first. */
export function attackRows(): string {
  const sorted = attacks.toSorted((a, b) => a.year - b.year);
  return sorted.map(({ name, year, what, why, test }) =>
    `## ${name}, ${year}\n\n${what}\n\n**Here:** ${why}\n\nPlayed by \`${test.file}\`, “${test.title}”.\n`
  ).join("\n");
}
