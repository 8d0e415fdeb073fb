/**
 * What in the documentation is made of the code, or names it, is current.
 *
 * @module
 */

import { assert, assertEquals, assertThrows } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { optionNames } from "../../connection/options/table.ts";
import { documented } from "./_fences.ts";
import { listFiles, ROOT } from "./_files.ts";
import { ROOMS } from "./_levels.ts";
import { hereIs, NAMES, unlisted } from "./_migration.ts";
import { optionDocs } from "./_option_docs.ts";
import { PURPOSES } from "./_plan.ts";
import { madeDocs, partNames } from "./docs.ts";

Deno.test("docs/ is current: else run `deno task docs`", async () => {
  const used: string[] = [];
  for await (const { path, text, made, parts } of madeDocs()) {
    assertEquals(text, made, path);
    used.push(...parts);
  }
  assertEquals(used.sort(), [...partNames].sort());
});

Deno.test("every option has a first sentence", async () => {
  const docs = await optionDocs();
  for (const name of optionNames) {
    assert(docs.get(name)?.every(({ doc }) => /\.(\s|$)/.test(doc)), name);
  }
});

Deno.test("every option of Deno, Node, Go and Tcl has an answer here", () => {
  for (const [origin, names] of Object.entries(NAMES)) {
    for (const name of names.split(" ")) assert(hereIs(name) !== "", name);
    assertEquals(unlisted(origin as keyof typeof NAMES), [], origin);
  }
  assertEquals(hereIs("minDHSize"), "`minDhSize`");
  assertEquals(hereIs("ecdhCurve"), "`groups`");
  assertThrows(() => hereIs("noSuchOption"), Error, "noSuchOption");
});

Deno.test("the plan describes every room", () => {
  const rooms = Object.keys(ROOMS)
    .map((name) => name.split("/")[0] ?? "")
    .filter((name) => !name.includes("."));
  assertEquals([...new Set(rooms)].sort(), Object.keys(PURPOSES).sort());
});

Deno.test("files that the documentation names are there", async () => {
  const files = (await listFiles()).map((path) => `/${path}`);
  const pages = (await documented()).filter((path) => path.endsWith(".md"));
  for (const page of pages.filter((path) => path !== "CHANGELOG.md")) {
    const text = await Deno.readTextFile(new URL(page, ROOT));
    for (const [, name = ""] of text.matchAll(/(?<![*\w/.])([\w/]+\.ts)\b/g)) {
      assert(
        NOT_OURS.includes(name) ||
          files.some((path) => path.endsWith(`/${name}`)),
        `${page} names ${name}`,
      );
    }
  }
});

Deno.test("links of the documentation lead to files", async () => {
  const files = await listFiles();
  const pages = (await documented()).filter((path) => path.endsWith(".md"));
  for (const page of pages) {
    const text = await Deno.readTextFile(new URL(page, ROOT));
    for (const [, target = ""] of text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)) {
      const path = new URL(target, new URL(page, "file:///")).pathname.slice(1);
      assert(
        files.some((file) => file === path || file.startsWith(`${path}/`)) ||
          files.some((file) => `${file}/`.startsWith(path)),
        `${page} links to ${target}`,
      );
    }
  }
});

Deno.test("tasks that the documentation names are there", async () => {
  const tasks: string[] = Object.keys(config.tasks);
  const pages = (await documented()).filter((path) => path.endsWith(".md"));
  for (const page of pages) {
    const text = await Deno.readTextFile(new URL(page, ROOT));
    for (const [, task = ""] of text.matchAll(/\bdeno task ([a-z:-]+)/g)) {
      assert(tasks.includes(task), `${page} names the task ${task}`);
    }
  }
  for (const { description } of Object.values(config.tasks)) {
    assert(description !== "");
  }
});

Deno.test("README.md has the commands, with and without Deno", async () => {
  const text = await Deno.readTextFile(new URL("README.md", ROOT));
  const ci = await Deno.readTextFile(new URL(".ci/run", ROOT));
  const [, version] = /DENO_VERSION=(\S+)/.exec(ci) ?? [];
  for (const task of ["demo", "test"]) {
    assert(text.includes(`deno task ${task} `));
    assert(text.includes(`npx -y deno@${version} task ${task}\n`));
  }
});

Deno.test("README.md has at most 150 lines", async () => {
  const text = await Deno.readTextFile(new URL("README.md", ROOT));
  assert(text.split("\n").length <= 151);
});

/** Files of users. */
const NOT_OURS = ["NAME.ts", "main.ts"];
