/**
 * The page with what was measured.
 *
 * @module
 */

import type { Who } from "./_primitives.ts";

/** A row of the table, of one runtime. */
export interface Row {
  readonly name: string;
  readonly inFlight: number;
  /** In microseconds; absent where it cannot be done. */
  readonly times: Readonly<Partial<Record<Who, number>>>;
  /** Who does it in a connection. */
  readonly chosen?: string;
}

/** Writes the page. */
export function page(
  tables: ReadonlyMap<string, readonly Row[]>,
  date: Date,
): string {
  const parts = [HEAD(date)];
  for (const [name, rows] of tables) parts.push(`## ${name}`, tableOf(rows));
  return `${parts.join("\n\n")}\n`;
}

function tableOf(rows: readonly Row[]): string {
  const lines = rows.map(({ name, times, chosen }) => [
    name,
    ...WHO.map((who) => {
      const time = times[who];
      if (time === undefined) return "–";
      const text = time < 10 ? time.toFixed(1) : time.toFixed();
      return who === chosen ? `**${text}**` : text;
    }),
  ]);
  const all = [["µs", ...WHO], ...lines];
  const widths =
    all[0]?.map((_, nth) =>
      Math.max(...all.map((line) => line[nth]?.length ?? 0))
    ) ?? [];
  const draw = (line: readonly string[]) =>
    `| ${
      line.map((cell, nth) =>
        nth === 0
          ? cell.padEnd(widths[nth] ?? 0)
          : cell.padStart(widths[nth] ?? 0)
      ).join(" | ")
    } |`;
  const rule = widths.map((width, nth) =>
    nth === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`
  );
  return [draw(all[0] ?? []), draw(rule), ...lines.map(draw)].join("\n");
}

const WHO: readonly Who[] = ["node:crypto", "WebCrypto", "noble"];

const HEAD = (date: Date) =>
  `# What is fastest where

Microseconds of the implementations that there are in each runtime, on 2 cores:
the least of several rounds in which they take turns. **Bold** is what a
connection uses, as \`listCipherSuites({ implementations: true })\`, \`listGroups()\`
and \`listSignatureSchemes()\` say too. Of records 8 are under way at a time, as
WebCrypto has threads of its own; of all else one is.

The choices are made in \`crypto/primitives/aead.ts\` (records),
\`crypto/groups/ecdh_exchange.ts\` and \`ml_kem.ts\` (key exchange), and
\`crypto/signatures/\` (\`signatures.ts\`, \`signing_key.ts\`). Where bold is not the
least, there is a reason, or noise: other programs ran on the machine, which raises
what goes to another thread most.

- Noble does not sign: the time that JavaScript's large numbers take depends on
  their values, and gives keys away.
- \`node:crypto\` exchanges keys where it is loaded; loading it for that would
  take longer than it gains.

Made by \`deno task bench primitives\` on ${date.toISOString().slice(0, 10)}.`;
