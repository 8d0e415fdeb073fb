/**
 * The AEAD algorithms of TLS (RFC 9846 section 5.2, RFC 5288, RFC 7905), one
 * row an algorithm, and which implementation does what. Medians in µs with
 * Deno 2.9.6 on 2 cores, seal; WebCrypto with 1 · 8 in flight:
 *
 * | bytes | AES-128-GCM WebCrypto | node | noble | ChaCha20 WebCrypto | node | noble |
 * |--:|--:|--:|--:|--:|--:|--:|
 * | 32 | 38 · 8 | 5 | 18 | 56 · 6 | 3 | 12 |
 * | 1024 | 48 · 9 | 8 | 27 | 52 · 6 | 4 | 15 |
 * | 4096 | 58 · 12 | 19 | 71 | 55 · 6 | 6 | 21 |
 * | 16384 | 56 · 21 | 76 | 247 | 53 · 14 | 12 | 79 |
 *
 * So ChaCha20-Poly1305 runs on `node:crypto` at all sizes, AES-GCM below
 * {@linkcode BULK_LENGTH}; until `node:crypto` is worth its loading time small
 * ChaCha20-Poly1305 messages run on noble, but for the first few of a process,
 * which noble's own loading would slow down. All else runs on WebCrypto, which
 * has the other cores to itself while this thread prepares the next record.
 *
 * @module
 */

import { NodeAeadKey } from "./aead_node.ts";
import {
  nobleAesGcmKey,
  nobleChaCha20Poly1305Key,
  nobleChaCha20Poly1305KeyIfBusy,
} from "./aead_noble.ts";
import { WebCryptoAeadKey } from "./aead_webcrypto.ts";
import { nodeCryptoIfBusy } from "./node_crypto.ts";
import type {
  AeadAlgorithm,
  AeadKey,
  MaybePromise,
  Sealed,
} from "./provider.ts";

/** AES-128-GCM (RFC 5116 section 5.1). */
export const aes128gcm: AeadAlgorithm = aesGcm("AES-128-GCM", 16);
/** AES-256-GCM (RFC 5116 section 5.2). */
export const aes256gcm: AeadAlgorithm = aesGcm("AES-256-GCM", 32);

/** ChaCha20-Poly1305 (RFC 8439 section 2.8). */
export const chacha20poly1305: AeadAlgorithm = {
  name: "ChaCha20-Poly1305",
  keyLength: 32,
  nonceLength: 12,
  tagLength: 16,
  // RFC 9846 section 5.5: the sequence number wraps before the limit is met.
  confidentialityLimit: Number.MAX_SAFE_INTEGER,
  importKey: (key) => chaCha20Poly1305Key(checkedKey(key, 32)),
};

function aesGcm(name: string, keyLength: number): AeadAlgorithm {
  const cipher = `aes-${keyLength * 8}-gcm`;
  return {
    name,
    keyLength,
    nonceLength: 12,
    tagLength: 16,
    // RFC 9846 section 5.5: 2^24.5 full-size records.
    confidentialityLimit: Math.floor(2 ** 24.5),
    importKey: (key) => aesGcmKey(cipher, checkedKey(key, keyLength)),
  };
}

/** Small messages to `node:crypto` once it is loaded, all else to WebCrypto. */
function aesGcmKey(cipher: string, key: Uint8Array): AeadKey {
  const bulk = new WebCryptoAeadKey(
    { name: "AES-GCM", format: "raw" },
    key,
    nobleAesGcmKey,
  );
  let small: AeadKey | undefined;
  return new AeadKeyBySize((length) => {
    if (length >= BULK_LENGTH) return bulk;
    if (small === undefined) {
      const node = nodeCryptoIfBusy();
      if (node === undefined) return bulk;
      small = new NodeAeadKey(node, cipher, key);
    }
    return small;
  });
}

/** `node:crypto` once it is loaded; before, noble or WebCrypto by size. */
function chaCha20Poly1305Key(key: Uint8Array): AeadKey {
  let small: AeadKey | undefined;
  let bulk: AeadKey | undefined;
  let loaded: AeadKey | undefined;
  return new AeadKeyBySize((length) => {
    if (loaded !== undefined) return loaded;
    const node = nodeCryptoIfBusy();
    if (node !== undefined) {
      return loaded = new NodeAeadKey(node, "chacha20-poly1305", key);
    }
    if (length < BULK_LENGTH) {
      small ??= nobleChaCha20Poly1305KeyIfBusy(key);
      if (small !== undefined) return small;
    }
    return bulk ??= new WebCryptoAeadKey(
      { name: "ChaCha20-Poly1305", format: "raw-secret" },
      key,
      nobleChaCha20Poly1305Key,
    );
  });
}

/** A key on several implementations, of which one is chosen for each message. */
class AeadKeyBySize implements AeadKey {
  readonly #keyFor: (length: number) => AeadKey;

  constructor(keyFor: (length: number) => AeadKey) {
    this.#keyFor = keyFor;
  }

  seal(
    nonce: Uint8Array,
    plaintext: Uint8Array,
    additionalData: Uint8Array,
  ): Sealed {
    const key = this.#keyFor(plaintext.length);
    return key.seal(nonce, plaintext, additionalData);
  }

  open(
    nonce: Uint8Array,
    ciphertext: Uint8Array,
    additionalData: Uint8Array,
  ): MaybePromise<Uint8Array> {
    const key = this.#keyFor(ciphertext.length);
    return key.open(nonce, ciphertext, additionalData);
  }
}

function checkedKey(key: Uint8Array, length: number): Uint8Array {
  if (key.length !== length) {
    throw new RangeError(
      `Cannot import the key: expected ${length} bytes, got ${key.length}`,
    );
  }
  return new Uint8Array(key);
}

/**
 * From this length on AES-GCM goes to WebCrypto. One 4 KiB message alone would
 * still be done sooner by `node:crypto` (19 µs to 58), a stream of them not
 * (19 to 12), and a stream is what records of that size come from.
 */
export const BULK_LENGTH = 4096;
