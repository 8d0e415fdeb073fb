/**
 * ML-KEM on WebCrypto (Modern Algorithms in the Web Cryptography API, WICG).
 *
 * @module
 */

import { bufferSource } from "../primitives/bytes.ts";
import type {
  MlKemImplementation,
  MlKemName,
} from "./ml_kem_implementation.ts";

/** The implementation, or `undefined` where WebCrypto does not have it. */
export async function webCryptoMlKem(
  name: MlKemName,
): Promise<MlKemImplementation | undefined> {
  let supported = support.get(name);
  if (supported === undefined) {
    supported = isSupported(name);
    support.set(name, supported);
  }
  return await supported ? onWebCrypto(name) : undefined;
}

function onWebCrypto(name: MlKemName): MlKemImplementation {
  const subtle = modernSubtle();
  return {
    async generate() {
      const { publicKey, privateKey } = await subtle.generateKey(
        name,
        false,
        ["encapsulateBits", "decapsulateBits"],
      );
      const encapsulationKey = await subtle.exportKey("raw-public", publicKey);
      return {
        encapsulationKey: new Uint8Array(encapsulationKey),
        async decapsulate(ciphertext) {
          return new Uint8Array(
            await subtle.decapsulateBits(
              name,
              privateKey,
              bufferSource(ciphertext),
            ),
          );
        },
      };
    },
    async encapsulate(encapsulationKey) {
      const key = await subtle.importKey(
        "raw-public",
        bufferSource(encapsulationKey),
        name,
        false,
        ["encapsulateBits"],
      );
      const { ciphertext, sharedKey } = await subtle.encapsulateBits(name, key);
      return {
        ciphertext: new Uint8Array(ciphertext),
        sharedSecret: new Uint8Array(sharedKey),
      };
    },
  };
}

async function isSupported(name: MlKemName): Promise<boolean> {
  try {
    const subtle = modernSubtle();
    await subtle.generateKey(name, false, ["decapsulateBits"]);
    return typeof subtle.encapsulateBits === "function";
  } catch {
    return false;
  }
}

/** What TypeScript's own type of `SubtleCrypto` does not have yet. */
interface ModernSubtleCrypto {
  generateKey(
    algorithm: string,
    extractable: boolean,
    usages: string[],
  ): Promise<CryptoKeyPair>;
  importKey(
    format: "raw-public",
    key: Uint8Array<ArrayBuffer>,
    algorithm: string,
    extractable: boolean,
    usages: string[],
  ): Promise<CryptoKey>;
  exportKey(format: "raw-public", key: CryptoKey): Promise<ArrayBuffer>;
  encapsulateBits(
    algorithm: string,
    key: CryptoKey,
  ): Promise<{ ciphertext: ArrayBuffer; sharedKey: ArrayBuffer }>;
  decapsulateBits(
    algorithm: string,
    key: CryptoKey,
    ciphertext: Uint8Array<ArrayBuffer>,
  ): Promise<ArrayBuffer>;
}

function modernSubtle(): ModernSubtleCrypto {
  // The same object under its newer type; `isSupported` is what asks it.
  return crypto.subtle as SubtleCrypto & ModernSubtleCrypto;
}

const support = new Map<MlKemName, Promise<boolean>>();
