import { assert, assertEquals, assertRejects } from "@std/assert";
import { client, listen, SessionCache } from "../../mod.ts";
import {
  sharedTicketKeys,
  type SharedTicketKeysOptions,
} from "../../stores/fleet.ts";
import { issueCertificate, TrustStore } from "../../x509/mod.ts";
import { MemoryStore } from "./_memory.ts";

const secret = crypto.getRandomValues(new Uint8Array(32));

/** Machines that share a store and a clock. */
function fleet(options: Partial<SharedTicketKeysOptions> = {}) {
  const store = new MemoryStore();
  const clock = { seconds: 1_000_000 };
  const errors: string[] = [];
  return {
    store,
    clock,
    errors,
    machine: (more: Partial<SharedTicketKeysOptions> = {}) =>
      sharedTicketKeys({
        store,
        secret,
        now: () => clock.seconds * 1000,
        onError: (error) => errors.push(error.message),
        ...options,
        ...more,
      }),
  };
}

Deno.test("machines that start at once have the same key", async () => {
  const { machine, errors } = fleet();
  await using a = await machine();
  const others = await Promise.all([machine(), machine(), machine()]);
  for (const other of others) {
    assertEquals(other.current()[0], a.current()[0]);
    await other[Symbol.asyncDispose]();
  }
  assertEquals(errors, []);
});

Deno.test("no machine seals under a key that another cannot open", async () => {
  const { machine, clock } = fleet({ rotation: 3600, overlap: 600 });
  await using a = await machine();
  await using b = await machine();
  const seen = new Set<string>();
  for (let minute = 0; minute < 300; minute++) {
    clock.seconds += 60;
    // One reads at each minute, one at each fifth.
    await a.refresh();
    if (minute % 5 === 0) await b.refresh();
    for (const [one, other] of [[a, b], [b, a]] as const) {
      const [sealing] = one.current();
      seen.add(String(sealing));
      assert(other.current().some((key) => String(key) === String(sealing)));
    }
  }
  assertEquals(seen.size, 6);
});

Deno.test("a machine that joins later opens all that is valid", async () => {
  const { machine, clock } = fleet({ rotation: 3600, lifetime: 7200 });
  await using a = await machine();
  const first = String(a.current()[0]);
  clock.seconds += 3000;
  await a.refresh();
  clock.seconds += 1000;
  await using b = await machine();
  assertEquals(b.current().slice(0, -1), a.current().slice(0, -1));
  assertEquals(String(b.current()[1]), first);
});

Deno.test("the list stays the same one until a key begins to seal", async () => {
  const { machine, clock } = fleet({ rotation: 3600, overlap: 600 });
  await using a = await machine();
  const list = a.current();
  assertEquals(a.current(), list);
  clock.seconds += 3000;
  await a.refresh();
  const withNext = a.current();
  assert(withNext !== list);
  assertEquals(withNext[0], list[0]);
  clock.seconds += 599;
  assert(a.current() === withNext);
  clock.seconds += 1;
  assertEquals(a.current()[0], withNext[1]);
});

Deno.test("without a store a machine has a key of its own, and takes the others' later", async () => {
  const { machine, store, errors } = fleet();
  store.before = () => Promise.reject(new Error("connection refused"));
  await using a = await machine();
  const own = a.current();
  assertEquals(own.length, 1);
  assertEquals(errors, [
    "Cannot share ticket keys over the store: connection refused",
  ]);
  store.before = () => {};
  await using b = await machine();
  await a.refresh();
  assertEquals(a.current()[0], b.current()[0]);
  // What it has sealed before can be opened by it, and is in no store.
  assertEquals(a.current().at(-1), own[0]);
  await b.refresh();
  assertEquals(
    b.current().some((key) => String(key) === String(own[0])),
    false,
  );
});

Deno.test("a store that loses all gets the keys back", async () => {
  const { machine, store, errors } = fleet();
  await using a = await machine();
  await using b = await machine();
  const [key] = a.current();
  store.values.clear();
  await Promise.all([a.refresh(), b.refresh()]);
  await using c = await machine();
  for (const each of [a, b, c]) assertEquals(each.current()[0], key);
  assertEquals(errors, []);
});

Deno.test("a machine that joins takes the keys of a store that cannot be written", async () => {
  const { machine, store, clock, errors } = fleet();
  await using a = await machine();
  const [first] = a.current();
  store.before = (call) => {
    if (call === "compareAndSet") throw new Error("OOM");
  };
  // It is time for another key, which cannot be put into the store.
  clock.seconds += 43_200;
  await a.refresh();
  await using b = await machine();
  assertEquals(errors.length, 2);
  assertEquals(a.current()[0], first);
  assertEquals(b.current()[0], first);
});

Deno.test("a store that never answers costs a start its timeout, and later calls nothing", async () => {
  const { machine, store, errors } = fleet({ timeout: 20 });
  const never = Promise.withResolvers<void>();
  store.before = () => never.promise;
  await using a = await machine();
  assertEquals(a.current().length, 1);
  assertEquals(errors, [
    "Cannot share ticket keys over the store: no answer within 20 ms",
  ]);
  never.resolve();
});

