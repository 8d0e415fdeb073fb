/**
 * What is measured of each implementation: the very code that connections use.
 * It is bundled, and runs in every runtime.
 *
 * @module
 */

import { nobleEphemeralKey } from "../crypto/groups/ecdh_noble.ts";
import { nodeEphemeralKey } from "../crypto/groups/ecdh_node.ts";
import { webCryptoEphemeralKey } from "../crypto/groups/ecdh_webcrypto.ts";
import type { Curve, EphemeralKey } from "../crypto/groups/curve.ts";
import { curves } from "../crypto/groups/ecdh.ts";
import type { MlKemImplementation } from "../crypto/groups/ml_kem_implementation.ts";
import { nobleMlKem } from "../crypto/groups/ml_kem_noble.ts";
import { nodeMlKem } from "../crypto/groups/ml_kem_node.ts";
import { webCryptoMlKem } from "../crypto/groups/ml_kem_webcrypto.ts";
import { NodeAeadKey } from "../crypto/primitives/aead_node.ts";
import {
  nobleAesGcmKey,
  nobleChaCha20Poly1305Key,
} from "../crypto/primitives/aead_noble.ts";
import { WebCryptoAeadKey } from "../crypto/primitives/aead_webcrypto.ts";
import { nodeCrypto } from "../crypto/primitives/node_crypto.ts";
import type { AeadKey } from "../crypto/primitives/provider.ts";
import { joined } from "../crypto/primitives/sealed.ts";
import { loadEcdsa } from "../crypto/signatures/noble.ts";
import type {
  Implementation,
  PartImplementation,
} from "../crypto/suites/implementations.ts";
import {
  listCipherSuites,
  listGroups,
  listSignatureSchemes,
} from "../crypto/suites/lists.ts";

/** Whose implementation is measured. */
export type Who = Exclude<Implementation, "JavaScript" | undefined>;

/** A row of the table: a piece of work, and how each would do it once. */
export interface Primitive {
  readonly name: string;
  /** How many at once: what several threads do. */
  readonly inFlight: number;
  /** Returns what does it once, or throws where it cannot be done. */
  readonly by: Readonly<Partial<Record<Who, () => Promise<Once>>>>;
  /** Who does it in a connection here. */
  chosen(): Promise<Implementation>;
}

/** Does it once. */
type Once = () => unknown;

/** All rows. */
export const primitives: readonly Primitive[] = [
  ...[32, 1024, 4096, 16384].map((length) => aead("AES-128-GCM", length)),
  ...[32, 1024, 4096, 16384].map((length) => aead("ChaCha20-Poly1305", length)),
  ecdh(curves.x25519),
  ecdh(curves.secp256r1),
  ecdh(curves.secp384r1),
  mlKem(),
  ecdsa("sign"),
  ecdsa("verify"),
];

/**
 * Microseconds that one takes.
 *
 * @param time The clock, in milliseconds.
 */
export async function measure(
  once: Once,
  { inFlight }: Pick<Primitive, "inFlight">,
  { count, time }: { readonly count: number; time(): number },
): Promise<number> {
  const start = time();
  for (let done = 0; done < count; done += inFlight) {
    const all: unknown[] = [];
    for (let at = 0; at < inFlight; at++) {
      const one = once();
      if (one instanceof Promise) all.push(one);
    }
    if (all.length > 0) await Promise.all(all);
  }
  return (time() - start) / count * 1000;
}

function aead(
  name: "AES-128-GCM" | "ChaCha20-Poly1305",
  length: number,
): Primitive {
  const isAes = name === "AES-128-GCM";
  const raw = new Uint8Array(isAes ? 16 : 32).fill(7);
  const seal = (key: AeadKey): Once => {
    const [nonce, data] = [new Uint8Array(12), new Uint8Array(5)];
    const text = new Uint8Array(length);
    return () => joined(key.seal(nonce, text, data));
  };
  return {
    name: `${name}, seal ${length} bytes`,
    inFlight: 8,
    by: {
      "node:crypto": async () =>
        await tried(seal(
          new NodeAeadKey(
            needed(nodeCrypto()),
            isAes ? "aes-128-gcm" : "chacha20-poly1305",
            raw,
          ),
        )),
      "WebCrypto": async () => {
        const params = isAes
          ? { name: "AES-GCM", format: "raw" } as const
          : { name, format: "raw-secret" } as const;
        const key = new WebCryptoAeadKey(params, raw, () => {
          throw new TypeError(`There is no ${name}`);
        });
        return await tried(seal(key));
      },
      "noble": async () =>
        await tried(seal(
          await (isAes ? nobleAesGcmKey : nobleChaCha20Poly1305Key)(raw),
        )),
    },
    async chosen() {
      const [suite] = await listCipherSuites({
        implementations: true,
        cipherSuites: [
          isAes ? "TLS_AES_128_GCM_SHA256" : "TLS_CHACHA20_POLY1305_SHA256",
        ],
      });
      return suite?.implementations[length < 4096 ? 0 : 1]?.by;
    },
  };
}

