import { Buffer } from "node:buffer";
import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  BUFFER_POOLS,
  BufferPool,
  freeOwned,
  poolFor,
} from "../../record/buffers.ts";
import { RecordInput } from "../../record/input.ts";
import { Share } from "../../record/share.ts";
import { seededRandom } from "../_mutate.ts";

const [SMALL, MEDIUM, LARGE] = BUFFER_POOLS;

/** Fills up to `length` bytes that count up from `from`. */
function fill(input: RecordInput, needed: number, length: number, from = 0) {
  const room = input.room(needed);
  const filled = Math.min(room.length, length);
  for (let at = 0; at < filled; at++) room[at] = from + at;
  input.filled(filled);
  return filled;
}

Deno.test("BufferPool reuses buffers, up to its limit", () => {
  const pool = new BufferPool(8, 2);
  const buffers = [pool.take(), pool.take(), pool.take()];
  assertEquals(new Set(buffers).size, 3);
  for (const buffer of buffers) pool.give(buffer);
  const again = [pool.take(), pool.take(), pool.take()];
  assertEquals(again.filter((buffer) => buffers.includes(buffer)).length, 2);
  assertEquals(new Set(again).size, 3);
});

Deno.test("freeOwned() frees bytes with what stands beside them, if they are many", () => {
  const { buffer } = new Uint8Array(4097);
  freeOwned(new Uint8Array(buffer, 0, 4096));
  assertEquals([buffer.byteLength, buffer.detached], [0, true]);
  const few = new Uint8Array(4095);
  freeOwned(few);
  assertEquals(few.length, 4095);
});

Deno.test("poolFor() returns the smallest buffers that are large enough", () => {
  assertEquals(poolFor(1), SMALL);
  assertEquals(poolFor(SMALL.size + 1), MEDIUM);
  assertEquals(poolFor(LARGE.size), LARGE);
  assertEquals(poolFor(LARGE.size + 1), undefined);
});

Deno.test("RecordInput begins with initial data, of which it has a copy", () => {
  const initialData = Uint8Array.of(1, 2, 3);
  const input = new RecordInput(initialData, new Share());
  initialData.fill(0);
  assertEquals(input.length, 3);
  assertEquals(input.take(2).bytes, Uint8Array.of(1, 2));
  fill(input, 5, 4, 10);
  assertEquals(input.take(5).bytes, Uint8Array.of(3, 10, 11, 12, 13));
});

Deno.test("RecordInput uses a small buffer for an idle reader", () => {
  assertEquals(
    new RecordInput(undefined, new Share()).room(5).length,
    SMALL.size,
  );
});

Deno.test("RecordInput uses larger buffers for a fast transport, then smaller ones", () => {
  const input = new RecordInput(undefined, new Share());
  const sizes: number[] = [];
  for (
    const part of [1, 1, 1, 1, 1, 0.99, 0.04, 1, 0.01, 0.01, 0.01]
  ) {
    const room = input.room(5);
    sizes.push(room.length);
    input.filled(Math.floor(room.length * part));
    input.release(input.take(input.length));
  }
  assertEquals(
    sizes,
    [
      ...[SMALL, MEDIUM, LARGE, LARGE, LARGE, LARGE, LARGE],
      ...[MEDIUM, LARGE, MEDIUM, SMALL],
    ].map(({ size }) => size),
  );
});

Deno.test("RecordInput makes room for a whole record", () => {
  const input = new RecordInput(undefined, new Share());
  fill(input, 5, 5);
  assert(input.room(5 + 2 ** 14 + 2048).length >= 2 ** 14 + 2048);
  assertEquals(input.peek(9), Uint8Array.of(0, 1, 2, 3, 4));
});

Deno.test("RecordInput reads on into a buffer without moving anything", () => {
  const input = new RecordInput(undefined, new Share());
  fill(input, 5, 100);
  const first = input.take(60);
  fill(input, 50, 100, 100);
  const second = input.take(140);
  assertEquals(first.chunk, second.chunk);
  assertEquals(second.bytes.subarray(0, 41).at(-1), 100);
});

Deno.test("RecordInput leaves slices alone until they are released", () => {
  const input = new RecordInput(undefined, new Share());
  fill(input, 5, SMALL.size);
  const slice = input.take(SMALL.size);
  const bytes = slice.bytes.slice();
  for (let count = 0; count < 5; count++) {
    fill(input, 5, MEDIUM.size, 77);
    input.release(input.take(input.length));
  }
  assertEquals(slice.bytes, bytes);
  input.release(slice);
});

Deno.test("RecordInput returns no more than there is", () => {
  const input = new RecordInput(undefined, new Share());
  assertThrows(() => input.take(1), RangeError);
  fill(input, 5, 3);
  assertThrows(() => input.take(4), RangeError);
  const room = input.room(5);
  assertThrows(() => input.filled(room.length + 1), RangeError);
});

/** Whether the pool would give this buffer next. */
function isSpare(pool: BufferPool, buffer: ArrayBufferLike): boolean {
  const next = pool.take();
  pool.give(next);
  return next.buffer === buffer;
}

Deno.test("RecordInput refuses to take bytes before any came", () => {
  assertThrows(() => new RecordInput().take(0), RangeError);
  assertThrows(() => new RecordInput(new Uint8Array(0)).take(1), RangeError);
});

Deno.test("RecordInput halves its buffers from a read of half the smaller one on", () => {
  for (const [more, size] of [[0, SMALL.size], [1, MEDIUM.size]] as const) {
    const input = new RecordInput(undefined, new Share());
    fill(input, 5, SMALL.size);
    input.release(input.take(input.length));
    assertEquals(input.room(5).length, MEDIUM.size);
    input.filled(SMALL.size / 2 + more);
    input.release(input.take(input.length));
    assertEquals(input.room(5).length, size);
  }
});

