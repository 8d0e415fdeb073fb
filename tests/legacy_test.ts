import { assert, assertEquals } from "@std/assert";
import config from "../deno.json" with { type: "json" };
import { isCipherSuite } from "../crypto/cipher_suite.ts";
import { weakCipherSuiteNames } from "../crypto/suite_names.ts";
import * as legacy from "../legacy.ts";

const ROOT = new URL("../", import.meta.url);

/** What only `legacy.ts` may reach. */
const WEAK_MODULES = [
  "crypto/rc4.ts",
  "crypto/triple_des.ts",
  "crypto/weak_cipher_suites.ts",
  "legacy.ts",
];

/** Paths of all modules of this package that one of them reaches. */
async function graphOf(entry: string): Promise<string[]> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", new URL(entry, ROOT).href],
    cwd: new URL(".", ROOT),
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  const { modules } = JSON.parse(new TextDecoder().decode(stdout)) as {
    modules: { specifier: string; error?: string }[];
  };
  for (const { error } of modules) assertEquals(error, undefined);
  return modules.map((module) => module.specifier)
    .filter((specifier) => specifier.startsWith(ROOT.href))
    .map((specifier) => specifier.slice(ROOT.href.length));
}

Deno.test("legacy.ts reaches the weak modules", async () => {
  const graph = await graphOf("legacy.ts");
  for (const module of WEAK_MODULES) assert(graph.includes(module), module);
});

for (const entry of [config.exports["."], config.exports["./x509"]]) {
  const present = exists(new URL(entry, ROOT));
  Deno.test({
    name: present
      ? `${entry} reaches none of the weak modules`
      : `${entry} reaches none of the weak modules (ignored: no such file)`,
    ignore: !present,
    async fn() {
      const graph = await graphOf(entry);
      assert(graph.length > 10, graph.join(" "));
      for (const module of WEAK_MODULES) {
        assert(!graph.includes(module), module);
      }
    },
  });
}

Deno.test("crypto/lists.ts, names.ts reach none of the weak modules", async () => {
  for (const entry of ["crypto/lists.ts", "crypto/names.ts"]) {
    const graph = await graphOf(entry);
    assert(graph.includes("crypto/suite_names.ts"));
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

function exists(url: URL): boolean {
  try {
    return Deno.statSync(url).isFile;
  } catch {
    return false;
  }
}
