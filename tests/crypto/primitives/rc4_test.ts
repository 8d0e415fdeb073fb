import { assertEquals, assertThrows } from "@std/assert";
import { rc4, Rc4Key } from "../../../crypto/primitives/rc4.ts";

/** RFC 6229 section 2: key, then offset and 16 bytes of the key stream. */
const VECTORS: [string, Record<number, string>][] = [
  ["0102030405", {
    0: "b2396305f03dc027ccc3524a0a1118a8",
    16: "6982944f18fc82d589c403a47a0d0919",
  }],
  ["0102030405060708090a0b0c0d0e0f10", {
    0: "9ac7cc9a609d1ef7b2932899cde41b97",
    16: "5248c4959014126a6e8a84f11d1a9e1c",
    4096: "a36a4c301ae8ac13610ccbc12256cacc",
  }],
  ["ebb46227c6cc8b37641910833222772a", {
    0: "720c94b63edf44e131d950ca211a5a30",
    16: "c366fdeacf9ca80436be7c358424d20b",
    4096: "5bbeb4787d59e5373fdbea6c6f75c29b",
  }],
  ["0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20", {
    0: "eaa6bd25880bf93d3f5d1e4ca2611d91",
    16: "cfa45c9f7e714b54bdfa80027cb14380",
  }],
];

Deno.test("Rc4Key process() returns the key streams of RFC 6229", () => {
  for (const [key, offsets] of VECTORS) {
    const stream = new Rc4Key(Uint8Array.fromHex(key))
      .process(new Uint8Array(4112));
    for (const [at, expected] of Object.entries(offsets)) {
      const start = Number(at);
      assertEquals(stream.slice(start, start + 16).toHex(), expected, key);
    }
  }
});

Deno.test("Rc4Key process() continues the key stream, and is its own inverse", () => {
  const key = new Uint8Array(16).fill(7);
  const text = Uint8Array.from({ length: 1000 }, (_, at) => at);
  const whole = rc4.importKey(key).process(text);
  const pieces = rc4.importKey(key);
  const start = pieces.process(text.subarray(0, 333));
  const end = pieces.process(text.subarray(333));
  assertEquals([...start, ...end], [...whole]);
  assertEquals(rc4.importKey(key).process(whole), text);
});

Deno.test("Rc4Key refuses keys that are too short or too long", () => {
  for (const length of [5, 256]) {
    assertEquals(
      new Rc4Key(new Uint8Array(length)).process(new Uint8Array(3)).length,
      3,
    );
  }
  for (const length of [0, 4, 257]) {
    assertThrows(() => new Rc4Key(new Uint8Array(length)), RangeError);
  }
});
