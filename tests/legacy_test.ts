import { assert, assertEquals } from "@std/assert";
import { isCipherSuite } from "../crypto/suites/cipher_suite.ts";
import { weakCipherSuiteNames } from "../crypto/suites/suite_names.ts";
import * as legacy from "../legacy.ts";
import { importsOf } from "./_tools/_graph.ts";

/** What only `legacy.ts` may reach. */
const WEAK_MODULES = [
  "crypto/primitives/rc4.ts",
  "crypto/primitives/triple_des.ts",
  "crypto/suites/weak_cipher_suites.ts",
  "legacy.ts",
];

/** Paths of all modules of this package that one of them reaches. */
async function reachedBy(entry: string): Promise<string[]> {
  return [...(await importsOf([entry])).keys()];
}

Deno.test("legacy.ts reaches the weak modules", async () => {
  const graph = await reachedBy("legacy.ts");
  for (const module of WEAK_MODULES) assert(graph.includes(module), module);
});

for (const entry of ["mod.ts", "x509/mod.ts"]) {
  Deno.test(`${entry} reaches none of the weak modules`, async () => {
    const graph = await reachedBy(entry);
    assert(graph.length > 10, graph.join(" "));
    for (const module of WEAK_MODULES) assert(!graph.includes(module), module);
  });
}

Deno.test("crypto/suites/lists.ts, names.ts reach none of the weak modules", async () => {
  for (const entry of ["crypto/suites/lists.ts", "crypto/suites/names.ts"]) {
    const graph = await reachedBy(entry);
    assert(graph.includes("crypto/suites/suite_names.ts"));
    for (const module of WEAK_MODULES) assert(!graph.includes(module), module);
  }
});

Deno.test("legacy.ts has each weak suite under its IANA name", () => {
  for (const [name, opensslName] of Object.entries(weakCipherSuiteNames)) {
    const suite: unknown = Reflect.get(legacy, name);
    assert(isCipherSuite(suite), name);
    assertEquals(suite.name, name);
    assertEquals(suite.opensslName, opensslName);
  }
  const suites = Object.values(legacy).filter(isCipherSuite);
  assertEquals(suites.length, Object.keys(weakCipherSuiteNames).length);
});