/** A key pair, its share and the shared secret. */
function ecdh(curve: Curve): Primitive {
  const exchange = (
    generate: () => Promise<EphemeralKey | undefined>,
  ): () => Promise<Once> =>
  () =>
    tried(async () => {
      const key = needed(await generate());
      await key.derive(key.share);
    });
  return {
    name: `${curve.name}, key pair and shared secret`,
    inFlight: 1,
    by: {
      "node:crypto": exchange(() =>
        Promise.resolve(nodeEphemeralKey(needed(nodeCrypto()), curve))
      ),
      "WebCrypto": exchange(() => webCryptoEphemeralKey(curve)),
      "noble": exchange(() => nobleEphemeralKey(curve)),
    },
    chosen: () => chosenFor(curve.name),
  };
}

/** A key pair, an encapsulation and a decapsulation. */
function mlKem(): Primitive {
  const name = "ML-KEM-768";
  const exchange = (kem: MlKemImplementation | undefined) =>
    tried(async () => {
      const pair = await needed(kem).generate();
      const made = await needed(kem).encapsulate(pair.encapsulationKey);
      await pair.decapsulate(made.ciphertext);
    });
  return {
    name: `${name}, all three steps`,
    inFlight: 1,
    by: {
      "node:crypto": () => exchange(nodeMlKem(name)),
      "WebCrypto": async () => exchange(await webCryptoMlKem(name)),
      "noble": async () => exchange(await nobleMlKem(name)),
    },
    chosen: () => chosenFor(name),
  };
}

async function chosenFor(part: string): Promise<Implementation> {
  const groups = await listGroups({ implementations: true });
  return byOf(groups.flatMap((group) => group.implementations), part);
}

function byOf(
  parts: readonly PartImplementation[],
  part: string,
): Implementation {
  return parts.find((each) => each.part === part)?.by;
}

/** With P-256 and SHA-256, the key imported. */
function ecdsa(what: "sign" | "verify"): Primitive {
  const data = new Uint8Array(130).fill(7);
  return {
    name: `ECDSA P-256, ${what}`,
    inFlight: 1,
    by: {
      "node:crypto": async () => {
        const node = needed(nodeCrypto());
        const { publicKey, privateKey } = node.generateKeyPairSync("ec", {
          namedCurve: "P-256",
        });
        const own = { key: privateKey, dsaEncoding: "der" } as const;
        const theirs = { key: publicKey, dsaEncoding: "der" } as const;
        const signature = node.sign("sha256", data, own);
        return await tried(
          what === "sign"
            ? () => node.sign("sha256", data, own)
            : () => node.verify("sha256", data, theirs, signature),
        );
      },
      "WebCrypto": async () => {
        const algorithm = { name: "ECDSA", namedCurve: "P-256" };
        const params = { name: "ECDSA", hash: "SHA-256" };
        const { publicKey, privateKey } = await crypto.subtle.generateKey(
          algorithm,
          false,
          ["sign", "verify"],
        );
        const signature = await crypto.subtle.sign(params, privateKey, data);
        return await tried(
          what === "sign"
            ? () => crypto.subtle.sign(params, privateKey, data)
            : () => crypto.subtle.verify(params, publicKey, signature, data),
        );
      },
      "noble": async () => {
        const curve = await loadEcdsa("P-256");
        const { secretKey, publicKey } = curve.keygen();
        const signature = curve.sign(data, secretKey);
        return await tried(
          what === "sign"
            ? () => curve.sign(data, secretKey)
            : () => curve.verify(signature, data, publicKey),
        );
      },
    },
    async chosen() {
      const schemes = await listSignatureSchemes({ implementations: true });
      const found = schemes.find(({ name }) =>
        name === "ecdsa_secp256r1_sha256"
      );
      return byOf(
        found?.implementations ?? [],
        what === "sign" ? "signing" : "verifying",
      );
    },
  };
}

/** The same, if it can be done at all. */
async function tried(once: Once): Promise<Once> {
  await once();
  return once;
}

/** @throws {TypeError} If there is none. */
function needed<T>(value: T | undefined): T {
  if (value === undefined) throw new TypeError("This runtime does not have it");
  return value;
}
