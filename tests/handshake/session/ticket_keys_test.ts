/** Keys of tickets that are made here, and follow one another (RFC 9846 appendix C.4). */

import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { TicketKeys } from "../../../handshake/session/ticket_keys.ts";
import { pattern, utf8 } from "../../_pair.ts";

/** Half a day, after which a key is followed by another one. */
const INTERVAL = 43_200_000;

/** Keys of its own, and a clock that is set by hand. */
function ownKeys(): { keys: TicketKeys; set: (time: number) => void } {
  let now = 1_000_000;
  const keys = new TicketKeys(undefined, () => now);
  return { keys, set: (time) => now = 1_000_000 + time };
}

/** The name of the key that seals. */
async function sealingKey(keys: TicketKeys): Promise<string> {
  return (await keys.seal(utf8("x"))).subarray(0, 16).toHex();
}

Deno.test("TicketKeys seals under another key after half a day", async () => {
  const { keys, set } = ownKeys();
  const first = await sealingKey(keys);
  set(INTERVAL - 1);
  assertEquals(await sealingKey(keys), first);
  set(INTERVAL);
  const second = await sealingKey(keys);
  assertNotEquals(second, first);
  set(2 * INTERVAL - 1);
  assertEquals(await sealingKey(keys), second);
  set(2 * INTERVAL);
  assertNotEquals(await sealingKey(keys), second);
});

Deno.test("TicketKeys opens tickets of earlier keys, and says that they are due", async () => {
  const { keys, set } = ownKeys();
  const ticket = await keys.seal(utf8("state"));
  assertEquals(await keys.open(ticket), { state: utf8("state"), renew: false });
  for (let time = 1; time <= 14; time++) {
    set(time * INTERVAL);
    const opened = await keys.open(ticket);
    assertEquals(opened, { state: utf8("state"), renew: true }, `${time}`);
    assertEquals(keys.export().length, time + 1);
  }
  // Seven days and a half later its key is forgotten.
  set(15 * INTERVAL);
  assertEquals(await keys.open(ticket), undefined);
  assertEquals(keys.export().length, 15);
});

Deno.test("TicketKeys makes a new key when they are exported, sealed with or opened with", async () => {
  const uses: ((keys: TicketKeys) => unknown)[] = [
    (keys) => keys.export(),
    (keys) => keys.seal(utf8("x")),
    (keys) => keys.open(new Uint8Array(100)),
  ];
  for (const use of uses) {
    const { keys, set } = ownKeys();
    set(INTERVAL);
    await use(keys);
    // The next one is due half a day after this use, not earlier.
    set(2 * INTERVAL - 1);
    assertEquals(keys.export().length, 2);
  }
});

Deno.test("TicketKeys does not replace keys that were given", async () => {
  const given = [pattern(48), pattern(32)];
  let now = 0;
  const keys = new TicketKeys(given, () => now);
  const name = await sealingKey(keys);
  now = 100 * INTERVAL;
  assertEquals(keys.export(), given);
  assertEquals(await sealingKey(keys), name);
});

Deno.test("TicketKeys.replace() ends that keys are made here", async () => {
  const { keys, set } = ownKeys();
  const ticket = await keys.seal(utf8("x"));
  keys.replace([pattern(48)]);
  set(100 * INTERVAL);
  assertEquals(keys.export(), [pattern(48)]);
  assertEquals(await keys.open(ticket), undefined);
});

Deno.test("TicketKeys ignores anything but its own tickets", async () => {
  const { keys } = ownKeys();
  const ticket = await keys.seal(utf8("state"));
  for (const length of [0, 15, 16, 27, 28, ticket.length - 1]) {
    assertEquals(await keys.open(ticket.subarray(0, length)), undefined);
  }
  for (let at = 0; at < ticket.length; at++) {
    const wrong = ticket.slice();
    wrong[at] = (wrong[at] ?? 0) ^ 1;
    assertEquals(await keys.open(wrong), undefined, `byte ${at}`);
  }
  assert(await keys.open(ticket) !== undefined);
});
