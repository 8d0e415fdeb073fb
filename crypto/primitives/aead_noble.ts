/**
 * AEAD keys on noble: synchronous, and there in every runtime.
 *
 * @module
 */

import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { badTag } from "./aead_error.ts";
import { owned } from "./bytes.ts";
import type { AeadKey } from "./provider.ts";

/** A cipher as noble's modules export it. */
export type NobleAead = (
  key: Uint8Array,
  nonce: Uint8Array,
  additionalData: Uint8Array,
) => {
  encrypt(plaintext: Uint8Array): Uint8Array;
  decrypt(ciphertext: Uint8Array): Uint8Array;
};

/** An {@linkcode AeadKey} that seals and opens with noble. */
class NobleAeadKey implements AeadKey {
  readonly #cipher: NobleAead;
  readonly #key: Uint8Array;

  /** Keeps the key, which must not change. */
  constructor(cipher: NobleAead, key: Uint8Array) {
    this.#cipher = cipher;
    this.#key = key;
  }

  seal(
    nonce: Uint8Array,
    plaintext: Uint8Array,
    additionalData: Uint8Array,
  ): { ciphertext: Uint8Array } {
    const cipher = this.#cipher(this.#key, nonce, additionalData);
    return { ciphertext: owned(cipher.encrypt(plaintext)) };
  }

  open(
    nonce: Uint8Array,
    ciphertext: Uint8Array,
    additionalData: Uint8Array,
  ): Uint8Array {
    try {
      return owned(
        this.#cipher(this.#key, nonce, additionalData).decrypt(ciphertext),
      );
    } catch (cause) {
      throw badTag(cause);
    }
  }
}

/** ChaCha20-Poly1305 with noble. */
export function nobleChaCha20Poly1305Key(key: Uint8Array): AeadKey {
  return new NobleAeadKey(chacha20poly1305, key);
}

/**
 * AES-GCM with noble, whose AES is loaded only here: that takes 6 ms, which a
 * program with WebCrypto does not spend.
 */
export async function nobleAesGcmKey(key: Uint8Array): Promise<AeadKey> {
  const { gcm } = await import("@noble/ciphers/aes.js");
  return new NobleAeadKey(gcm, key);
}
