/**
 * Stores of lists that were given lately: options are often written out anew for
 * each connection. A store of the same content has its certificates read, its
 * index made, and what was found out about them.
 *
 * @module
 */

import { bytesKey } from "../asn1/bytes.ts";
import { TrustStore } from "./trust_store.ts";

/**
 * Makes a store of a list, or gives the one that was made of the same content.
 *
 * @throws {TlsError} As `TrustStore.of()`.
 */
export function cachedStore(
  list: readonly (string | Uint8Array)[],
): TrustStore {
  const key = list.map(keyOf).join("");
  const known = cache.get(key);
  if (known !== undefined) {
    // A Map keeps the order of insertion: this one is the latest again.
    cache.delete(key);
    cache.set(key, known);
    return known;
  }
  const store = TrustStore.of(...list);
  if (key.length <= MAX_LENGTH) keep(key, store);
  return store;
}

function keep(key: string, store: TrustStore): void {
  cache.set(key, store);
  total += key.length;
  for (const oldest of cache.keys()) {
    if (cache.size <= MAX_STORES && total <= MAX_LENGTH) return;
    cache.delete(oldest);
    total -= oldest.length;
  }
}

/** Lists have the same key only if they have the same items. */
function keyOf(item: string | Uint8Array): string {
  return typeof item === "string"
    ? `text ${item.length} ${item}`
    : `bytes ${item.length} ${bytesKey(item)}`;
}

/** By content. The one that was not used for the longest time is the first. */
const cache = new Map<string, TrustStore>();

/** Of all keys together, in characters. */
let total = 0;

/** Different lists that a program may give in turn. */
const MAX_STORES = 32;

/** Twice the bundle of a system, in characters; longer lists are not kept. */
const MAX_LENGTH = 2 ** 19;
