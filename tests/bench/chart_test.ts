/**
 * The chart of the measurements.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { chartOf, type ChartRow } from "../../bench/_chart.ts";

const row = (more: boolean, ours?: number, native?: number): ChartRow => ({
  name: "a <b>",
  unit: "MiB/s",
  more,
  ours,
  native,
});

/** Where each bar begins, and what it is. */
function bars(
  svg: string,
): { kind: string | undefined; x: number; width: number }[] {
  return [
    ...svg.matchAll(/<rect class="(\w+)" x="([\d.]+)".* width="([\d.]+)"/g),
  ]
    .map(([, kind, x, width]) => ({
      kind,
      x: Number(x),
      width: Number(width),
    }));
}

Deno.test("chartOf() draws better to the right and worse to the left of 1", () => {
  const svg = chartOf("T & T", "here", [
    row(true, 400, 100),
    row(true, 50, 100),
    row(false, 25, 100),
    row(false, 200, 100),
    row(true, 5, undefined),
    row(true, 0, 100),
  ]);
  const found = bars(svg);
  assertEquals(found.map(({ kind }) => kind), [
    "better",
    "worse",
    "better",
    "worse",
  ]);
  const [four, half, quarter] = found;
  assert(four && half && quarter);
  // Four times as good is as far as a quarter of the time.
  assertEquals([four.x, four.width], [quarter.x, quarter.width]);
  assert(Math.abs(half.x + half.width - four.x) < 0.2);
  assert(Math.abs(four.width - 2 * half.width) < 0.2);
  assert(svg.includes("T &#38; T") && svg.includes("a &#60;b&#62;"));
  assert(svg.includes("4.00 ×  (400 : 100 MiB/s)"));
});

Deno.test("chartOf() draws an empty chart for no rows", () => {
  assertEquals(bars(chartOf("Nothing", "", [])), []);
});
