/** That the list of rules in the documentation is the one that is checked. */

import { assert, assertEquals } from "@std/assert";
import { rules } from "../../x509/lint/rules.ts";
import { importsOf, loadedWith } from "./_graph.ts";
import { certificateRules, FILE } from "./certificate_rules.ts";

Deno.test("docs/certificate_rules.md is current", async () => {
  const expected = await certificateRules();
  for (const { id } of rules) assert(expected.includes(`\`${id}\``), id);
  assertEquals(await Deno.readTextFile(FILE), expected);
});

Deno.test("verification loads the rules only where it is strict", async () => {
  const entries = ["mod.ts", "x509/path/verify.ts"];
  const loaded = [...await loadedWith(entries)];
  assert(loaded.includes("x509/path/path_search.ts"));
  assertEquals(loaded.filter((path) => path.startsWith("x509/lint/")), []);
  const search = (await importsOf(entries)).get("x509/path/path_search.ts");
  assert(search?.lazy.includes("x509/path/strict.ts"));
});
