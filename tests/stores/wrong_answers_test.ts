import { assertEquals, assertRejects } from "@std/assert";
import { Challenges } from "../../acme/challenges.ts";
import { Lock } from "../../acme/lock.ts";
import { readJson } from "../../acme/store.ts";
import { type SharedStore, sharedTicketKeys } from "../../stores/fleet.ts";
import { MemoryStore } from "./_memory.ts";

const secret = crypto.getRandomValues(new Uint8Array(32));
const clock = { now: () => 1_000_000, sleep: () => Promise.resolve() };

/** A store as a program of JavaScript may have it. */
function storeThat(gives: { [K in keyof SharedStore]?: unknown }): SharedStore {
  const store: object = new MemoryStore();
  for (const [call, answer] of Object.entries(gives)) {
    Object.defineProperty(store, call, { value: () => answer });
  }
  return store as SharedStore;
}

/** What sharedTicketKeys() reports of a store. */
async function errorsOf(store: SharedStore): Promise<string[]> {
  const errors: string[] = [];
  await using _ = await sharedTicketKeys({
    store,
    secret,
    onError: ({ message }) => void errors.push(message),
  });
  return errors;
}

Deno.test("a store may give null for a value that is not there", async () => {
  const store = storeThat({ get: null });
  assertEquals(await errorsOf(store), []);
  assertEquals(
    await readJson(store, "a", (_): _ is unknown => true),
    undefined,
  );
  await using lock = await Lock.take(storeThat({ get: null }), "a", clock);
  assertEquals(lock instanceof Lock, true);
});

Deno.test("a store that gives no bytes is named in the error", async () => {
  for (const [answer, type] of [["text", "string"], [[1, 2], "object"]]) {
    const store = storeThat({ get: answer });
    const message =
      `Cannot use what get() of the store gives: expected a Uint8Array, undefined or null, got ${type}`;
    assertEquals(await errorsOf(store), [
      `Cannot share ticket keys over the store: ${message}`,
    ]);
    await assertRejects(() => Lock.take(store, "a", clock), TypeError, message);
    const challenges = new Challenges(store, [{ type: "dns", value: "a.b" }]);
    await assertRejects(() => challenges.find("a.b"), TypeError, message);
  }
});

Deno.test("what is neither true nor false is not taken for a lock", async () => {
  for (
    const [answer, type] of [
      ["OK", "string"],
      [{ ok: false }, "object"],
      [null, "null"],
      [undefined, "undefined"],
    ]
  ) {
    const store = storeThat({ compareAndSet: answer });
    const message =
      `Cannot use what compareAndSet() of the store gives: expected true or false, got ${type}`;
    await assertRejects(() => Lock.take(store, "a", clock), TypeError, message);
    assertEquals(await errorsOf(store), [
      `Cannot share ticket keys over the store: ${message}`,
    ]);
  }
});
