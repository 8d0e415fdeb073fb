/**
 * AEAD keys on noble: synchronous, and there in every runtime.
 *
 * @module
 */

import { Lazy } from "../../lazy.ts";
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

/** ChaCha20-Poly1305 with noble, which is loaded only here. */
export async function nobleChaCha20Poly1305Key(
  key: Uint8Array,
): Promise<AeadKey> {
  const { chacha20poly1305 } = await chacha.load();
  return new NobleAeadKey(chacha20poly1305, key);
}

/**
 * The same once it is worth its start: it was loaded already, or this was asked
 * {@linkcode NOBLE_BUSY_AFTER} times, which has it loaded.
 */
export function nobleChaCha20Poly1305KeyIfBusy(
  key: Uint8Array,
): AeadKey | undefined {
  const { loaded } = chacha;
  if (loaded !== undefined) {
    return new NobleAeadKey(loaded.chacha20poly1305, key);
  }
  if (++asked === NOBLE_BUSY_AFTER) chacha.prepare();
  return undefined;
}

/**
 * AES-GCM with noble, whose AES is loaded only here: that takes 6 ms, which a
 * program with WebCrypto does not spend.
 */
export async function nobleAesGcmKey(key: Uint8Array): Promise<AeadKey> {
  const { gcm } = await aes.load();
  return new NobleAeadKey(gcm, key);
}

/**
 * A small message gains some 35 µs over WebCrypto's. Loading, and the first
 * messages of code that has not run before, take 6 ms: a program that makes one
 * handshake or two does not spend them.
 */
export const NOBLE_BUSY_AFTER = 16;

let asked = 0;

const chacha = new Lazy(
  "ChaCha20-Poly1305 by noble",
  () => import("@noble/ciphers/chacha.js"),
);

const aes = new Lazy(
  "AES-GCM by noble",
  () => import("@noble/ciphers/aes.js"),
);
