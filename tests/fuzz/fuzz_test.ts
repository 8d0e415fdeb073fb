import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import corpus from "./corpus.json" with { type: "json" };
import { targets } from "./_targets.ts";
import { growth, type Summary, watch } from "./_watch.ts";

/** Seconds for runs without an end of their own. */
const SECONDS = 40;

/** One case of each. */
const once = { seed: 9, firstCase: 0, cases: 1, milliseconds: Infinity };

function total({ counts }: Summary): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

Deno.test(`every target passes ${SECONDS} seconds of seeded inputs without a fault, and keeps no memory`, async () => {
  const summary = await watch({
    targets: targets.map(({ name }) => name),
    seed: 20260115,
    firstCase: 0,
    cases: Infinity,
    milliseconds: SECONDS * 1000,
  });
  assertEquals(summary.findings, []);
  for (const { name } of targets) {
    assert((summary.counts[name] ?? 0) > 0, `${name} had no turn`);
  }
  // Else the mutations would say nothing.
  assert(total(summary) > 1000, `${total(summary)} inputs`);
  assert(summary.outcomes > 300, `${summary.outcomes} outcomes`);
  const grown = growth(summary.heap);
  assert(grown < MAX_GROWTH, `the heap grew by ${grown} bytes`);
});

/** Cases of which each once came out otherwise than all before. */
const replay = Object.entries(corpus).flatMap(([target, cases]) =>
  (cases as [number, number][]).map(([seed, index]) => ({
    target,
    seed,
    index,
  }))
);

Deno.test("every target passes the cases of the corpus", async () => {
  assert(replay.length > 100, `${replay.length} cases`);
  const summary = await watch({ ...once, targets: [], replay });
  assertEquals(summary.findings, []);
  assertEquals(total(summary), replay.length);
});

const selfTests = {
  "another class of error": "TypeError: A fault inside",
  "a connection that does not settle": "does not settle",
  "a rejection": "Nobody looks",
  "a loop": "does not come to an end",
};

for (const [name, message] of Object.entries(selfTests)) {
  Deno.test(`watch() finds ${name}, and says how to run it again`, async () => {
    const { findings } = await watch({
      targets: [`self-test: ${name}`],
      seed: 9,
      firstCase: 5,
      cases: 2,
      milliseconds: 30_000,
      patience: 3000,
    });
    const [finding = ""] = findings;
    assertStringIncludes(finding, message);
    assertStringIncludes(finding, "--seed=9 --case=");
  });
}

Deno.test("growth() finds memory that is kept", async () => {
  const summary = await watch({
    targets: ["self-test: memory"],
    seed: 1,
    firstCase: 0,
    cases: Infinity,
    milliseconds: 7000,
  });
  assertEquals(summary.findings, []);
  assert(growth(summary.heap) > 1024 * 1024, `${summary.heap}`);
});

/** In bytes: some hundred for each case would be more. */
const MAX_GROWTH = 6 * 1024 * 1024;
