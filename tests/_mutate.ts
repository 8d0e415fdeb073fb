/**
 * Seeded mutations of bytes, for tests of what readers do with input that is
 * nearly right. The same seed gives the same inputs on every machine.
 *
 * @module
 */

import { concat } from "@std/bytes";

/** Numbers from 0 up to, and without, `limit`. */
export type Random = (limit: number) => number;

/** A generator of pseudo-random numbers (Marsaglia's xorshift32). */
export function seededRandom(seed: number): Random {
  let state = (seed ^ 0x9e3779b9) >>> 0 || 1;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}

/** Yields `count` mutated copies of the inputs, one input after another. */
export function* mutations(
  inputs: readonly Uint8Array[],
  count: number,
  seed: number,
): Generator<Uint8Array<ArrayBuffer>> {
  if (inputs.length === 0) {
    throw new TypeError("Cannot mutate without an input");
  }
  const random = seededRandom(seed);
  for (let at = 0; at < count; at++) {
    let bytes = new Uint8Array(inputs[at % inputs.length] as Uint8Array);
    // Mostly one fault, as real ones come; at times several.
    for (let left = 1 + random(4) * random(2); left > 0; left--) {
      bytes = pick(kinds, random)(bytes, random);
    }
    yield bytes;
  }
}

type Mutation = (
  bytes: Uint8Array<ArrayBuffer>,
  random: Random,
) => Uint8Array<ArrayBuffer>;

/** Changes one bit. */
function flipBit(bytes: Uint8Array<ArrayBuffer>, random: Random) {
  if (bytes.length === 0) return bytes;
  const at = random(bytes.length);
  bytes[at] = (bytes[at] as number) ^ 1 << random(8);
  return bytes;
}

/** Puts an interesting value, or any one, in place of a byte. */
function replaceByte(bytes: Uint8Array<ArrayBuffer>, random: Random) {
  if (bytes.length === 0) return bytes;
  bytes[random(bytes.length)] = random(2) === 0
    ? random(256)
    : pick([0x00, 0x01, 0x7f, 0x80, 0x81, 0x82, 0x84, 0xff], random);
  return bytes;
}

/** Cuts off the end. */
function truncate(bytes: Uint8Array<ArrayBuffer>, random: Random) {
  return bytes.slice(0, random(bytes.length + 1));
}

/** Takes out a piece. */
function remove(bytes: Uint8Array<ArrayBuffer>, random: Random) {
  const [start, end] = span(bytes, random);
  return concat([bytes.subarray(0, start), bytes.subarray(end)]);
}

/** Writes a piece a second time. */
function duplicate(bytes: Uint8Array<ArrayBuffer>, random: Random) {
  const [start, end] = span(bytes, random);
  return concat([bytes.subarray(0, end), bytes.subarray(start)]);
}

/** Puts random bytes between two others. */
function insert(bytes: Uint8Array<ArrayBuffer>, random: Random) {
  const at = random(bytes.length + 1);
  const added = Uint8Array.from({ length: 1 + random(8) }, () => random(256));
  return concat([bytes.subarray(0, at), added, bytes.subarray(at)]);
}

/** Changes the length of what looks like a DER element. */
function editLength(bytes: Uint8Array<ArrayBuffer>, random: Random) {
  const at = findElement(bytes, random);
  if (at === undefined) return flipBit(bytes, random);
  const change = pick([-2, -1, 1, 2, 0x40, 0x80], random);
  bytes[at + 1] = (bytes[at + 1] as number) + change;
  return bytes;
}

/** Changes the tag of what looks like a DER element. */
function editTag(bytes: Uint8Array<ArrayBuffer>, random: Random) {
  const at = findElement(bytes, random);
  if (at === undefined) return flipBit(bytes, random);
  bytes[at] = pick(
    [...elementTags, 0x05, 0x0a, 0x12, 0x1c, 0x1e, 0x1f, 0xbf],
    random,
  );
  return bytes;
}

/** Empties what looks like a DER element, and leaves all lengths around it. */
function emptyElement(bytes: Uint8Array<ArrayBuffer>, random: Random) {
  const at = findElement(bytes, random);
  if (at === undefined) return flipBit(bytes, random);
  bytes[at + 1] = 0;
  return bytes;
}

/** The place of a byte that is a common DER tag, from a random one on. */
function findElement(bytes: Uint8Array, random: Random): number | undefined {
  if (bytes.length < 2) return undefined;
  const start = random(bytes.length - 1);
  for (let at = start; at < bytes.length - 1; at++) {
    if (elementTags.includes(bytes[at] as number)) return at;
  }
  return undefined;
}

function span(bytes: Uint8Array, random: Random): [number, number] {
  const start = random(bytes.length + 1);
  return [start, Math.min(bytes.length, start + 1 + random(16))];
}

function pick<T>(items: readonly T[], random: Random): T {
  return items[random(items.length)] as T;
}

const elementTags: readonly number[] = [
  0x01,
  0x02,
  0x03,
  0x04,
  0x06,
  0x0c,
  0x13,
  0x16,
  0x17,
  0x18,
  0x30,
  0x31,
  0x80,
  0x82,
  0x87,
  0xa0,
  0xa3,
];

const kinds: readonly Mutation[] = [
  flipBit,
  replaceByte,
  truncate,
  remove,
  duplicate,
  insert,
  editLength,
  editLength,
  editTag,
  emptyElement,
];
