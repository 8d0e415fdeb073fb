/**
 * The sources use nothing of JavaScript that the oldest promised runtime,
 * Node.js 22, lacks: neither builtins nor syntax.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { doors, importsOf, modulesIn, ROOT } from "./_graph.ts";
import { ROOMS } from "./_levels.ts";

/** What is newer than Node.js 22, and what there is instead. */
const NEWER: readonly (readonly [RegExp, string])[] = [
  [/(?<!\.\.)\.(toHex|setFromHex|fromHex)\(/, "toHex() of encoding.ts"],
  [/\.(toBase64|setFromBase64|fromBase64)\(/, "the functions of encoding.ts"],
  [/\bPromise\.try\b/, "an async function"],
  [/\bRegExp\.escape\b/, "a replace() of its own"],
  [/\bError\.isError\b/, "instanceof"],
  [/\b(Math\.(f16round|sumPrecise)|Float16Array|[gs]etFloat16)\b/, "numbers"],
  [/\bIterator\.(concat|zip|zipKeyed)\b/, "a generator"],
  [/\.getOrInsert(Computed)?\(/, "get() and set()"],
  [/\bAtomics\.pause\b/, "nothing"],
  [/\b(Temporal|DurationFormat)\b/, "Date"],
  [/\b(Async)?DisposableStack\b/, "try and finally"],
  [/\bSuppressedError\b/, "AggregateError"],
  [/^\s*(await )?using \w+ =/m, "try and finally"],
  [/\bimport (defer|source) /, "import()"],
  [/\bJSON\.(rawJSON|isRawJSON)\b/, "JSON.stringify()"],
  [/\bURLPattern\b/, "a regular expression"],
  [/\bnew (CloseEvent|WebSocketStream)\b/, "an Event"],
];

/** Asked for before it is used, with another way where it is not there. */
const ASKED = ["encoding.ts"];

const graph = await importsOf([...doors, ...await sources()]);

Deno.test("sources use no builtin and no syntax newer than Node.js 22", async () => {
  const found: string[] = [];
  for (const path of graph.keys()) {
    if (ASKED.includes(path)) continue;
    const text = await Deno.readTextFile(new URL(path, ROOT));
    for (const use of newerIn(text)) found.push(`${path}: ${use}`);
  }
  assertEquals(found, []);
  assert(graph.size > 200);
});

Deno.test("newerIn() finds uses, and leaves comments and strings alone", () => {
  assertEquals(newerIn("return bytes.toHex();"), [
    ".toHex(: use toHex() of encoding.ts",
  ]);
  assertEquals(newerIn("  await using lock = await take();").length, 1);
  assertEquals(newerIn("`${id.toHex()}`").length, 1);
  assertEquals(newerIn("/** await using conn = x.toHex() */\nf();"), []);
  assertEquals(newerIn('// Promise.try\nthrow "toHex(";'), []);
  assertEquals(newerIn("[...toHex(bytes)]; Promise.withResolvers();"), []);
});

function newerIn(text: string): string[] {
  const code = text.replace(/\/\*.*?\*\//gs, "").replace(/^\s*\/\/.*$/gm, "");
  return NEWER.flatMap(([pattern, instead]) => {
    const [use] = pattern.exec(code) ?? [];
    return use === undefined ? [] : [`${use.trim()}: use ${instead}`];
  });
}

/** The modules of all rooms. */
function sources(): Promise<string[]> {
  return modulesIn(Object.keys(ROOMS).filter((name) => !/[./]/.test(name)));
}
