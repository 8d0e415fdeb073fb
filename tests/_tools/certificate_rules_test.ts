/** That the list of rules in the documentation is the one that is checked. */

import { assert, assertEquals } from "@std/assert";
import { rules } from "../../x509/lint/rules.ts";
import { modulesOf, ROOT } from "./_graph.ts";
import { certificateRules, FILE } from "./certificate_rules.ts";

Deno.test("docs/certificate_rules.md is current", async () => {
  const expected = await certificateRules();
  for (const { id } of rules) assert(expected.includes(`\`${id}\``), id);
  assertEquals(await Deno.readTextFile(FILE), expected);
});

Deno.test("mod.ts loads the rules only where a verification is strict", async () => {
  const { static: loaded, dynamic } = await loadedBy("mod.ts");
  assertEquals(loaded.filter((path) => path.startsWith("x509/lint/")), []);
  assert(loaded.includes("x509/path/path_search.ts"));
  assertEquals(dynamic.sort(), [
    "acme/challenge_identity.ts",
    "acme/manager.ts",
    "x509/path/strict.ts",
    "x509/trust/mozilla_roots.ts",
  ]);
});

/** The modules that a door loads, and those that they may load later. */
async function loadedBy(
  door: string,
): Promise<{ static: string[]; dynamic: string[] }> {
  const modules = await modulesOf(door);
  const found = new Set([new URL(door, ROOT).href]);
  const dynamic = new Set<string>();
  // A set's iteration comes to what is added on the way.
  for (const specifier of found) {
    const module = modules.find((one) => one.specifier === specifier);
    for (const { code, isDynamic } of module?.dependencies ?? []) {
      if (code?.specifier === undefined) continue;
      (isDynamic ? dynamic : found).add(code.specifier);
    }
  }
  const paths = (set: Set<string>) =>
    [...set].filter((specifier) => specifier.startsWith(ROOT.href))
      .map((specifier) => specifier.slice(ROOT.href.length));
  return { static: paths(found), dynamic: paths(dynamic) };
}
