/**
 * What connections use is what was measured to be fastest.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { ROOT } from "./_files.ts";

const page = await Deno.readTextFile(new URL("docs/primitives.md", ROOT));

Deno.test("docs/primitives.md has a date, and a choice for each row", () => {
  assert(/on \d{4}-\d{2}-\d{2}\.$/m.test(page));
  assertEquals(
    [...page.matchAll(/^## (.*)$/gm)].map(([, name]) => name),
    ["Deno", "Node.js 22", "Node.js 26", "Bun", "workerd"],
  );
  const rows = rowsOf(page);
  assert(rows.length > 60, `${rows.length} rows`);
  for (const { runtime, name, chosen } of rows) {
    assert(chosen !== undefined, `${runtime}: ${name}`);
  }
});

Deno.test("what connections use is the fastest, or has a reason", () => {
  for (const { runtime, name, times, chosen } of rowsOf(page)) {
    if (isExempt(runtime, name)) continue;
    const least = Math.min(...times.values());
    const own = times.get(chosen ?? "") ?? Infinity;
    assert(
      own <= least * TOLERANCE,
      `${runtime}, ${name}: ${chosen} takes ${own} µs, and not ${least}`,
    );
  }
});

/** What the page gives reasons for. */
function isExempt(runtime: string, name: string): boolean {
  return name === "ECDSA P-256, sign" ||
    runtime === "Deno" && /4096 bytes|^ECDSA/.test(name);
}

interface Row {
  readonly runtime: string;
  readonly name: string;
  readonly times: ReadonlyMap<string, number>;
  readonly chosen: string | undefined;
}

function rowsOf(page: string): Row[] {
  return page.split(/^## /m).slice(1).flatMap((part) => {
    const [title = "", ...lines] = part.split("\n");
    const cells = lines.filter((line) => line.startsWith("| "))
      .map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
    const [head = [], , ...rows] = cells;
    return rows.map(([name = "", ...figures]) => {
      const times = new Map<string, number>();
      let chosen: string | undefined;
      for (const [nth, text] of figures.entries()) {
        const who = head[nth + 1] ?? "";
        if (text.startsWith("**")) chosen = who;
        const time = Number.parseFloat(text.replaceAll("*", ""));
        if (!Number.isNaN(time)) times.set(who, time);
      }
      return { runtime: title, name, times, chosen };
    });
  });
}

/** What another run on a machine that does other things may differ by. */
const TOLERANCE = 1.7;
