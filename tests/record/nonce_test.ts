import { assertEquals, assertThrows } from "@std/assert";
import { AeadNonce } from "../../record/nonce.ts";

Deno.test("AeadNonce next() exclusive-ors the sequence number from the right", () => {
  const nonce = new AeadNonce(new Uint8Array(12).fill(0xff));
  assertEquals(nonce.next(), new Uint8Array(12).fill(0xff));
  assertEquals(nonce.next()[11], 0xfe);
  assertEquals(nonce.next()[11], 0xfd);
  assertEquals(nonce.sequenceNumber, 3);
});

Deno.test("AeadNonce next() carries over bytes, and never repeats", () => {
  const nonce = new AeadNonce(new Uint8Array(12));
  const seen = new Set<string>();
  for (let count = 0; count < 70_000; count++) seen.add(`${nonce.next()}`);
  assertEquals(seen.size, 70_000);
  assertEquals(
    nonce.next(),
    // 70000 is 0x011170.
    Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0x01, 0x11, 0x70),
  );
});

Deno.test("AeadNonce next() has sequence numbers of more than 32 bits", () => {
  const iv = new Uint8Array(12).fill(0x80);
  for (
    const [number, middle, end] of [
      [2 ** 32 - 1, [0, 0, 0, 0], [0xff, 0xff, 0xff, 0xff]],
      [2 ** 32, [0, 0, 0, 1], [0, 0, 0, 0]],
      [2 ** 53 - 1, [0, 0x1f, 0xff, 0xff], [0xff, 0xff, 0xff, 0xff]],
    ] as const
  ) {
    const mask = [0, 0, 0, 0, ...middle, ...end];
    const wanted = Uint8Array.from(mask, (byte) => byte ^ 0x80);
    assertEquals(new AeadNonce(iv, number).next(), wanted, `${number}`);
  }
});

Deno.test("AeadNonce takes IVs of 12 bytes alone", () => {
  for (const length of [0, 8, 11, 13]) {
    assertThrows(() => new AeadNonce(new Uint8Array(length)), RangeError);
  }
});

Deno.test("AeadNonce next() of one key is not that of another", () => {
  const [one, other] = [3, 4].map((byte) =>
    new AeadNonce(new Uint8Array(12).fill(byte))
  );
  const first = one?.next().slice();
  assertEquals(other?.next(), new Uint8Array(12).fill(4));
  assertEquals(first, new Uint8Array(12).fill(3));
});

Deno.test("AeadNonce undo() returns the same nonce again", () => {
  const nonce = new AeadNonce(new Uint8Array(12));
  nonce.next();
  const second = nonce.next().slice();
  nonce.undo();
  assertEquals(nonce.next(), second);
});
