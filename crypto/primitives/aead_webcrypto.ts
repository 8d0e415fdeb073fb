/**
 * AEAD keys on WebCrypto: asynchronous, on other threads, the fastest for
 * many large messages at once.
 *
 * @module
 */

import { badTag } from "./aead_error.ts";
import { bufferSource } from "./bytes.ts";
import type { AeadKey, MaybePromise } from "./provider.ts";
import { joined } from "./sealed.ts";

/** How an algorithm is called in WebCrypto. */
export interface WebCryptoAead {
  /** `"AES-GCM"` or `"ChaCha20-Poly1305"`. */
  readonly name: string;
  /** The format of its raw keys: ChaCha20-Poly1305 knows `"raw-secret"` only. */
  readonly format: "raw" | "raw-secret";
}

/**
 * An {@linkcode AeadKey} that seals and opens with WebCrypto. The key is
 * imported once, when it is first needed, and not extractable. WebCrypto
 * copies its inputs before a call returns (W3C WebCrypto section 14.3.1 step
 * 2), so callers may reuse them; before there is a key we do. The slice() of a
 * Buffer of Node would be no copy.
 */
export class WebCryptoAeadKey implements AeadKey {
  readonly #aead: WebCryptoAead;
  readonly #raw: Uint8Array<ArrayBuffer>;
  readonly #fallback: (key: Uint8Array) => MaybePromise<AeadKey>;
  #key: CryptoKey | undefined;
  #imported: Promise<CryptoKey | AeadKey> | undefined;

  /**
   * Keeps the key, which must not change, and what to use where the runtime's
   * WebCrypto does not have the algorithm.
   */
  constructor(
    aead: WebCryptoAead,
    key: Uint8Array,
    fallback: (key: Uint8Array) => MaybePromise<AeadKey>,
  ) {
    this.#aead = aead;
    this.#raw = bufferSource(key);
    this.#fallback = fallback;
  }

  seal(
    nonce: Uint8Array,
    plaintext: Uint8Array,
    additionalData: Uint8Array,
  ): { ciphertext: Promise<Uint8Array> } {
    const ciphertext = this.#key === undefined
      ? this.#sealLater(
        new Uint8Array(nonce),
        new Uint8Array(plaintext),
        new Uint8Array(additionalData),
      )
      : crypto.subtle.encrypt(
        this.#parameters(nonce, additionalData),
        this.#key,
        bufferSource(plaintext),
      ).then(toBytes);
    return { ciphertext };
  }

  open(
    nonce: Uint8Array,
    ciphertext: Uint8Array,
    additionalData: Uint8Array,
  ): Promise<Uint8Array> {
    return this.#key === undefined
      ? this.#openLater(
        new Uint8Array(nonce),
        new Uint8Array(ciphertext),
        new Uint8Array(additionalData),
      )
      : crypto.subtle.decrypt(
        this.#parameters(nonce, additionalData),
        this.#key,
        bufferSource(ciphertext),
      ).then(toBytes, refuse);
  }

  async #sealLater(
    nonce: Uint8Array,
    plaintext: Uint8Array,
    additionalData: Uint8Array,
  ): Promise<Uint8Array> {
    const key = await this.#import();
    const sealing = "seal" in key ? key : this;
    return await joined(sealing.seal(nonce, plaintext, additionalData));
  }

  async #openLater(
    nonce: Uint8Array,
    ciphertext: Uint8Array,
    additionalData: Uint8Array,
  ): Promise<Uint8Array> {
    const key = await this.#import();
    const opening = "open" in key ? key : this;
    return opening.open(nonce, ciphertext, additionalData);
  }

  #import(): Promise<CryptoKey | AeadKey> {
    return this.#imported ??= this.#importOrFallBack();
  }

  async #importOrFallBack(): Promise<CryptoKey | AeadKey> {
    const { name, format } = this.#aead;
    if (missing.has(name)) return this.#fallback(this.#raw);
    try {
      return this.#key = await crypto.subtle.importKey(
        // TypeScript's own type of the formats does not have "raw-secret" yet.
        format as "raw",
        this.#raw,
        name,
        false,
        ["encrypt", "decrypt"],
      );
    } catch {
      missing.add(name);
      return this.#fallback(this.#raw);
    }
  }

  #parameters(nonce: Uint8Array, additionalData: Uint8Array): AesGcmParams {
    return {
      name: this.#aead.name,
      iv: bufferSource(nonce),
      additionalData: bufferSource(additionalData),
    };
  }
}

function toBytes(buffer: ArrayBuffer): Uint8Array {
  return new Uint8Array(buffer);
}

/** Web Cryptography section 27.4.2: a tag that does not match. */
function refuse(cause: unknown): never {
  if (cause instanceof DOMException && cause.name === "OperationError") {
    throw badTag(cause);
  }
  throw cause;
}

/** Algorithms that this runtime's WebCrypto was found not to have. */
const missing = new Set<string>();
