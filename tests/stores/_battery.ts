/**
 * What every shared store has to do.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { SharedStore } from "../../stores/kv.ts";

/** Checks a store, and the same behind another client. */
export async function checkStore(
  store: SharedStore,
  other: SharedStore,
): Promise<void> {
  assertEquals(await store.get("a"), undefined);
  await store.set("a", Uint8Array.of(0, 1, 255));
  assertEquals(await other.get("a"), Uint8Array.of(0, 1, 255));
  await other.set("a", new Uint8Array());
  assertEquals(await store.get("a"), new Uint8Array());
  const large = crypto.getRandomValues(new Uint8Array(20_000));
  await store.set("a", large);
  assertEquals(await other.get("a"), large);
  await store.delete("a");
  await store.delete("a");
  assertEquals(await other.get("a"), undefined);
  await checkComparison(store, other);
}

/** Of many that compare and set at once, one succeeds. */
async function checkComparison(
  store: SharedStore,
  other: SharedStore,
): Promise<void> {
  const one = Uint8Array.of(1);
  assertEquals(await store.compareAndSet("lock", one, one), false);
  assertEquals(await store.get("lock"), undefined);
  let value: Uint8Array | undefined;
  for (let round = 0; round < 10; round++) {
    const before = value;
    const won = await Promise.all(
      Array.from({ length: 10 }, (_, at) =>
        (at % 2 === 0 ? store : other)
          .compareAndSet("lock", before, Uint8Array.of(round, at))),
    );
    assertEquals(won.filter(Boolean).length, 1, `round ${round}`);
    value = await store.get("lock");
    assertEquals(value, Uint8Array.of(round, won.indexOf(true)));
  }
  assertEquals(await other.compareAndSet("lock", one, one), false);
  assertEquals(await other.compareAndSet("lock", undefined, one), false);
  assertEquals(await store.get("lock"), value);
}
