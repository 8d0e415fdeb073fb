/**
 * AEAD keys on `node:crypto`: synchronous, the fastest for small messages.
 *
 * @module
 */

import { concat, equals } from "@std/bytes";
import { TlsProtocolError } from "../../errors.ts";
import { badTag } from "./aead_error.ts";
import { owned } from "./bytes.ts";
import {
  cipherKey,
  nodeCan,
  nodeCannot,
  type NodeCrypto,
  type NodeSecretKey,
} from "./node_crypto.ts";
import type { AeadKey, MaybePromise, Sealed } from "./provider.ts";

/**
 * A key on `node:crypto`, or `undefined` if it does not have the cipher. Should
 * it fail later all the same, the other implementation goes on, here and for all
 * keys that follow.
 *
 * @param name OpenSSL's name of the cipher.
 * @param key Must not change.
 * @param owner Makes the other one.
 */
export function nodeAeadKey(
  node: NodeCrypto,
  name: string,
  key: Uint8Array,
  owner: AeadKeyOwner,
): AeadKey | undefined {
  return nodeHasAead(node, name, key.length)
    ? new GuardedKey(name, new NodeAeadKey(node, name, key), owner)
    : undefined;
}

/** Whether `node:crypto` seals and opens with a cipher: it is tried once. */
export function nodeHasAead(
  node: NodeCrypto,
  name: string,
  keyLength: number,
): boolean {
  return nodeCan(name, () => {
    const key = new NodeAeadKey(node, name, new Uint8Array(keyLength));
    const [nonce, data] = [new Uint8Array(NONCE_LENGTH), new Uint8Array(1)];
    const { ciphertext, tag } = key.seal(nonce, data, data);
    const opened = key.open(nonce, concat([ciphertext, tag]), data);
    if (!equals(opened, data)) throw new TypeError("It opens something else");
  });
}

/** Has another implementation; an object, as each connection has two. */
export interface AeadKeyOwner {
  /** The key on the other implementation. */
  other(): AeadKey;
}

/** A key whose implementation is not used again once it has failed. */
class GuardedKey implements AeadKey {
  readonly #name: string;
  readonly #key: NodeAeadKey;
  readonly #owner: AeadKeyOwner;
  #fallback: AeadKey | undefined;

  constructor(name: string, key: NodeAeadKey, owner: AeadKeyOwner) {
    this.#name = name;
    this.#key = key;
    this.#owner = owner;
  }

  seal(
    nonce: Uint8Array,
    plaintext: Uint8Array,
    additionalData: Uint8Array,
  ): Sealed {
    if (this.#fallback === undefined) {
      try {
        return this.#key.seal(nonce, plaintext, additionalData);
      } catch {
        this.#giveUp();
      }
    }
    return this.#useOther().seal(nonce, plaintext, additionalData);
  }

  open(
    nonce: Uint8Array,
    ciphertext: Uint8Array,
    additionalData: Uint8Array,
  ): MaybePromise<Uint8Array> {
    if (this.#fallback === undefined) {
      try {
        return this.#key.open(nonce, ciphertext, additionalData);
      } catch (error) {
        // The record's own fault.
        if (error instanceof TlsProtocolError) throw error;
        this.#giveUp();
      }
    }
    return this.#useOther().open(nonce, ciphertext, additionalData);
  }

  #giveUp(): void {
    nodeCannot(this.#name);
  }

  #useOther(): AeadKey {
    return this.#fallback ??= this.#owner.other();
  }
}

/** An {@linkcode AeadKey} that seals and opens with `node:crypto`. */
export class NodeAeadKey implements AeadKey {
  readonly #node: NodeCrypto;
  readonly #name: string;
  readonly #key: Uint8Array | NodeSecretKey;

  /** Takes the cipher's name in OpenSSL. Keeps the key, which must not change. */
  constructor(node: NodeCrypto, name: string, key: Uint8Array) {
    this.#node = node;
    this.#name = name;
    this.#key = cipherKey(node, key);
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
    const sealed = cipher.update(plaintext);
    cipher.final();
    const ciphertext = isAlone(sealed) ? sealed : owned(sealed);
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
    return unpooled(plaintext);
  }
}

/**
 * The bytes of a cipher's output, which are alone in their buffer: Bun leaves
 * room for a block behind them. Anything else is copied.
 */
function unpooled(bytes: Uint8Array): Uint8Array {
  return isAlone(bytes)
    ? new Uint8Array(bytes.buffer, 0, bytes.length)
    : owned(bytes);
}

function isAlone({ buffer, byteOffset, length }: Uint8Array): boolean {
  return byteOffset === 0 && buffer.byteLength - length <= BLOCK_LENGTH;
}

const NONCE_LENGTH = 12;
const BLOCK_LENGTH = 16;
const TAG_LENGTH = 16;
const OPTIONS = { authTagLength: TAG_LENGTH };
