/**
 * The ticket keys that machines share, each with the time from which it seals.
 *
 * A new key is in the store for a while before it seals anything, so that by
 * then all machines have read it, and can open what is sealed under it.
 *
 * @module
 */

import { decodeBase64, encodeBase64, toHex } from "../encoding.ts";

/** A ticket key. */
export interface RingKey {
  /** Its 48 random bytes. */
  readonly material: Uint8Array;
  /** From when on it seals, in milliseconds since 1970. */
  readonly from: number;
}

/** Keys, the newest first. */
export type Ring = readonly RingKey[];

/** When keys come and go. All times are in milliseconds. */
export interface RingTimes {
  /** How long a key seals. */
  readonly rotation: number;
  /** How long before that a key is in the store. */
  readonly overlap: number;
  /** How long a ticket may be used. */
  readonly lifetime: number;
}

/** The keys of both rings, each once. */
export function merged(one: Ring, other: Ring): Ring {
  const keys = new Map<string, RingKey>();
  for (const key of [...one, ...other]) keys.set(toHex(key.material), key);
  return [...keys.values()].sort((a, b) => b.from - a.from);
}

/** The keys that open: the one that seals is the first. */
export function inOrder(ring: Ring, now: number): Uint8Array[] {
  // By a clock that is behind, none may have begun: then the oldest seals.
  const sealing = ring.find(({ from }) => from <= now) ?? ring.at(-1);
  const others = ring.filter((key) => key !== sealing);
  return [...sealing === undefined ? [] : [sealing], ...others]
    .map(({ material }) => material);
}

/**
 * The ring as it is to be now: with the key that comes next, once it is time for
 * that, and without those under which no ticket can be valid any more.
 *
 * @param material Makes a key.
 */
export function rotated(
  ring: Ring,
  now: number,
  times: RingTimes,
  material: () => Uint8Array,
): Ring {
  const keys = kept(ring, now, times);
  if (keys.length === 0) return [{ material: material(), from: now }];
  // A key that a clock far ahead has made must not end the rotation until then.
  const newest = keys.find(({ from }) =>
    from <= now + times.rotation + times.overlap
  );
  if (newest === undefined) {
    return merged(keys, [{ material: material(), from: now + times.overlap }]);
  }
  const end = newest.from + times.rotation;
  if (now < end - times.overlap) return keys;
  const from = Math.max(end, now + times.overlap);
  return merged([{ material: material(), from }], keys);
}

function kept(ring: Ring, now: number, { lifetime }: RingTimes): Ring {
  return ring.filter((_, at) => {
    const successor = ring[at - 1];
    return successor === undefined || successor.from + lifetime > now;
  });
}

/** Whether both have the same keys. */
export function isSameRing(one: Ring, other: Ring): boolean {
  return one.length === other.length &&
    merged(one, other).length === one.length;
}

/** The ring as bytes. */
export function encodeRing(ring: Ring): Uint8Array {
  const rows = ring.map(({ material, from }) => ({
    material: encodeBase64(material),
    from,
  }));
  return new TextEncoder().encode(JSON.stringify(rows));
}

/** The ring of bytes; `undefined` if they are none. */
export function decodeRing(bytes: Uint8Array): Ring | undefined {
  try {
    const rows: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return Array.isArray(rows) ? merged(rows.map(readKey), []) : undefined;
  } catch {
    return undefined;
  }
}

function readKey(row: { material: unknown; from: unknown }): RingKey {
  const material = decodeBase64(String(row.material));
  const from = Number(row.from);
  if (material?.length !== KEY_LENGTH || !Number.isSafeInteger(from)) {
    throw new TypeError("Cannot read the ring: this is no key");
  }
  return { material, from };
}

/** Bytes of a key, as Node.js has them. */
export const KEY_LENGTH = 48;
