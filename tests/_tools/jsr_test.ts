/**
 * The package for JSR, as a user of Deno has it: it exports what the sources
 * export, with the same documentation, and works.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { ROOT } from "./_files.ts";
import { checkForJsr, namedDeclarations, writeForJsr } from "./_jsr.ts";
import { readPackage } from "./_package.ts";

/** What `deno doc` says of an export. */
interface Documented {
  readonly name: string;
  readonly declarations: readonly {
    readonly kind: string;
    readonly jsDoc?: unknown;
  }[];
}

const user = await Deno.realPath(await Deno.makeTempDir());
const root = `${user}/jsr`;
const files = await readPackage(config.name);
await Deno.mkdir(root);
await writeForJsr(root, files);
const manifest: typeof config = JSON.parse(
  await Deno.readTextFile(`${root}/deno.json`),
);

Deno.test.afterAll(() => Deno.remove(user, { recursive: true }));

Deno.test("the package for JSR shakes hands, and its types are found", async () => {
  await checkForJsr(`${user}/program`, root, files);
});

Deno.test("the package for JSR has the command line", async () => {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-lock", `${root}/cli/main.js`, "--version"],
    cwd: root,
  }).output();
  assertEquals(new TextDecoder().decode(stdout).trim(), config.version);
});

Deno.test("the package for JSR exports the names of the sources, with their documentation", async () => {
  assertEquals(Object.keys(manifest.exports), Object.keys(config.exports));
  const published = await documentation(Object.values(manifest.exports), root);
  const sources = await documentation(Object.values(config.exports), ROOT);
  for (const [at, path] of Object.values(config.exports).entries()) {
    assert((sources[at]?.length ?? 0) > 0, path);
    assert(JSON.stringify(sources[at]).includes('"doc":'), path);
    assertEquals(published[at], sources[at], path);
  }
});

Deno.test("the package for JSR has values for the names that it declares", async () => {
  for (const [door, path] of Object.entries(config.exports)) {
    const published = manifest.exports[door as keyof typeof config.exports];
    const names = (module: object) => Object.keys(module).sort();
    assertEquals(
      names(await import(new URL(published, `file://${root}/`).href)),
      names(await import(new URL(path, ROOT).href)),
      path,
    );
  }
});

Deno.test("the source maps of the package for JSR lead to its sources", async () => {
  let count = 0;
  for (const folder of ["", "chunks/", "x509/", "node/tls/"]) {
    for (const { name } of Deno.readDirSync(`${root}/${folder}`)) {
      if (!name.endsWith(".js.map")) continue;
      const file = `${root}/${folder}${name}`;
      const map = JSON.parse(await Deno.readTextFile(file));
      const code = await Deno.readTextFile(file.replace(/\.map$/, ""));
      // Deno would read the map whenever it loads the module.
      assert(!code.includes("sourceMappingURL"), name);
      // V8 keeps other text in two bytes for each character.
      assert(/^[\0-\x7f]*$/.test(code), name);
      assertEquals(map.sourcesContent, undefined);
      for (const source of map.sources) {
        const { pathname } = new URL(source, `file://${file}`);
        assert(pathname.startsWith(`${root}/src/`), pathname);
        assert(Deno.statSync(pathname).isFile);
        count++;
      }
    }
  }
  assert(count > 300, `${count}`);
});

Deno.test("the package for JSR names what it imports", () => {
  assertEquals(
    manifest.imports["@noble/hashes"],
    config.imports["@noble/hashes"],
  );
  assertEquals("rollup" in manifest.imports, false);
});

Deno.test("namedDeclarations() names files of declarations", () => {
  assertEquals(
    namedDeclarations(
      'import { a } from "./a.js";\ntype B = import("../b/c.js").B;\nimport "node:net";',
    ),
    'import { a } from "./a.d.ts";\ntype B = import("../b/c.d.ts").B;\nimport "node:net";',
  );
});

/** Names, kinds and comments of what modules export, each sorted. */
async function documentation(
  paths: readonly string[],
  cwd: string | URL,
): Promise<object[][]> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", ...paths],
    cwd,
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  const { nodes }: { nodes: Record<string, { symbols: Documented[] }> } = JSON
    .parse(new TextDecoder().decode(stdout));
  return paths.map((path) => {
    const [, module] = Object.entries(nodes)
      .find(([url]) => url.endsWith(path.slice(1))) ?? [];
    return (module?.symbols ?? []).map(({ name, declarations }) => ({
      name,
      // What implements overloads is in the sources alone, without a comment.
      declarations: declarations.filter(({ jsDoc }) => jsDoc !== undefined)
        .map(({ kind, jsDoc }) => ({ kind, jsDoc })),
    })).sort((a, b) => a.name.localeCompare(b.name, "en"));
  });
}
