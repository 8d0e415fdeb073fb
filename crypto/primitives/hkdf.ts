/**
 * HKDF (RFC 5869) and what RFC 9846 section 7.1 builds on it, synchronous.
 *
 * @module
 */

import type { HashAlgorithm, HmacKey } from "./provider.ts";

/**
 * A pseudorandom key: its bytes, or, where several calls expand the same one,
 * the keyed HMAC of {@linkcode HashAlgorithm.hmacKey}.
 */
export type PseudorandomKey = Uint8Array | HmacKey;

/**
 * `HKDF-Extract(salt, IKM)` (RFC 5869 section 2.2). A salt that is used again may
 * be the keyed HMAC.
 */
export function hkdfExtract(
  hash: HashAlgorithm,
  salt: Uint8Array | HmacKey,
  inputKeyingMaterial: Uint8Array,
): Uint8Array {
  return salt instanceof Uint8Array
    ? hash.hmac(salt, inputKeyingMaterial)
    : salt.sign(inputKeyingMaterial);
}

/**
 * `HKDF-Expand(PRK, info, L)` (RFC 5869 section 2.3).
 *
 * @throws {RangeError} If `length` is more than 255 digests.
 */
export function hkdfExpand(
  hash: HashAlgorithm,
  key: PseudorandomKey,
  info: Uint8Array,
  length: number,
): Uint8Array {
  if (length > 255 * hash.length) {
    throw new RangeError(
      `Cannot expand to ${length} bytes: HKDF with ${hash.name} gives at most ${
        255 * hash.length
      }`,
    );
  }
  const keyed = key instanceof Uint8Array ? hash.hmacKey(key) : key;
  if (length <= hash.length) {
    // One block: nearly all that TLS asks for.
    const block = keyed.sign(info, FIRST);
    return length === hash.length ? block : block.slice(0, length);
  }
  const output = new Uint8Array(length);
  let block = new Uint8Array();
  for (let at = 0, index = 1; at < length; at += hash.length, index++) {
    block = new Uint8Array(keyed.sign(block, info, Uint8Array.of(index)));
    output.set(block.subarray(0, length - at), at);
  }
  return output;
}

/**
 * `HKDF-Expand-Label(Secret, Label, Context, Length)` (RFC 9846 section 7.1).
 *
 * @throws {RangeError} If label, context or length do not fit into HkdfLabel.
 */
export function hkdfExpandLabel(
  hash: HashAlgorithm,
  secret: PseudorandomKey,
  label: string,
  context: Uint8Array,
  length: number,
): Uint8Array {
  const info = context.length === 0
    ? labelAlone(label, length)
    : encodeLabel(label, context, length);
  return hkdfExpand(hash, secret, info, length);
}

/**
 * `Derive-Secret(Secret, Label, Messages)` (RFC 9846 section 7.1), given the
 * messages' Transcript-Hash.
 */
export function deriveSecret(
  hash: HashAlgorithm,
  secret: PseudorandomKey,
  label: string,
  transcriptHash: Uint8Array,
): Uint8Array {
  return hkdfExpandLabel(hash, secret, label, transcriptHash, hash.length);
}

/** The same without a context: keys, nonces and Finished have few lengths. */
function labelAlone(label: string, length: number): Uint8Array {
  const known = alone.get(label);
  if (known?.length === length) return known.encoded;
  const encoded = encodeLabel(label, EMPTY, length);
  if (labels.has(label)) alone.set(label, { length, encoded });
  return encoded;
}

/** `struct HkdfLabel`: uint16 length; opaque label<7..255>, context<0..255>. */
function encodeLabel(
  label: string,
  context: Uint8Array,
  length: number,
): Uint8Array {
  const name = encodedLabel(label);
  if (context.length > 255) {
    throw new RangeError(
      `Cannot use a context of ${context.length} bytes: 255 are allowed`,
    );
  }
  // Above 255 digests, far from what the field holds, hkdfExpand() refuses.
  if (!Number.isInteger(length) || length < 0) {
    throw new RangeError(`Cannot expand to ${length} bytes`);
  }
  const encoded = new Uint8Array(4 + name.length + context.length);
  encoded[0] = length >> 8;
  encoded[1] = length & 0xff;
  encoded[2] = name.length;
  encoded.set(name, 3);
  encoded[3 + name.length] = context.length;
  encoded.set(context, 4 + name.length);
  return encoded;
}

/** `"tls13 " + Label`; those of TLS itself come again with each handshake. */
function encodedLabel(label: string): Uint8Array {
  const known = labels.get(label);
  if (known !== undefined) return known;
  const name = encoder.encode(`tls13 ${label}`);
  if (name.length < 7 || name.length > 255) {
    throw new RangeError(
      `Cannot use a label of ${name.length - 6} bytes: 1 to 249 are allowed`,
    );
  }
  if (labels.size < MAX_LABELS) labels.set(label, name);
  return name;
}

const encoder = new TextEncoder();

const labels = new Map<string, Uint8Array>();

/** Of those labels, HkdfLabel without a context, of the length asked for last. */
const alone = new Map<
  string,
  { readonly length: number; readonly encoded: Uint8Array }
>();

const EMPTY: Uint8Array = new Uint8Array();

/** There are some twenty; exporters may have any number of others. */
const MAX_LABELS = 64;

/** The counter of `T(1)`. */
const FIRST: Uint8Array = Uint8Array.of(1);
