import { assertEquals, assertThrows } from "@std/assert";
import {
  encode,
  opaque,
  uint16,
  uint24,
  uint32,
  uint8,
} from "../../record/codec.ts";

for (
  const [name, codec, size] of [
    ["uint8", uint8, 1],
    ["uint16", uint16, 2],
    ["uint24", uint24, 3],
    ["uint32", uint32, 4],
  ] as const
) {
  Deno.test(`encode() writes numbers that fit into ${name}, and no others`, () => {
    const end = 2 ** (8 * size);
    assertEquals(encode(codec, 0), new Uint8Array(size));
    assertEquals(encode(codec, end - 1), new Uint8Array(size).fill(255));
    for (const value of [-1, end]) {
      assertThrows(
        () => encode(codec, value),
        RangeError,
        `Cannot encode ${value} in ${size} bytes`,
      );
    }
  });
}

Deno.test("encode() writes opaque bytes of the one length", () => {
  assertEquals(encode(opaque(4), new Uint8Array(4)), new Uint8Array(4));
  for (const length of [0, 3, 5]) {
    assertThrows(
      () => encode(opaque(4), new Uint8Array(length)),
      RangeError,
      `expected 4 bytes, got ${length}`,
    );
  }
});
