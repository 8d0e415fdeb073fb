/**
 * ML-KEM on `node:crypto`: Node.js from 24.7 on.
 *
 * @module
 */

import { concat } from "@std/bytes";
import { hexToBytes } from "@noble/hashes/utils.js";
import { owned } from "../primitives/bytes.ts";
import type {
  MlKemImplementation,
  MlKemName,
} from "./ml_kem_implementation.ts";
import {
  nodeCan,
  type NodeCrypto,
  nodeCrypto,
  type NodeKey,
  type NodeKeyInput,
} from "../primitives/node_crypto.ts";

/** The implementation, or `undefined` where it is not there. */
export function nodeMlKem(name: MlKemName): MlKemImplementation | undefined {
  const node = nodeCrypto();
  if (node === undefined) return undefined;
  return nodeCan(name, () => tryOut(node, name))
    ? onNode(node, name)
    : undefined;
}

/** Throws if `node:crypto` does not have it. */
function tryOut(node: NodeCrypto, name: MlKemName): void {
  const { publicKey, privateKey } = generate(node, name);
  const { ciphertext } = functions(node).encapsulate(publicKey);
  functions(node).decapsulate(privateKey, ciphertext);
}

/** @throws {TypeError} If `node:crypto` lacks the functions. */
function onNode(node: NodeCrypto, name: MlKemName): MlKemImplementation {
  const { encapsulate, decapsulate } = functions(node);
  const { bytesOf, inputOf } = formOf(node, name);
  return {
    // Its errors reject, as those of the other implementations do.
    // deno-lint-ignore require-await
    async generate() {
      const { publicKey, privateKey } = generate(node, name);
      return {
        encapsulationKey: bytesOf(publicKey),
        // deno-lint-ignore require-await
        decapsulate: async (ciphertext) =>
          owned(decapsulate(privateKey, ciphertext)),
      };
    },
    // deno-lint-ignore require-await
    async encapsulate(encapsulationKey) {
      const publicKey = node.createPublicKey(inputOf(encapsulationKey));
      const { ciphertext, sharedKey } = encapsulate(publicKey);
      return { ciphertext: owned(ciphertext), sharedSecret: owned(sharedKey) };
    },
  };
}

/** How an encapsulation key goes in and out. */
interface Form {
  readonly bytesOf: (key: NodeKey) => Uint8Array;
  readonly inputOf: (bytes: Uint8Array) => NodeKeyInput;
}

/** Raw where that is there: SubjectPublicKeyInfo takes 30 µs more each way. */
function formOf(node: NodeCrypto, name: MlKemName): Form {
  const raw: Form = {
    bytesOf: (key) => owned(key.export({ format: "raw-public" })),
    inputOf: (key) => ({
      key,
      format: "raw-public",
      asymmetricKeyType: typeOf(name),
    }),
  };
  const isThere = nodeCan(`raw ${name}`, () => {
    const key = raw.bytesOf(generate(node, name).publicKey);
    node.createPublicKey(raw.inputOf(key));
  });
  return isThere ? raw : spkiOf(prefixes[name]);
}

function spkiOf(prefix: Uint8Array): Form {
  return {
    bytesOf: (key) =>
      new Uint8Array(
        key.export({ type: "spki", format: "der" }).subarray(prefix.length),
      ),
    inputOf: (bytes) => ({
      key: concat([prefix, bytes]),
      format: "der",
      type: "spki",
    }),
  };
}

function generate(node: NodeCrypto, name: MlKemName) {
  return node.generateKeyPairSync(typeOf(name));
}

function typeOf(name: MlKemName) {
  return name === "ML-KEM-768" ? "ml-kem-768" : "ml-kem-1024";
}

function functions({ encapsulate, decapsulate }: NodeCrypto) {
  if (encapsulate === undefined || decapsulate === undefined) {
    throw new TypeError("Cannot use node:crypto: it has no encapsulate()");
  }
  return { encapsulate, decapsulate };
}

/** SubjectPublicKeyInfo up to the key itself (RFC 9935 section 4). */
const prefixes: Readonly<Record<MlKemName, Uint8Array>> = {
  "ML-KEM-768": hexToBytes("308204b2300b0609608648016503040402038204a100"),
  "ML-KEM-1024": hexToBytes("30820632300b06096086480165030404030382062100"),
};
