import { assertEquals, assertThrows } from "@std/assert";
import { type KvOperation, kvStore } from "../../stores/kv.ts";

Deno.test("kvStore() keeps values in Deno KV, and one of many comparisons succeeds", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const script = new URL("./_kv.ts", import.meta.url).pathname;
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--unstable-kv", script, `${folder}/kv`],
    }).output();
    const decoder = new TextDecoder();
    assertEquals(
      decoder.decode(stdout).trim(),
      "checked",
      decoder.decode(stderr),
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("kvStore() has values expire that shall", async () => {
  const set: unknown[] = [];
  const operation: KvOperation = {
    check: () => operation,
    set: (_key, _value, options) => {
      set.push(options);
      return operation;
    },
    commit: () => Promise.resolve({ ok: true }),
  };
  const kv = {
    get: () => Promise.resolve({ value: null, versionstamp: null }),
    set: (_key: string[], _value: unknown, options?: unknown) =>
      Promise.resolve(set.push(options)),
    delete: () => Promise.resolve(),
    atomic: () => operation,
  };
  for (const options of [{ expireIn: 20_000 }, {}]) {
    const store = kvStore(kv, options);
    await store.set("a", Uint8Array.of(1));
    assertEquals(
      await store.compareAndSet("a", undefined, Uint8Array.of(1)),
      true,
    );
  }
  assertEquals(set, [{ expireIn: 20_000 }, { expireIn: 20_000 }, {}, {}]);
  for (const expireIn of [0, 1.5, NaN]) {
    assertThrows(() => kvStore(kv, { expireIn }), RangeError, "expireIn");
  }
});
