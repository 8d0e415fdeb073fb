/**
 * Every option occurs in an example: one of `examples/`, or one in the
 * documentation.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { optionNames } from "../../connection/options/table.ts";
import { fences } from "./_fences.ts";
import { ROOT } from "./_graph.ts";

Deno.test("every option of the table occurs in an example", async () => {
  const code = await exampleCode();
  assert(code.length > 20);
  const missing = optionNames.filter((name) =>
    !code.some((text) => isGiven(name, text))
  );
  assertEquals(missing, []);
});

Deno.test("isGiven() finds options that are given, and no others", () => {
  for (const code of ["({ pfx: a })", "({\n  pfx,\n})", "({ pfx(a) {} })"]) {
    assert(isGiven("pfx", code), code);
  }
  for (const code of ["a.pfx", '"pfx"', "pfxs: 1", "apfx: 1", "// pfx: 1"]) {
    assert(!isGiven("pfx", code), code);
  }
});

async function exampleCode(): Promise<string[]> {
  const code = (await fences()).filter(({ info }) => /^ts\b/.test(info))
    .map(({ code }) => code);
  for await (const { name } of Deno.readDir(new URL("examples", ROOT))) {
    if (!name.endsWith(".ts") || name === "demo.ts") continue;
    code.push(await Deno.readTextFile(new URL(`examples/${name}`, ROOT)));
  }
  return code;
}

/** As a member of an object: `name: …`, `name,` on a line, or a method. */
function isGiven(name: string, text: string): boolean {
  const code = text.replace(/\/\/.*|\/\*[\s\S]*?\*\//g, "");
  return new RegExp(
    `(?<![.\\w"'])${name}(?=: )|(?<=[{,]\\s*(?:async )?)${name}(?=,|\\(|\\s*})`,
  ).test(code);
}
