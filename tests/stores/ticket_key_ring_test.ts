import { assertEquals } from "@std/assert";
import {
  decodeRing,
  encodeRing,
  inOrder,
  isSameRing,
  merged,
  type RingKey,
  rotated,
} from "../../stores/ticket_key_ring.ts";

const HOUR = 3_600_000;
const times = { rotation: 12 * HOUR, overlap: HOUR, lifetime: 168 * HOUR };

function key(number: number, from: number): RingKey {
  return { material: new Uint8Array(48).fill(number), from };
}

/** Makes keys that differ. */
function maker() {
  let made = 100;
  return () => new Uint8Array(48).fill(made++);
}

const numbers = (keys: readonly Uint8Array[]) => keys.map(([first]) => first);

Deno.test("the first key seals at once", () => {
  const ring = rotated([], 5, times, maker());
  assertEquals(ring, [key(100, 5)]);
  assertEquals(numbers(inOrder(ring, 5)), [100]);
});

Deno.test("the next key is there an hour before it seals", () => {
  const first = [key(1, 0)];
  assertEquals(rotated(first, 11 * HOUR - 1, times, maker()), first);
  const ring = rotated(first, 11 * HOUR, times, maker());
  assertEquals(ring, [key(100, 12 * HOUR), key(1, 0)]);
  // Until then it opens alone.
  assertEquals(numbers(inOrder(ring, 12 * HOUR - 1)), [1, 100]);
  assertEquals(numbers(inOrder(ring, 12 * HOUR)), [100, 1]);
  assertEquals(rotated(ring, 12 * HOUR, times, maker()), ring);
});

Deno.test("after a night without a machine the next key waits as long", () => {
  const ring = rotated([key(1, 0)], 40 * HOUR, times, maker());
  assertEquals(ring[0], key(100, 41 * HOUR));
});

Deno.test("a key opens for a ticket's lifetime after the next one seals", () => {
  const ring = [key(2, 12 * HOUR), key(1, 0)];
  const end = 180 * HOUR;
  const numbersAt = (now: number) =>
    numbers(rotated(ring, now, times, maker()).map((each) => each.material));
  assertEquals(numbersAt(end - 1), [100, 2, 1]);
  assertEquals(numbersAt(end), [100, 2]);
});

Deno.test("where no key has begun by this clock, the oldest seals", () => {
  assertEquals(numbers(inOrder([key(2, 20), key(1, 10)], 5)), [1, 2]);
});

Deno.test("a key of a clock that is far ahead does not end the rotation", () => {
  const year = 8760 * HOUR;
  const make = maker();
  const ring = rotated([key(2, year), key(1, 0)], 11 * HOUR, times, make);
  assertEquals(ring, [key(2, year), key(100, 12 * HOUR), key(1, 0)]);
  assertEquals(numbers(inOrder(ring, 12 * HOUR)), [100, 2, 1]);
  assertEquals(rotated(ring, 12 * HOUR, times, make), ring);
  // Where there is no other, the others have time to read a new one.
  const alone = rotated([key(2, year)], 0, times, make);
  assertEquals(alone, [key(2, year), key(101, HOUR)]);
  // A clock that is a bit ahead only makes them wait.
  assertEquals(rotated([key(2, HOUR)], 0, times, make), [key(2, HOUR)]);
});

Deno.test("rings of two machines become one, the newest key first", () => {
  const ring = merged([key(1, 0), key(3, 30)], [key(2, 10), key(1, 0)]);
  assertEquals(numbers(ring.map(({ material }) => material)), [3, 2, 1]);
  assertEquals(isSameRing(ring, ring.toReversed()), true);
  assertEquals(isSameRing(ring, ring.slice(1)), false);
  assertEquals(isSameRing(ring, [key(4, 0), ...ring.slice(1)]), false);
});

Deno.test("a ring is the same after it was stored", () => {
  const ring = [key(2, 12 * HOUR), key(1, 0)];
  assertEquals(decodeRing(encodeRing(ring)), ring);
});

for (
  const [what, text] of [
    ["no JSON", "x"],
    ["no list", `{"from":1}`],
    ["no keys", `[1]`],
    ["a key of 47 bytes", `[{"material":"${"A".repeat(63)}=","from":1}]`],
    ["a key without a time", `[{"material":"${"A".repeat(64)}"}]`],
  ]
) {
  Deno.test(`what a store has may be ${what}: that is no ring`, () => {
    assertEquals(decodeRing(new TextEncoder().encode(text)), undefined);
  });
}
