/**
 * What a page loads, export by export, is small and as documented.
 *
 * @module
 */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { parseAst } from "rollup/parseAst";
import { markPure } from "./_purity.ts";
import { type ExportSize, exportSizes, sizeTable } from "./_sizes.ts";
import { SIZES } from "./sizes.ts";

/** gzip, in bytes. */
const LIMITS: Readonly<Record<string, number>> = {
  client: 80 * 1024,
  connect: 82 * 1024,
  VERSION: 1000,
  parsePem: 3000,
};

const sizes = await exportSizes();

Deno.test("what one import costs stays below its limit", () => {
  for (const [name, limit] of Object.entries(LIMITS)) {
    const { gzip } = sizeOf(name);
    assert(gzip <= limit, `${name}: ${gzip} bytes instead of ${limit}`);
    assert(gzip > 20, `${name} is empty`);
  }
});

Deno.test("docs/sizes.md is current: else run `deno task docs`", async () => {
  const documented = rowsOf(await Deno.readTextFile(SIZES));
  const measured = rowsOf(sizeTable(sizes));
  assertEquals([...documented.keys()], [...measured.keys()]);
  for (const [name, size] of measured) {
    const known = documented.get(name) ?? 0;
    assert(Math.abs(size - known) <= Math.max(0.2, known * 0.03), name);
  }
});

Deno.test("markPure() marks what bundlers would keep", () => {
  const marked = (code: string) => markPure("a.js", code, parse(code));
  assertEquals(
    marked("const a = 1;\nfunction f() {}"),
    [
      "const a = 1;",
      "function f() {}",
    ].join("\n"),
  );
  assertEquals(
    marked("export const a = f(1), b = [1];"),
    "export const a = /* @__PURE__ */ (() => (f(1)))(), b = [1];",
  );
  assertEquals(
    marked("export class A { static { f(A); } }"),
    "export const A = /* @__PURE__ */ (() => { class A { static { f(A); } } return A; })();",
  );
  // A program's own line is nothing to those who import it.
  const program = "if (import.meta.main) f();";
  assertEquals(marked(program), program);
  assertEquals(
    marked("class A extends B { a = f(); }"),
    [
      "class A extends B { a = f(); }",
    ].join(),
  );
});

Deno.test("markPure() lets a program begin", () => {
  const code = "if (import.meta.main) f();";
  assertEquals(markPure("a.js", code, parse(code)), code);
});

Deno.test("markPure() refuses work that is done when a module is loaded", () => {
  for (
    const code of [
      "f();",
      "a.b = 1;",
      "if (a) f();",
      "if (import.meta.main) f(); else g();",
      "const { a } = b;",
    ]
  ) {
    assertThrows(() => markPure("a.js", code, parse(code)), Error, "a.js does");
  }
});

function parse(code: string) {
  return { ...parseAst(code) };
}

function sizeOf(name: string): ExportSize {
  const found = sizes.find((size) => size.name === name);
  assert(found !== undefined, name);
  return found;
}

/** The gzip column in kB, by door and name. */
function rowsOf(text: string): Map<string, number> {
  return new Map(
    [...text.matchAll(/^\| `(\w+)` +\| `([^`]+)` .* ([\d.]+) kB \|$/gm)]
      .map(([, name, door, size]) => [`${door} ${name}`, Number(size)]),
  );
}
