/**
 * Results as a chart: how many times as good as the other column each row is, on
 * a logarithmic axis, in SVG that fits light and dark pages.
 *
 * @module
 */

// @ts-types="@types/d3-scale"
import { scaleLog } from "d3-scale";

/** A row of the chart. */
export interface ChartRow {
  readonly name: string;
  readonly unit: string;
  /** Whether more is better. */
  readonly more: boolean;
  readonly ours: number | undefined;
  readonly native: number | undefined;
}

/**
 * Draws the rows that have both figures.
 *
 * @param title What is compared.
 * @param subtitle Where and when it was measured.
 */
export function chartOf(
  title: string,
  subtitle: string,
  rows: readonly ChartRow[],
): string {
  const bars = rows.flatMap((row) => {
    const times = timesAsGood(row);
    return times === undefined ? [] : [{ row, times }];
  });
  const all = bars.map(({ times }) => times);
  const x = scaleLog(
    [Math.min(0.5, ...all) / 1.3, Math.max(2, ...all) * 1.3],
    [LEFT, WIDTH - RIGHT],
  );
  const height = TOP + bars.length * STEP + BOTTOM;
  const parts = bars.map(({ row, times }, at) =>
    barOf(row, times, { x, y: TOP + at * STEP })
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${
    escaped(title)
  }">
<style>${STYLE}</style>
<text class="title" x="16" y="28">${escaped(title)}</text>
<text x="16" y="48">${escaped(subtitle)}</text>
${gridOf(x, height)}
${parts.join("\n")}
</svg>
`;
}

/** More than 1 is better than the other column; `undefined` if one is missing. */
function timesAsGood({ ours, native, more }: ChartRow): number | undefined {
  if (!ours || !native || ours < 0 || native < 0) return undefined;
  return more ? ours / native : native / ours;
}

type Scale = ReturnType<typeof scaleLog<number, number>>;

function gridOf(x: Scale, height: number): string {
  return [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100]
    .filter((tick) => x(tick) >= LEFT && x(tick) <= WIDTH - RIGHT)
    .map((tick) => {
      const at = x(tick).toFixed(1);
      return `<line class="${
        tick === 1 ? "one" : "grid"
      }" x1="${at}" x2="${at}" y1="${TOP - 6}" y2="${height - BOTTOM}"/>` +
        `<text class="tick" x="${at}" y="${height - 10}">${tick} ×</text>`;
    }).join("\n");
}

function barOf(
  { name, unit, ours, native }: ChartRow,
  times: number,
  { x, y }: { readonly x: Scale; readonly y: number },
): string {
  const from = Math.min(x(1), x(times));
  const width = Math.max(1, Math.abs(x(times) - x(1)));
  const figures = `${figure(times)} ×  (${figure(ours)} : ${
    figure(native)
  } ${unit})`;
  return `<g><title>${escaped(`${name}: ${figures}`)}</title>` +
    `<text x="16" y="${y + 15}">${escaped(name)}</text>` +
    `<rect class="${times >= 1 ? "better" : "worse"}" x="${
      from.toFixed(1)
    }" y="${y + 3}" width="${width.toFixed(1)}" height="${STEP - 8}" rx="2"/>` +
    `<text class="figures" x="${WIDTH - 16}" y="${y + 15}">${
      escaped(figures)
    }</text></g>`;
}

function figure(value: number | undefined): string {
  if (value === undefined) return "–";
  return value < 10 ? value.toFixed(2) : value.toFixed(0);
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (each) => `&#${each.charCodeAt(0)};`);
}

const WIDTH = 1080;
const LEFT = 330;
const RIGHT = 250;
const TOP = 72;
const STEP = 24;
const BOTTOM = 30;

const STYLE = `
:root { --ink: #1d2129; --line: #dfe2e8; --better: #1f7a4d; --worse: #b4540a; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e7ec; --line: #323945; --better: #58c48d; --worse: #f4a56b; } }
text { font: 13px system-ui, sans-serif; fill: var(--ink); }
.title { font-size: 18px; font-weight: 600; }
.tick { text-anchor: middle; } .figures { text-anchor: end; }
.grid { stroke: var(--line); } .one { stroke: var(--ink); }
.better { fill: var(--better); } .worse { fill: var(--worse); }
`;
