/**
 * What the package is made of on its way to JSR and npm. The publishing itself
 * is tried by `deno task publish`.
 *
 * @module
 */

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { readPackage, withStandIns } from "./_package.ts";
import { mendDeclaration } from "./_tarball.ts";
import { parseArguments, refuseEarlier } from "./publish.ts";

Deno.test("publish parses its arguments", () => {
  const dry = { scope: "x", out: undefined, isReal: false };
  assertEquals(parseArguments([]), dry);
  assertEquals(
    parseArguments(["--scope", "@some-name", "--publish"]),
    { ...dry, scope: "some-name", isReal: true },
  );
  for (
    const wrong of [
      ["--scope"],
      ["--scope", "y"],
      ["--scope", "Upper"],
      ["--scope", "a".repeat(21)],
      ["--publish"],
      ["--out"],
      ["--yes"],
    ]
  ) assertThrows(() => parseArguments(wrong), TypeError, "--scope NAME");
});

Deno.test("publish says what is wrong with its arguments", async () => {
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", new URL("publish.ts", import.meta.url).href, "--yes"],
  }).output();
  assertEquals(code, 1);
  const said = new TextDecoder().decode(stderr);
  assert(said.includes('Unknown argument "--yes"; use --scope NAME'), said);
});

Deno.test("publish writes no package over an earlier one, whose files would stay", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/notes.txt`, "");
    await refuseEarlier(folder);
    await Deno.mkdir(`${folder}/jsr`);
    await assertRejects(
      () => refuseEarlier(folder),
      TypeError,
      'it has "jsr" already',
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("readPackage() changes the package's name everywhere", async () => {
  const { texts } = await readPackage("@some-name/tls");
  assert(texts.has("mod.ts") && texts.has("links/std_bytes/mod.ts"));
  assertEquals([...texts.keys()].filter((path) => path.includes("test")), []);
  for (const [path, text] of texts) {
    assert(!text.includes(config.name), path);
  }
});

Deno.test("withStandIns() leaves no import of the standard library", async () => {
  assertEquals(
    withStandIns("a/b/c.ts", 'import {\n  concat,\n} from "@std/bytes";\n'),
    'import {\n  concat,\n} from "../../std/bytes.ts";\n',
  );
  const { texts } = await readPackage(config.name);
  for (const [path, text] of texts) {
    if (!path.endsWith(".ts") || path.startsWith("links/")) continue;
    const code = withStandIns(path, text).replace(/\/\*\*.*?\*\//gs, "");
    assert(!code.includes('from "@std/'), path);
  }
});

Deno.test("mendDeclaration() puts comments before modifiers, and knows no Deno", () => {
  assertEquals(
    mendDeclaration("  readonly /**\n   * Why.\n   */ a: 1;\n", 1),
    "  /**\n   * Why.\n   */ readonly a: 1;\n",
  );
  const mentions = "/** As Deno.Addr. */ type A = string;";
  assertEquals(mendDeclaration(mentions, 2), mentions);
  assertEquals(
    mendDeclaration("type A = Deno.Addr;", 2),
    'import type * as Deno from "../../deno_types.d.ts";\ntype A = Deno.Addr;',
  );
  assertEquals(
    mendDeclaration("class A implements AsyncDisposable {}", 0),
    '/// <reference lib="esnext.disposable" />\nclass A implements AsyncDisposable {}',
  );
});
