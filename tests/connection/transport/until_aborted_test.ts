/**
 * Work that ends with a signal, whatever way it fails.
 *
 * @module
 */

import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { untilAborted } from "../../../connection/transport/deadline.ts";
import { settled } from "../../_pair.ts";

const reason = new Error("aborted");
const fault = new Error("at once");

function throwing(): Promise<never> {
  throw fault;
}

for (
  const [name, work] of [
    ["throws before it returns", throwing],
    ["rejects", () => Promise.reject(fault)],
  ] as const
) {
  Deno.test(`untilAborted() with work that ${name} rejects with its error`, async () => {
    for (const signal of [undefined, new AbortController().signal]) {
      assertStrictEquals(
        await assertRejects(() => untilAborted(signal, work)),
        fault,
      );
    }
  });

  Deno.test(`untilAborted() with an aborted signal and work that ${name} leaves no rejection behind`, async () => {
    const error = await assertRejects(() =>
      untilAborted(AbortSignal.abort(reason), work)
    );
    assertStrictEquals(error, reason);
    // A rejection that nobody handles would fail the test here.
    await settled();
  });
}

Deno.test("untilAborted() results in what the work does, and leaves no listener behind", async () => {
  const { signal } = new AbortController();
  const counts = { added: 0, removed: 0 };
  const counting: AbortSignal = Object.assign(signal, {
    addEventListener: () => counts.added++,
    removeEventListener: () => counts.removed++,
  });
  assertEquals(await untilAborted(counting, () => Promise.resolve(7)), 7);
  await assertRejects(() => untilAborted(counting, throwing));
  assertEquals(counts, { added: 2, removed: 2 });
});
