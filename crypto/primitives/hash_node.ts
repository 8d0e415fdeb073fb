/**
 * Hash functions and HMAC on `node:crypto`: in Node.js and Bun a call takes less
 * than noble's, and needs no compiler to get there.
 *
 * @module
 */

import { nodeCan, type NodeCrypto, type NodeHash } from "./node_crypto.ts";
import type { HashFunctions, HmacKey, RunningHash } from "./provider.ts";

/**
 * The functions of a hash, or `undefined` if `node:crypto` lacks one of them.
 *
 * @param name Its name in WebCrypto.
 */
export function nodeHashFunctions(
  node: NodeCrypto,
  name: string,
): HashFunctions | undefined {
  const hash = name.replace("-", "").toLowerCase();
  return nodeCan(`hash ${hash}`, () => tryOut(node, hash))
    ? functionsOf(node, hash)
    : undefined;
}

/** Throws if something that is used below is not there. */
function tryOut(node: NodeCrypto, hash: string): void {
  node.createHash(hash).update(EMPTY).copy().digest();
  node.createHmac(hash, EMPTY).update(EMPTY).digest();
}

function functionsOf(node: NodeCrypto, hash: string): HashFunctions {
  return {
    digest: (data) => plain(node.createHash(hash).update(data).digest()),
    create: () => new NodeRunningHash(node.createHash(hash)),
    hmac: (key, data) =>
      plain(node.createHmac(hash, key).update(data).digest()),
    hmacKey: (key) => new NodeHmacKey(node, hash, plain(key)),
  };
}

class NodeRunningHash implements RunningHash {
  readonly #state: NodeHash;

  constructor(state: NodeHash) {
    this.#state = state;
  }

  update(data: Uint8Array): this {
    this.#state.update(data);
    return this;
  }

  digest(): Uint8Array {
    return plain(this.#state.copy().digest());
  }

  clone(): RunningHash {
    return new NodeRunningHash(this.#state.copy());
  }
}

class NodeHmacKey implements HmacKey {
  readonly #node: NodeCrypto;
  readonly #name: string;
  readonly #key: Uint8Array;

  constructor(node: NodeCrypto, name: string, key: Uint8Array) {
    this.#node = node;
    this.#name = name;
    this.#key = key;
  }

  sign(...data: Uint8Array[]): Uint8Array {
    const state = this.#node.createHmac(this.#name, this.#key);
    for (let at = 0; at < data.length; at++) {
      state.update(data[at] as Uint8Array); // at is within
    }
    return plain(state.digest());
  }
}

/**
 * A Buffer of Node's is a subclass whose slice() does not copy; and so small an
 * array is part of the heap, where a Buffer has memory of its own.
 */
function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}

const EMPTY = new Uint8Array();
