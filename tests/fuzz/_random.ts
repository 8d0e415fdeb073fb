/**
 * Where the cases come from: a seed and a number, nothing else.
 *
 * @module
 */

import { type Random, seededRandom } from "../_mutate.ts";

export type { Random };

/** The random numbers of one case: it can be run again without those before. */
export function caseRandom(seed: number, index: number): Random {
  const mixed = Math.imul(seed + 0x6d2b79f5, 0x9e3779b1) ^
    Math.imul(index + 1, 0x85ebca6b);
  const random = seededRandom(mixed);
  // The first numbers of neighbouring states are alike.
  for (let at = 0; at < 4; at++) random(2);
  return random;
}

/** One of the items. */
export function pick<T>(items: readonly T[], random: Random): T {
  return items[random(items.length)] as T;
}

/** Random bytes. */
export function someBytes(
  random: Random,
  length: number,
): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, () => random(256));
}

/** The bytes in pieces: whole, one by one, or as chance has it. */
export function partition(bytes: Uint8Array, random: Random): Uint8Array[] {
  const kind = random(4);
  if (kind < 2 || bytes.length === 0) return [bytes];
  const most = kind === 2 && bytes.length < 4096 ? 1 : 1 + random(600);
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const size = most === 1 ? 1 : 1 + random(most);
    pieces.push(bytes.subarray(at, at += size));
  }
  return pieces;
}
