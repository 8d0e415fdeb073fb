/**
 * `docs/features.md`, row by row: each has an example that is run, and that shows
 * what the row names.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { fencesOf } from "./_fences.ts";
import { ROOT } from "./_graph.ts";

/** The sections, with the number of their rows: none is lost unseen. */
const ROWS: Readonly<Record<string, number>> = {
  "Connections and streams": 22,
  "Versions, suites, groups, signatures": 22,
  "Certificates and trust": 27,
  "Sessions and pre-shared keys": 12,
  "A choice for each connection": 7,
  "After the handshake": 8,
  "What can be seen": 8,
  "Safety": 5,
  "Everywhere": 4,
};

const rows = rowsOf(await read("docs/features.md"));

Deno.test("docs/features.md has every row", () => {
  const counts: Record<string, number> = {};
  for (const { section } of rows) counts[section] = (counts[section] ?? 0) + 1;
  assertEquals(counts, ROWS);
  assertEquals(new Set(rows.map(({ what }) => what)).size, rows.length);
});

Deno.test("every row has an example that is run, and that shows its names", async () => {
  const wrong: string[] = [];
  for (const { what, names, links } of rows) {
    const codes = await Promise.all(links.map(codeBehind));
    if (codes.length === 0 || codes.includes("")) wrong.push(what);
    const code = codes.join("\n");
    wrong.push(
      ...names.filter((name) => !hasName(code, name))
        .map((name) => `${what}: ${name}`),
    );
  }
  assertEquals(wrong, []);
});

Deno.test("the code behind a link is what is run, and nothing else", async () => {
  assertEquals(await codeBehind("../examples/none.ts"), "");
  assertEquals(await codeBehind("../tests/none_test.ts"), "");
  assertEquals(await codeBehind("recipes.md#none"), "");
  // Its only example needs a server that is not there.
  assertEquals(await codeBehind("recipes.md#which-address-to-dial"), "");
  assert(hasName(await codeBehind("recipes.md#sizes"), "maxFragmentSize"));
  assert(
    hasName(await codeBehind("#defaults-for-later-calls"), "createContext"),
  );
  assert(!hasName("createContexts", "createContext"));
});

interface Row {
  readonly section: string;
  readonly what: string;
  readonly names: readonly string[];
  readonly links: readonly string[];
}

/** The rows of the tables below "Row by row". */
function rowsOf(text: string): Row[] {
  const [, table = ""] = /\n## Row by row\n([\s\S]*?)\n## /.exec(text) ?? [];
  return table.split("\n### ").slice(1).flatMap((part) => {
    const [section = "", ...lines] = part.split("\n");
    const cells = lines.filter((line) => line.startsWith("| "))
      .map((line) => line.split("|").map((cell) => cell.trim()));
    // The first two are the head.
    return cells.slice(2).map(([, what = "", names = "", example = ""]) => ({
      section,
      what,
      names: [...names.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name),
      links: [...example.matchAll(/\]\(([^)]+)\)/g)].map(([, to = ""]) => to),
    }));
  });
}

/** The code that is run behind a link; `""` if there is none. */
async function codeBehind(link: string): Promise<string> {
  const [file = "", heading] = link.split("#");
  if (heading === undefined) {
    const path = file.replace(/^\.\.\//, "");
    return isRun(path) ? await read(path) : "";
  }
  const path = `docs/${file || "features.md"}`;
  const section = (await read(path)).split(/\n(?=##+ )/)
    .find((part) => anchorOf(part) === heading);
  return fencesOf(path, section ?? "").filter(({ info }) => info === "ts")
    .map(({ code }) => code).join("\n");
}

/** `tests/examples_test.ts` runs each example. */
function isRun(path: string): boolean {
  return /^examples\/\w+\.ts$|^tests\/.+_test\.ts$/.test(path);
}

function anchorOf(section: string): string {
  const [, heading = ""] = /^##+ (.*)/.exec(section) ?? [];
  return heading.toLowerCase().replace(/[^\w\s-]/g, "").replaceAll(" ", "-");
}

function hasName(code: string, name: string): boolean {
  return new RegExp(`(?<![\\w-])${name}(?![\\w-])`).test(code);
}

async function read(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(new URL(path, ROOT));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}
