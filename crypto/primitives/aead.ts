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

import { type AeadKeyOwner, nodeAeadKey } from "./aead_node.ts";
import {
  nobleAesGcmKey,
  nobleChaCha20Poly1305Key,
  nobleChaCha20Poly1305KeyIfBusy,
} from "./aead_noble.ts";
import { type WebCryptoAead, WebCryptoAeadKey } from "./aead_webcrypto.ts";
import { nodeCryptoIfBusy, prefersNodeCrypto } from "./node_crypto.ts";
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
  importKey: (key) => new ChaCha20Poly1305Key(checkedKey(key, 32)),
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
    importKey: (key) => new AesGcmKey(cipher, checkedKey(key, keyLength)),
  };
}

/** Small messages to `node:crypto` once it is loaded, all else to WebCrypto. */
class AesGcmKey implements AeadKey, AeadKeyOwner {
  readonly #cipher: string;
  readonly #key: Uint8Array<ArrayBuffer>;
  #bulk: AeadKey | undefined;
  #small: AeadKey | undefined;

  constructor(cipher: string, key: Uint8Array<ArrayBuffer>) {
    this.#cipher = cipher;
    this.#key = key;
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

  #keyFor(length: number): AeadKey {
    if (length < BULK_LENGTH || prefersNodeCrypto()) {
      if (this.#small !== undefined) return this.#small;
      const node = nodeCryptoIfBusy();
      const small = node && nodeAeadKey(
        node,
        this.#cipher,
        this.#key,
        this,
      );
      if (small !== undefined) return this.#small = small;
    }
    return this.other();
  }

  /** The key on WebCrypto. */
  other(): AeadKey {
    return this.#bulk ??= new WebCryptoAeadKey(
      AES_GCM,
      this.#key,
      nobleAesGcmKey,
    );
  }
}

/** `node:crypto` once it is loaded; before, noble or WebCrypto by size. */
class ChaCha20Poly1305Key implements AeadKey, AeadKeyOwner {
  readonly #key: Uint8Array<ArrayBuffer>;
  #loaded: AeadKey | undefined;
  #bulk: AeadKey | undefined;
  #small: AeadKey | undefined;

  constructor(key: Uint8Array<ArrayBuffer>) {
    this.#key = key;
  }

  seal(
    nonce: Uint8Array,
    plaintext: Uint8Array,
    additionalData: Uint8Array,
  ): Sealed {
    const key = this.#loaded ?? this.#keyFor(plaintext.length);
    return key.seal(nonce, plaintext, additionalData);
  }

  open(
    nonce: Uint8Array,
    ciphertext: Uint8Array,
    additionalData: Uint8Array,
  ): MaybePromise<Uint8Array> {
    const key = this.#loaded ?? this.#keyFor(ciphertext.length);
    return key.open(nonce, ciphertext, additionalData);
  }

  #keyFor(length: number): AeadKey {
    const node = nodeCryptoIfBusy();
    const loaded = node && nodeAeadKey(
      node,
      "chacha20-poly1305",
      this.#key,
      this,
    );
    if (loaded !== undefined) {
      this.#bulk = this.#small = undefined;
      return this.#loaded = loaded;
    }
    // Bun's lacks it, and its WebCrypto is faster than noble at all sizes.
    if (length < BULK_LENGTH && node === undefined) {
      this.#small ??= nobleChaCha20Poly1305KeyIfBusy(this.#key);
      if (this.#small !== undefined) return this.#small;
    }
    return this.other();
  }

  /** The key on WebCrypto. */
  other(): AeadKey {
    return this.#bulk ??= new WebCryptoAeadKey(
      CHACHA20_POLY1305,
      this.#key,
      nobleChaCha20Poly1305Key,
    );
  }
}

/** A copy of the key: the one that all implementations use. */
function checkedKey(key: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
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

const AES_GCM: WebCryptoAead = { name: "AES-GCM", format: "raw" };
const CHACHA20_POLY1305: WebCryptoAead = {
  name: "ChaCha20-Poly1305",
  format: "raw-secret",
};
