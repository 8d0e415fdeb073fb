/**
 * The content of a CBC record, found with the same work whatever its padding
 * (RFC 5246 section 6.2.3.2, "implementations MUST ensure that record
 * processing time is essentially the same whether or not the padding is
 * correct").
 *
 * @module
 */

import type { HashAlgorithm } from "../crypto/primitives/provider.ts";

/**
 * Takes content, MAC and padding apart.
 *
 * @param padded Decrypted blocks, longer than the MAC.
 * @param hash That of the MAC.
 * @param mac Returns the MAC of the content; it also hashes `dummy`, whose
 * result is not used.
 * @returns The content, or `undefined` if padding or MAC are wrong.
 */
export function openPadded(
  padded: Uint8Array,
  hash: HashAlgorithm,
  mac: (content: Uint8Array, dummy: Uint8Array) => Uint8Array,
): Uint8Array | undefined {
  const { good, removed } = checkPadding(padded, hash.length);
  const longest = padded.length - hash.length - 1;
  const length = longest + 1 - removed;
  const rounds = roundsOf(longest, hash) - roundsOf(length, hash);
  const content = padded.subarray(0, length);
  const expected = mac(
    content,
    dummyBytes.subarray(0, rounds * blockLengthOf(hash)),
  );
  const received = extractMac(padded, length, hash.length);
  let difference = good ^ 0xff;
  for (let at = 0; at < hash.length; at++) {
    difference |= (expected[at] as number) ^ (received[at] as number);
  }
  return difference === 0 ? content : undefined;
}

/**
 * Looks at all bytes that may be padding, branching on none.
 *
 * @returns 0xff if it is right, else 0; and how many bytes it has with
 * padding_length: 1 if it is wrong, as RFC 5246 section 6.2.3.2 advises.
 */
function checkPadding(
  padded: Uint8Array,
  macLength: number,
): { good: number; removed: number } {
  const last = padded.length - 1;
  const paddingLength = padded[last] as number;
  // All ones if padding_length leaves room for the MAC.
  let good = ~((last - macLength - paddingLength) >> 31);
  const most = Math.min(MAX_PADDING_LENGTH, last);
  for (let at = 0; at <= most; at++) {
    // All ones for bytes that padding_length covers.
    const isPadding = ~((paddingLength - at) >> 31);
    good &= ~(isPadding & (paddingLength ^ (padded[last - at] as number)));
  }
  // All eight bits have to be left.
  good &= 0xff;
  good = ((good ^ 0xff) - 1) >> 31 & 0xff;
  return { good, removed: (good & paddingLength) + 1 };
}

/**
 * Copies the MAC from where it starts, reading every place where it might: by
 * turns into a buffer of its length, then turned so that it begins at 0.
 */
function extractMac(
  padded: Uint8Array,
  start: number,
  macLength: number,
): Uint8Array {
  const turned = new Uint8Array(macLength);
  const first = Math.max(0, padded.length - macLength - MAX_PADDING_LENGTH - 1);
  let turn = 0;
  for (let at = first, slot = 0; at < padded.length; at++) {
    // All ones inside of the MAC.
    const inside = ~((at - start) >> 31) & ((at - start - macLength) >> 31);
    // All ones at its first byte.
    const isStart = (((at - start) | (start - at)) >> 31) ^ -1;
    turned[slot] = (turned[slot] as number) | (padded[at] as number) & inside;
    turn |= slot & isStart;
    slot = slot + 1 === macLength ? 0 : slot + 1;
  }
  const mac = new Uint8Array(macLength);
  for (let to = 0; to < macLength; to++) {
    let byte = 0;
    for (let slot = 0; slot < macLength; slot++) {
      let from = turn + to;
      from -= macLength & ~((from - macLength) >> 31);
      const isFrom = (((slot - from) | (from - slot)) >> 31) ^ -1;
      byte |= (turned[slot] as number) & isFrom;
    }
    mac[to] = byte;
  }
  return mac;
}

/** How often the hash function compresses for content of this length. */
function roundsOf(contentLength: number, hash: HashAlgorithm): number {
  const blockLength = blockLengthOf(hash);
  // A one bit and the length in bits close a message (FIPS 180-4 section 5.1).
  const closing = 1 + blockLength / 8;
  return Math.ceil((MAC_HEADER_LENGTH + contentLength + closing) / blockLength);
}

/** In bytes (FIPS 180-4 section 1, RFC 1321). */
function blockLengthOf(hash: HashAlgorithm): number {
  return hash.length > 32 ? 128 : 64;
}

/** `padding_length` is one byte. */
const MAX_PADDING_LENGTH = 255;

/** seq_num, type, version, length. */
const MAC_HEADER_LENGTH = 13;

/** As many rounds as padding can make a difference of. */
const dummyBytes: Uint8Array = new Uint8Array(6 * 64);
