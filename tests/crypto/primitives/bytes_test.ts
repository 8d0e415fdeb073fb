import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import {
  bufferSource,
  equalConstantTime,
  owned,
  randomBytes,
} from "../../../crypto/primitives/bytes.ts";

Deno.test("equalConstantTime() finds each differing byte, and different lengths", () => {
  const a = randomBytes(48);
  assert(equalConstantTime(a, a.slice()));
  assert(equalConstantTime(new Uint8Array(), new Uint8Array()));
  for (let at = 0; at < a.length; at++) {
    const b = a.slice();
    b.set([b.at(at) === 0 ? 1 : 0], at);
    assert(!equalConstantTime(a, b), `byte ${at}`);
  }
  assert(!equalConstantTime(a, a.subarray(1)));
  assert(!equalConstantTime(a, new Uint8Array()));
});

Deno.test("randomBytes() returns more than getRandomValues does at once", () => {
  const bytes = randomBytes(65536 * 2 + 100);
  assertEquals(bytes.length, 65536 * 2 + 100);
  assert(bytes.subarray(-100).some((byte) => byte !== 0));
  assert(bytes.subarray(65536, 65636).some((byte) => byte !== 0));
  assert(randomBytes(32).toHex() !== randomBytes(32).toHex());
});

Deno.test("bufferSource() copies shared memory alone", () => {
  const plain = new Uint8Array([1, 2, 3]);
  assertStrictEquals(bufferSource(plain), plain);
  const shared = new Uint8Array(new SharedArrayBuffer(3));
  shared.set(plain);
  const copy = bufferSource(shared);
  assert(copy.buffer instanceof ArrayBuffer);
  assertEquals(copy, plain);
});

Deno.test("owned() returns a Uint8Array that holds its whole buffer", () => {
  const plain = new Uint8Array([1, 2, 3]);
  assertStrictEquals(owned(plain), plain);
  const part = owned(plain.subarray(1));
  assertEquals(part, new Uint8Array([2, 3]));
  assertEquals(part.buffer.byteLength, 2);
  const shared = new Uint8Array(new SharedArrayBuffer(3));
  shared.set(plain);
  const copy = owned(shared);
  assert(copy.buffer instanceof ArrayBuffer);
  assertEquals(copy, plain);
  class Derived extends Uint8Array<ArrayBuffer> {}
  const derived = owned(new Derived(plain.buffer));
  assertEquals(Object.getPrototypeOf(derived), Uint8Array.prototype);
  assertEquals(derived, plain);
});
