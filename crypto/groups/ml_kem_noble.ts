/**
 * ML-KEM on noble, which is loaded only here.
 *
 * @module
 */

import type {
  MlKemImplementation,
  MlKemName,
} from "./ml_kem_implementation.ts";

/** The implementation. */
export async function nobleMlKem(
  name: MlKemName,
): Promise<MlKemImplementation> {
  const noble = await import("@noble/post-quantum/ml-kem.js");
  const kem = name === "ML-KEM-768" ? noble.ml_kem768 : noble.ml_kem1024;
  return {
    generate() {
      const { publicKey, secretKey } = kem.keygen();
      return Promise.resolve({
        encapsulationKey: publicKey,
        decapsulate: (ciphertext: Uint8Array) =>
          Promise.resolve(kem.decapsulate(ciphertext, secretKey)),
      });
    },
    // An error of noble rejects.
    // deno-lint-ignore require-await
    async encapsulate(encapsulationKey) {
      const { cipherText, sharedSecret } = kem.encapsulate(encapsulationKey);
      return { ciphertext: cipherText, sharedSecret };
    },
  };
}
