/**
 * AEAD keys on `node:crypto`: synchronous, the fastest for small messages.
 *
 * @module
 */

import { badTag } from "./aead_error.ts";
import { owned } from "./bytes.ts";
import type { NodeCrypto } from "./node_crypto.ts";
import type { AeadKey } from "./provider.ts";

/** An {@linkcode AeadKey} that seals and opens with `node:crypto`. */
export class NodeAeadKey implements AeadKey {
  readonly #node: NodeCrypto;
  readonly #name: string;
  readonly #key: Uint8Array;

  /** Takes the cipher's name in OpenSSL. Keeps the key, which must not change. */
  constructor(node: NodeCrypto, name: string, key: Uint8Array) {
    this.#node = node;
    this.#name = name;
    this.#key = key;
  }

  seal(
    nonce: Uint8Array,
    plaintext: Uint8Array,
    additionalData: Uint8Array,
  ): { ciphertext: Uint8Array; tag: Uint8Array } {
    const cipher = this.#node.createCipheriv(
      this.#name,
      this.#key,
      nonce,
      OPTIONS,
    );
    cipher.setAAD(additionalData);
    const ciphertext = cipher.update(plaintext);
    cipher.final();
    return { ciphertext, tag: cipher.getAuthTag() };
  }

  open(
    nonce: Uint8Array,
    ciphertext: Uint8Array,
    additionalData: Uint8Array,
  ): Uint8Array {
    const end = ciphertext.length - TAG_LENGTH;
    if (end < 0) throw badTag();
    const decipher = this.#node.createDecipheriv(
      this.#name,
      this.#key,
      nonce,
      OPTIONS,
    );
    decipher.setAAD(additionalData);
    decipher.setAuthTag(ciphertext.subarray(end));
    const plaintext = decipher.update(ciphertext.subarray(0, end));
    try {
      decipher.final();
    } catch (cause) {
      throw badTag(cause);
    }
    return owned(plaintext);
  }
}

const TAG_LENGTH = 16;
const OPTIONS = { authTagLength: TAG_LENGTH };
