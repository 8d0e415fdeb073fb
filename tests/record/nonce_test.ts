import { assertEquals } from "@std/assert";
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

Deno.test("AeadNonce undo() returns the same nonce again", () => {
  const nonce = new AeadNonce(new Uint8Array(12));
  nonce.next();
  const second = nonce.next().slice();
  nonce.undo();
  assertEquals(nonce.next(), second);
});