Deno.test("calls that a store never answers grow rare, and one answer has it asked again", async () => {
  const { machine, store, errors } = fleet({ timeout: 2 });
  const never = Promise.withResolvers<void>();
  let calls = 0;
  store.before = () => {
    calls++;
    return never.promise;
  };
  await using a = await machine();
  for (let look = 1; look < 64; look++) await a.refresh();
  // At looks 1, 2, 4, 8, 16, 32 and 64.
  assertEquals(calls, 7);
  assertEquals(errors.length, 64, "each look has its error");
  assertEquals(
    errors.at(-2),
    "Cannot share ticket keys over the store: no answer to 6 calls",
  );
  store.before = () => void calls++;
  never.resolve();
  await using b = await machine({ timeout: 60_000 });
  // A look may be late here too: the store has 2 ms.
  const look = async () => {
    await a.refresh();
    await new Promise((resolve) => setTimeout(resolve, 10));
  };
  for (let nth = 0; nth < 10; nth++) await look();
  calls = 0;
  // Without the answers the 63 looks after the last call would be left out.
  for (let nth = 0; nth < 40; nth++) await look();
  assert(calls > 0, "the store is asked again");
  assertEquals(a.current()[0], b.current()[0]);
});

Deno.test("somebody else's bytes stay in the store, and onError gets a sentence", async () => {
  const { machine, store, errors } = fleet();
  const theirs = new TextEncoder().encode("what another program keeps here");
  store.values.set("ticket-keys", theirs);
  await using a = await machine();
  assertEquals(a.current().length, 1);
  assertEquals(store.values.get("ticket-keys"), theirs);
  assertEquals(errors, [
    `Cannot share ticket keys over the store: what it has under "ticket-keys" was not sealed under this secret; give the secret that the other machines have, or remove it`,
  ]);
});

Deno.test("a machine with another secret changes nothing for the others", async () => {
  const { machine, errors } = fleet();
  await using a = await machine();
  const [key] = a.current();
  const otherSecret = crypto.getRandomValues(new Uint8Array(32));
  await using b = await machine({ secret: otherSecret });
  assert(String(b.current()[0]) !== String(key));
  assertEquals(errors.length, 1);
  await a.refresh();
  assertEquals(a.current()[0], key);
  await using c = await machine({ secret: [otherSecret, secret] });
  assertEquals(c.current()[0], key);
});

Deno.test("the keys are not readable in the store", async () => {
  const { machine, store } = fleet();
  await using a = await machine();
  const stored = String(store.values.get("ticket-keys"));
  const [key] = a.current();
  assertEquals(stored.includes(String(key).slice(0, 40)), false);
});

Deno.test("an error of onError fails nothing", async () => {
  const { machine, store } = fleet();
  store.before = () => {
    throw new Error("gone");
  };
  await using a = await machine({
    onError() {
      throw new Error("of the observer");
    },
  });
  assertEquals(a.current().length, 1);
});

for (
  const [options, name] of [
    [{ rotation: 59 }, "rotation"],
    [{ rotation: 600, overlap: 601 }, "overlap"],
    [{ overlap: 100, refresh: 51 }, "refresh"],
    [{ lifetime: 604_801 }, "lifetime"],
    [{ timeout: 0 }, "timeout"],
    [{ rotation: 60 }, "rotation"],
    [{ rotation: NaN }, "rotation"],
  ] as const
) {
  Deno.test(`sharedTicketKeys() refuses ${JSON.stringify(options)}`, async () => {
    await assertRejects(
      () => fleet().machine(options),
      RangeError,
      `"${name}"`,
    );
  });
}

Deno.test("a session of one listener is resumed by another, before and after a rotation", async () => {
  const { machine, clock } = fleet({ rotation: 3600, overlap: 600 });
  const ca = await issueCertificate({ names: ["Test CA"], ca: true });
  const { cert, key } = await issueCertificate({
    names: ["localhost"],
    issuer: ca,
  });
  const keys = [await machine(), await machine()];
  const listeners = keys.map((ticketKeys) =>
    listen({ hostname: "127.0.0.1", port: 0, cert, key, ticketKeys })
  );
  const sessionCache = new SessionCache();
  const trust = TrustStore.of(ca.cert);
  const serve = listeners.map(async (listener) => {
    for await (const conn of listener) await conn.close();
  });
  const resumed = async (at: number) => {
    const port = (listeners[at]?.addr as Deno.NetAddr).port;
    const socket = await Deno.connect({ hostname: "127.0.0.1", port });
    await using conn = client(socket, {
      serverName: "localhost",
      trust,
      sessionCache,
    });
    await conn.handshake();
    await conn.read(new Uint8Array(1));
    return conn.info.resumed;
  };
  assertEquals(await resumed(0), false);
  assertEquals(await resumed(1), true);
  for (const seconds of [3000, 600]) {
    clock.seconds += seconds;
    await Promise.all(keys.map((each) => each.refresh()));
    assertEquals([await resumed(0), await resumed(1)], [true, true]);
  }
  for (const listener of listeners) listener.close();
  await Promise.all(serve);
  for (const each of keys) await each[Symbol.asyncDispose]();
});

Deno.test("onError() that rejects ends nothing", async () => {
  const { machine } = fleet({
    store: {
      ...new MemoryStore(),
      get: () => Promise.reject(new Error("down")),
    } as unknown as SharedTicketKeysOptions["store"],
  });
  let calls = 0;
  const fails = () => {
    calls++;
    return Promise.reject(new Error("no log either"));
  };
  await using a = await machine({ onError: fails });
  await a.refresh();
  assertEquals(calls, 2);
});