Deno.test("RecordInput gives its largest buffer up for a read that the smaller one holds", () => {
  for (const [more, size] of [[0, MEDIUM.size], [1, LARGE.size]] as const) {
    const input = new RecordInput(undefined, new Share());
    for (const { size } of [SMALL, MEDIUM]) {
      fill(input, 5, size);
      input.release(input.take(input.length));
    }
    assertEquals(input.room(5).length, LARGE.size);
    input.filled(MEDIUM.size + more);
    input.release(input.take(input.length));
    assertEquals(input.room(5).length, size);
  }
});

Deno.test("RecordInput fills an empty buffer again if the record fits into it", () => {
  for (const [more, isSame] of [[0, true], [1, false]] as const) {
    const input = new RecordInput(undefined, new Share());
    const { buffer } = input.room(5);
    input.filled(10);
    input.release(input.take(10));
    const room = input.room(SMALL.size + more);
    assertEquals(room.buffer === buffer, isSame);
    assertEquals(room.length, isSame ? SMALL.size : MEDIUM.size);
  }
});

Deno.test("RecordInput reads on while an eighth of the buffer is free and enough", () => {
  const eighth = SMALL.size / 8;
  for (
    const [filled, missing, isSame] of [
      [SMALL.size - eighth, eighth, true],
      [SMALL.size - eighth, eighth + 1, false],
      [SMALL.size - eighth + 1, 1, false],
    ] as const
  ) {
    const input = new RecordInput(undefined, new Share());
    const { buffer } = input.room(5);
    input.filled(filled);
    const room = input.room(filled + missing);
    assertEquals(room.buffer === buffer, isSame);
  }
});

Deno.test("RecordInput moves an eighth of the buffer or less to its front", () => {
  const eighth = SMALL.size / 8;
  for (
    const [left, isTaken, room] of [
      [eighth, false, SMALL.size - eighth],
      [eighth + 1, false, SMALL.size / 2 - eighth - 1],
      // Another slice is still needed.
      [eighth, true, SMALL.size / 2 - eighth],
    ] as const
  ) {
    const input = new RecordInput(undefined, new Share());
    input.room(5);
    const taken = SMALL.size / 2;
    fill(input, 5, taken + left, 7);
    const slice = input.take(taken);
    if (!isTaken) input.release(slice);
    assertEquals(input.room(left + 1).length, room);
    input.filled(1);
    const bytes = Uint8Array.from({ length: left }, (_, at) => 7 + taken + at);
    assertEquals(input.peek(left), bytes);
  }
});

Deno.test("RecordInput gives a buffer back with its last slice", () => {
  const input = new RecordInput(undefined, new Share());
  fill(input, 5, SMALL.size);
  const [first, second] = [input.take(100), input.take(SMALL.size - 100)];
  const { buffer } = first.bytes;
  input.release(first);
  // The current one goes on being filled.
  assert(!isSpare(SMALL, buffer));
  assert(input.room(5).buffer !== buffer);
  assert(!isSpare(SMALL, buffer));
  input.release(second);
  assert(isSpare(SMALL, buffer));
});

Deno.test("RecordInput gives back a buffer that is replaced, empty or not", () => {
  for (const left of [0, 10]) {
    const input = new RecordInput(undefined, new Share());
    const { buffer } = input.room(5);
    input.filled(SMALL.size);
    input.release(input.take(SMALL.size - left));
    assert(input.room(5 + 2 ** 14).length > SMALL.size);
    assertEquals(input.length, left);
    assert(isSpare(SMALL, buffer));
  }
});

Deno.test("RecordInput clear() gives its buffer back, except to a transport that fills it", () => {
  for (const isRead of [true, false]) {
    const input = new RecordInput(undefined, new Share());
    const { buffer } = input.room(5);
    if (isRead) input.filled(5);
    input.clear();
    assertEquals(input.length, 0);
    assertEquals(isSpare(SMALL, buffer), isRead);
  }
});

Deno.test("RecordInput clear() leaves a buffer to slices that are not released", () => {
  const input = new RecordInput(undefined, new Share());
  fill(input, 5, 10);
  const slice = input.take(10);
  input.clear();
  assert(!isSpare(SMALL, slice.bytes.buffer));
  input.release(slice);
  assert(isSpare(SMALL, slice.bytes.buffer));
});

Deno.test("RecordInput returns bytes in order, for any pieces", () => {
  const random = seededRandom(3);
  for (let round = 0; round < 20; round++) {
    const input = new RecordInput(undefined, new Share());
    const held: { slice: ReturnType<RecordInput["take"]>; from: number }[] = [];
    let written = 0;
    let read = 0;
    while (written < 300_000) {
      const needed = 5 + random(18000);
      written += fill(input, input.length + needed, 1 + random(70000), written);
      while (input.length > 0 && random(5) > 0) {
        const slice = input.take(1 + random(Math.min(input.length, 17000)));
        held.push({ slice, from: read });
        read += slice.bytes.length;
      }
      for (const { slice, from } of held.splice(random(held.length + 1))) {
        const isWhole = slice.bytes.every((byte, at) =>
          byte === (from + at & 0xff)
        );
        assert(isWhole, `round ${round}, from ${from}`);
        input.release(slice);
      }
    }
  }
});

Deno.test("RecordInput copies what it begins with, also a Buffer", () => {
  const bytes = Buffer.of(1, 2, 3);
  const input = new RecordInput(bytes);
  bytes.fill(0);
  assertEquals(input.peek(3), Uint8Array.of(1, 2, 3));
});
