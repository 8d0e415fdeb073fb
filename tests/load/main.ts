/**
 * The load in full, with figures:
 *
 * ```sh
 * deno task load
 * deno task load 500
 * ```
 *
 * @module
 */

import { type Memory, runLoad } from "./_load.ts";

const count = Number(Deno.args[0] ?? 2000);

function mebibytes({ heap, rss }: Memory): string {
  const inMiB = (bytes: number) => (bytes / 2 ** 20).toFixed(1);
  return `heap ${inMiB(heap)} MiB, RSS ${inMiB(rss)} MiB`;
}

// The first round warms up what stays: code, pools, tables.
for (const round of ["first", "second", "third"]) {
  const report = await runLoad({ count, maxPendingHandshakes: 256 });
  const lines = [
    `${round} round: ${count} connections, ${report.hostile} of them hostile`,
    `  served ${report.served} of ${count - report.hostile} in ${
      Math.round(report.milliseconds)
    } ms, all first echoes within ${Math.round(report.firstEchoes)} ms`,
    `  at most ${report.mostPending} handshakes under way (limit 256) on ${report.mostSockets} sockets, ${report.mostOpen} connections open`,
    `  hostile clients ended by the server: ${report.ended}; refused: ${
      JSON.stringify(report.refused)
    }`,
    `  before: ${mebibytes(report.before)}; after: ${mebibytes(report.after)}`,
    ...report.failures.slice(0, 5).map((failure) => `  failed: ${failure}`),
  ];
  Deno.stdout.writeSync(new TextEncoder().encode(lines.join("\n") + "\n"));
}
