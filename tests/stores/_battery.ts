/**
 * What every shared store has to do.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { Lock } from "../../acme/lock.ts";
import type { UntimedEvent } from "../../handshake/io/events.ts";
import { EventTeller } from "../../handshake/io/event_teller.ts";
import { SessionCache } from "../../handshake/session/session.ts";
import { recordUse } from "../../handshake/tls13/anti_replay.ts";
import { sharedTicketKeys } from "../../stores/fleet.ts";
import type { SharedStore } from "../../stores/kv.ts";
import { Lender } from "../_lender.ts";
import { connected } from "../_pair.ts";
import { FakeCa } from "../acme/_ca.ts";

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
  await checkGivenBytes(store);
  await checkComparison(store, other);
}

/** Bytes may be changed once a call has returned, before it has settled. */
async function checkGivenBytes(store: SharedStore): Promise<void> {
  const [one, two] = [Uint8Array.of(1, 1), Uint8Array.of(2, 2)];
  const lender = new Lender(true);
  const setting = store.set("given", lender.lend(one));
  lender.reuse();
  await setting;
  assertEquals(await store.get("given"), one);
  const again = new Lender(true);
  const comparing = store.compareAndSet(
    "given",
    again.lend(one),
    again.lend(two),
  );
  again.reuse();
  assertEquals(await comparing, true);
  assertEquals(await store.get("given"), two);
  await store.delete("given");
}

/** Of many that compare and set at once, one succeeds. */
async function checkComparison(
  store: SharedStore,
  other: SharedStore,
): Promise<void> {
  const one = Uint8Array.of(1);
  assertEquals(await store.compareAndSet("lock", one, one), false);
  assertEquals(await store.get("lock"), undefined);
  let value: Uint8Array | null | undefined;
  for (let round = 0; round < 10; round++) {
    const before = value ?? undefined;
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

/**
 * Checks that two machines share by a store all that a fleet shares: ticket keys,
 * sessions, the record of early data, the lock and the certificates of `acme()`.
 *
 * @param store What one of them has.
 * @param other The same behind the other's client.
 */
export async function checkFleet(
  store: SharedStore,
  other: SharedStore,
): Promise<void> {
  await checkTicketKeys(store, other);
  await checkSessions(store, other);
  await checkEarlyData(store, other);
  await checkLock(store, other);
  await checkCertificates(store, other);
}

async function checkTicketKeys(
  store: SharedStore,
  other: SharedStore,
): Promise<void> {
  let seconds = 1_000_000;
  const errors: Error[] = [];
  const options = {
    secret: new Uint8Array(32).fill(3),
    now: () => seconds * 1000,
    onError: (error: Error) => void errors.push(error),
  };
  await using here = await sharedTicketKeys({ ...options, store });
  await using there = await sharedTicketKeys({ ...options, store: other });
  const [first] = here.current();
  assertEquals(there.current()[0], first);
  // The next key is in the store before it seals.
  seconds += 43_200 - 600;
  await Promise.all([here.refresh(), there.refresh()]);
  assertEquals([here.current()[0], there.current()[0]], [first, first]);
  seconds += 600;
  const [next] = here.current();
  assert(String(next) !== String(first));
  assertEquals(there.current()[0], next);
  await using joined = await sharedTicketKeys({ ...options, store: other });
  assertEquals(joined.current().slice(0, 2), [next, first]);
  assertEquals(errors, []);
}

async function checkSessions(
  store: SharedStore,
  other: SharedStore,
): Promise<void> {
  const sessionCache = new SessionCache();
  const resumed: boolean[] = [];
  for (const sessionStore of [store, other]) {
    await using ends = await connected(
      { maxVersion: "TLSv1.2", sessionCache },
      { tickets: 0, sessionStore },
    );
    resumed.push(ends.server.info.resumed);
  }
  assertEquals(resumed, [false, true]);
}

/** Of the ways to use a ticket early, at either machine, one succeeds. */
async function checkEarlyData(
  store: SharedStore,
  other: SharedStore,
): Promise<void> {
  const events: UntimedEvent[] = [];
  const tell = new EventTeller({
    onEvent: (event) => void events.push(event),
  });
  const use = (replay: SharedStore, ticket: number) =>
    recordUse(
      { tell },
      { maxSize: 1, window: 10_000, replay },
      1_000_000,
      {
        ticket: Uint8Array.of(ticket),
        createdAt: 1_000_000,
        ticketAgeSkew: 0,
      },
    );
  const refused = await Promise.all(
    [store, other, store, other].map((each) => use(each, 1)),
  );
  assertEquals(refused.filter((why) => why === undefined).length, 1);
  assert(
    await use(store, 1) !== undefined && await use(other, 1) !== undefined,
  );
  assertEquals(await use(other, 2), undefined);
  assertEquals(events, []);
}

async function checkLock(
  store: SharedStore,
  other: SharedStore,
): Promise<void> {
  const clock = { now: () => 1_000_000, sleep: () => Promise.resolve() };
  const take = (from: SharedStore) => Lock.take(from, "order", clock);
  const locks = await Promise.all([store, other, store].map(take));
  const [lock, more] = locks.filter((each) => each !== undefined);
  assert(lock !== undefined && more === undefined);
  assertEquals(await lock.keep(), true);
  assertEquals(await take(other), undefined);
  await lock[Symbol.asyncDispose]();
  await using next = await take(other);
  assert(next !== undefined);
  assertEquals(await lock.keep(), false);
}

/** The other machine has the certificate without an order of its own. */
async function checkCertificates(
  store: SharedStore,
  other: SharedStore,
): Promise<void> {
  await using ca = new FakeCa();
  // The CA looks into its own store for the key to certify.
  const set = async (key: string, value: Uint8Array) => {
    await ca.store.set(key, value);
    await store.set(key, value);
  };
  const one = ca.start({ store: { ...store, set } });
  await one.ready;
  const two = ca.start({ store: other });
  await two.ready;
  assertEquals(ca.count("/order"), 1);
  const raw = one.sni("a.test")?.chain[0]?.raw;
  assert(raw !== undefined);
  assertEquals(two.sni("a.test")?.chain[0]?.raw, raw);
}
