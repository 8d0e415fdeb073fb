import { assert, assertEquals, assertRejects } from "@std/assert";
import { DirectoryStore } from "../../acme/directory_store.ts";
import { LEASE, Lock } from "../../acme/lock.ts";
import { TestClock } from "./_clock.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

async function withStore(
  run: (store: DirectoryStore, folder: string) => Promise<void>,
): Promise<void> {
  const parent = await Deno.makeTempDir();
  const folder = `${parent}/deep/inside`;
  try {
    await run(new DirectoryStore(folder), folder);
  } finally {
    await Deno.remove(parent, { recursive: true });
  }
}

Deno.test("DirectoryStore keeps values in files that others cannot read", () =>
  withStore(async (store, folder) => {
    assertEquals(await store.get("a"), undefined);
    await store.set("a", bytes("one"));
    await store.set("a", bytes("two"));
    assertEquals(await store.get("a"), bytes("two"));
    assertEquals(await Deno.readTextFile(`${folder}/a`), "two");
    if (Deno.build.os !== "windows") {
      assertEquals(((await Deno.stat(folder)).mode ?? 0) & 0o777, 0o700);
      assertEquals(((await Deno.stat(`${folder}/a`)).mode ?? 0) & 0o777, 0o600);
    }
    await store.delete("a");
    await store.delete("a");
    assertEquals(await store.get("a"), undefined);
    assertEquals([...Deno.readDirSync(folder)], []);
  }));

Deno.test("DirectoryStore has no key that leaves the folder", () =>
  withStore(async (store, folder) => {
    const keys = ["../up", "..", ".", "/etc/x", "a:b", "*", "a/../../b"];
    for (const key of keys) {
      await store.set(key, bytes(key));
      assertEquals(await store.get(key), bytes(key));
    }
    const names = [...Deno.readDirSync(folder)];
    assertEquals(names.length, keys.length);
    assert(names.every(({ isFile }) => isFile));
  }));

Deno.test("DirectoryStore.compareAndSet() lets one of many win", () =>
  withStore(async (store, folder) => {
    const race = async (expected: Uint8Array | undefined, round: number) => {
      const won = await Promise.all(
        Array.from(
          { length: 16 },
          (_, at) =>
            store.compareAndSet("lock", expected, bytes(`${round} ${at}`)),
        ),
      );
      assertEquals(won.filter(Boolean).length, 1, `round ${round}`);
      const value = await store.get("lock");
      assertEquals(value, bytes(`${round} ${won.indexOf(true)}`));
      return value;
    };
    let value = await race(undefined, 0);
    for (let round = 1; round < 8; round++) value = await race(value, round);
    assertEquals(
      await store.compareAndSet("lock", bytes("wrong"), bytes("x")),
      false,
    );
    assertEquals(await store.get("lock"), value);
    assertEquals([...Deno.readDirSync(folder)].length, 1);
  }));

Deno.test("Lock is one machine's until it is given back or runs out", () =>
  withStore(async (store) => {
    const clock = new TestClock();
    const take = () => Lock.take(store, "lock", clock);
    {
      await using lock = await take();
      assert(lock);
      assertEquals(await take(), undefined);
      clock.advance(LEASE / 2);
      assert(await lock.keep());
      clock.advance(LEASE / 2 + 1000);
      assertEquals(await take(), undefined);
    }
    const second = await take();
    assert(second);
    clock.advance(LEASE + 1000);
    const third = await take();
    assert(third);
    // The second has lost it, and takes nothing away from the third.
    assertEquals(await second.keep(), false);
    await second[Symbol.asyncDispose]();
    assertEquals(await take(), undefined);
    // Somebody else's bytes are no lock.
    await store.set("lock", bytes("\x00not JSON"));
    assert(await take());
  }));

Deno.test("Lock of a machine whose clock was wrong keeps nobody waiting", () =>
  withStore(async (store) => {
    const [clock, wrong] = [new TestClock(), new TestClock()];
    wrong.advance(1000 * LEASE);
    assert(await Lock.take(store, "lock", wrong));
    assert(await Lock.take(store, "lock", clock));
    assertEquals(await Lock.take(store, "lock", clock), undefined);
  }));

Deno.test("DirectoryStore keeps values of keys that are too long for a file", () =>
  withStore(async (store) => {
    const keys = [`${"x".repeat(300)}1`, `${"x".repeat(300)}2`];
    for (const key of keys) await store.set(key, bytes(key));
    for (const key of keys) assertEquals(await store.get(key), bytes(key));
    const [key = ""] = keys;
    assert(await store.compareAndSet(key, bytes(key), bytes("new")));
    assertEquals(await store.get(key), bytes("new"));
  }));

Deno.test("DirectoryStore leaves nothing behind that it could not put in its place", () =>
  withStore(async (store, folder) => {
    await Deno.mkdir(`${folder}/taken/inside`, { recursive: true });
    await assertRejects(() => store.set("taken", bytes("secret")));
    assertEquals([...Deno.readDirSync(folder)].length, 1);
  }));
