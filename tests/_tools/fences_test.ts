/**
 * Examples that do not run, since they need a network or a file, compile.
 * Those that run are `deno task test:docs`'s concern.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { documented, type Fence, fences, fencesOf } from "./_fences.ts";
import { ROOT } from "./_graph.ts";

Deno.test("examples that do not run type-check", async () => {
  const ignored = (await fences()).filter(({ info }) => info === "ts ignore");
  assert(ignored.length > 10);
  // In the same run, as each costs as much: an error that must be found.
  const code =
    'import { connect } from "@x/tls";\nawait connect({ prt: 443 });';
  const wrong = { path: "wrong.md", line: 7, info: "ts ignore", code };
  const errors = await typeErrors([...ignored, wrong]);
  const [, count] = /Found (\d+) errors/.exec(errors) ?? [];
  assert(count === undefined && errors.includes("wrong.md+7.ts"), errors);
});

Deno.test("examples run, compile, or are no TypeScript", async () => {
  const infos = new Set((await fences()).map(({ info }) => info));
  assertEquals([...infos].sort(), [
    "json",
    "sh",
    "text",
    "ts",
    "ts ignore",
  ]);
});

Deno.test("test:docs runs the examples of every folder", async () => {
  const { default: config } = await import("../../deno.json", {
    with: { type: "json" },
  });
  const [, rest = ""] = config.tasks["test:docs"].command.split("--doc ");
  const places = rest.split(" ");
  const run = (await fences()).filter(({ info }) => info === "ts");
  for (const { path } of run) {
    assert(
      places.some((place) => path === place || path.startsWith(`${place}/`)),
      path,
    );
  }
  assert((await documented()).includes("README.md"));
});

Deno.test("fencesOf() reads Markdown and comments", () => {
  assertEquals(
    fencesOf("a.ts", "/**\n * ```ts\n * a;\n *\n *  b;\n * ```\n */\n")
      .map(({ line, info, code }) => ({ line, info, code })),
    [{ line: 2, info: "ts", code: "a;\n\n b;\n" }],
  );
  assertEquals(
    fencesOf("a.md", "# A\n\n```ts ignore\na;\n```\n\n```text\nb\n```\n")
      .map(({ line, info, code }) => ({ line, info, code })),
    [
      { line: 3, info: "ts ignore", code: "a;\n" },
      { line: 7, info: "text", code: "b\n" },
    ],
  );
});

/** What the compiler says of the blocks, each as a file of its own. */
async function typeErrors(blocks: readonly Fence[]): Promise<string> {
  const folder = await Deno.makeTempDir();
  try {
    const files: string[] = [];
    for (const { path, line, code } of blocks) {
      const file = `${folder}/${path.replaceAll("/", "+")}+${line}.ts`;
      await Deno.writeTextFile(file, `${code}\nexport {};\n`);
      files.push(file);
    }
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["check", "--quiet", "--config", `${ROOT.pathname}deno.json`]
        .concat(files),
      cwd: ROOT,
    }).output();
    return success ? "" : new TextDecoder().decode(stderr);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
