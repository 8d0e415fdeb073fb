/**
 * That what runs before a change lands has one list of steps.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { ROOT } from "./_graph.ts";

Deno.test(".ci/run runs the steps of `deno task ok`, and repeats none", async () => {
  const steps = config.tasks.ok.command.split(" && ");
  const script = await Deno.readTextFile(new URL(".ci/run", ROOT));
  const run = script.split("\n").filter((line) => line.startsWith("step "))
    .flatMap((line) => /\btask ([\w:]+)$/.exec(line)?.[1] ?? []);
  assertEquals(run.map((name) => `deno task ${name}`), steps);
  const repeated = script.match(/\bdeno (fmt|lint|check|doc|test)\b.*/g);
  assertEquals(repeated, null);
});

Deno.test("the workflow publishes with provenance, and has no secret", async () => {
  const script = await Deno.readTextFile(new URL(".ci/run", ROOT));
  const workflow = await Deno.readTextFile(
    new URL(".github/workflows/publish.yml", ROOT),
  );
  const [, version] = /DENO_VERSION=(.*)/.exec(script) ?? [];
  assert(workflow.includes(`deno-version: ${version}\n`), version);
  assert(workflow.includes("id-token: write"));
  assert(workflow.includes("npm publish --provenance"));
  assert(!/secrets\.|TOKEN:/.test(workflow));
});

Deno.test("tasks say what they are for, every one", () => {
  for (const [name, { description }] of Object.entries(config.tasks)) {
    assert(description.length > 20, name);
  }
});
