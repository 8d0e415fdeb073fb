/** That the table of mutants which no test can notice is read as it is meant. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import type { Mutant } from "./_instrument.ts";
import { formatSummary } from "./_report.ts";
import { parseRows, readRows } from "./_survivors.ts";

const HEADER = "| where | source | change | why |\n| --- | --- | --- | --- |\n";

const MUTANT: Mutant = {
  id: 1,
  site: 1,
  file: "record/reader.ts",
  line: 3,
  within: "#open",
  kind: "left of || dropped",
  text: "at < 3 || isLast( record )",
};

for (
  const [cells, expected] of [
    ["| `record/reader.ts` | any | dropped |", true],
    ["| `record/*.ts` | any | any |", true],
    ["| `record/reader.ts`, `#open()` | any | any |", true],
    ["| `record/reader.ts`, `#close()` | any | any |", false],
    ["| `record/writer.ts`, `record/reader.ts` | any | any |", true],
    ["| `record/writer.ts` | any | any |", false],
    ["| `record/reader.ts` | `at < 3 \\|\\| isLast(record)` | any |", true],
    ["| `record/reader.ts` | `at < 3` | any |", false],
    ["| `record/reader.ts` | `at < 3…` | any |", true],
    ["| `record/reader.ts` | `to < 3`, `…isLast(…)` | any |", true],
    ["| `record/reader.ts` | any | always true, dropped |", true],
    ["| `record/reader.ts` | any | always true, `<` |", false],
  ] as const
) {
  Deno.test(`parseRows() reads ${cells}`, () => {
    const rows = parseRows(`${HEADER}${cells} why |\n`);
    assertEquals(rows.map((row) => row.matches(MUTANT)), [expected]);
  });
}

Deno.test("parseRows() refuses a row that is about nothing", () => {
  for (
    const cells of [
      "| record/reader.ts | any | any |",
      "| `record/reader.ts` | | any |",
      "| `record/reader.ts` | any | |",
    ]
  ) assertThrows(() => parseRows(`${HEADER}${cells} why |\n`), RangeError);
});

Deno.test("parseRows() reads no other tables", () => {
  assertEquals(parseRows("| where | change |\n| --- | --- |\n| a | b |\n"), []);
});

Deno.test("formatSummary() counts what is explained apart", () => {
  const rows = parseRows(
    `${HEADER}| \`record/reader.ts\` | any | any | why |\n`,
  );
  const other = { ...MUTANT, file: "x509/crl.ts" };
  const summary = formatSummary([
    { mutant: MUTANT, fate: "survived" },
    { mutant: MUTANT, fate: "noticed" },
    { mutant: other, fate: "unreached" },
    { mutant: other, fate: "timeout" },
    { mutant: other, fate: "noticed" },
  ], rows);
  assertEquals(
    summary.split("\n").filter((line) => line.includes("%")),
    [
      "| record | 2 | 1 | 1 | 100.0 % |",
      "| x509 | 3 | 2 | 0 | 66.7 % |",
      "| all | 5 | 3 | 1 | 75.0 % |",
    ],
  );
  assertEquals(summary.match(/reader/g), null);
  assertEquals(summary.match(/crl/g)?.length, 1);
});

Deno.test("readRows() reads survivors.md", async () => {
  assert((await readRows()).length > 50);
});
