/**
 * ML-KEM on noble, which is loaded only here.
 *
 * @module
 */

import type { RandomBytes } from "../primitives/provider.ts";
import type {
  MlKemImplementation,
  MlKemName,
} from "./ml_kem_implementation.ts";

/**
 * The implementation.
 *
 * @param random What keys and secrets are made of (FIPS 203 algorithms 16 and
 * 17), in place of noble's own random bytes.
 */
export async function nobleMlKem(
  name: MlKemName,
  random?: RandomBytes,
): Promise<MlKemImplementation> {
  const noble = await import("@noble/post-quantum/ml-kem.js");
  const kem = name === "ML-KEM-768" ? noble.ml_kem768 : noble.ml_kem1024;
  return {
    generate() {
      const { publicKey, secretKey } = kem.keygen(
        random?.(KEY_SEED_LENGTH),
      );
      return Promise.resolve({
        encapsulationKey: publicKey,
        decapsulate: (ciphertext: Uint8Array) =>
          Promise.resolve(kem.decapsulate(ciphertext, secretKey)),
      });
    },
    // An error of noble rejects.
    // deno-lint-ignore require-await
    async encapsulate(encapsulationKey) {
      const { cipherText, sharedSecret } = kem.encapsulate(
        encapsulationKey,
        random?.(MESSAGE_LENGTH),
      );
      return { ciphertext: cipherText, sharedSecret };
    },
  };
}

/** FIPS 203 algorithm 16: `d || z`. */
const KEY_SEED_LENGTH = 64;
/** FIPS 203 algorithm 17: `m`. */
const MESSAGE_LENGTH = 32;
