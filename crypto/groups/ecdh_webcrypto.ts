/**
 * Ephemeral keys on WebCrypto.
 *
 * @module
 */

import { bufferSource } from "../primitives/bytes.ts";
import type { Curve, EphemeralKey } from "./curve.ts";

/** A key pair, or `undefined` where WebCrypto does not have the curve. */
export async function webCryptoEphemeralKey(
  curve: Curve,
): Promise<EphemeralKey | undefined> {
  if (missing.has(curve.name)) return undefined;
  const algorithm = algorithms[curve.name];
  const pair = await generate(algorithm);
  if (pair === undefined) {
    missing.add(curve.name);
    return undefined;
  }
  const share = await crypto.subtle.exportKey("raw", pair.publicKey);
  return {
    share: new Uint8Array(share),
    derive: (peerShare) => deriveWebCrypto(curve, pair.privateKey, peerShare),
  };
}

/** The shared secret; rejects if the peer's share is not valid. */
export async function deriveWebCrypto(
  curve: Curve,
  privateKey: CryptoKey,
  peerShare: Uint8Array,
): Promise<Uint8Array> {
  const { subtle } = crypto;
  const algorithm = algorithms[curve.name];
  const peer = await subtle.importKey(
    "raw",
    bufferSource(peerShare),
    algorithm,
    false,
    [],
  );
  return new Uint8Array(
    await subtle.deriveBits(
      { name: algorithm.name, public: peer },
      privateKey,
      secretBits[curve.name],
    ),
  );
}

async function generate(
  algorithm: EcdhAlgorithm,
): Promise<CryptoKeyPair | undefined> {
  try {
    // The type is that of symmetric keys too: these algorithms make pairs.
    return await crypto.subtle.generateKey(algorithm, false, [
      "deriveBits",
    ]) as CryptoKeyPair;
  } catch {
    return undefined;
  }
}

interface EcdhAlgorithm {
  readonly name: string;
  readonly namedCurve?: string;
}

/** WebCrypto's names. */
export const algorithms: Readonly<Record<Curve["name"], EcdhAlgorithm>> = {
  x25519: { name: "X25519" },
  x448: { name: "X448" },
  secp256r1: { name: "ECDH", namedCurve: "P-256" },
  secp384r1: { name: "ECDH", namedCurve: "P-384" },
  secp521r1: { name: "ECDH", namedCurve: "P-521" },
};

/** All of the secret: of P-521, the bits of its 66 bytes. */
const secretBits: Readonly<Record<Curve["name"], number>> = {
  x25519: 256,
  x448: 448,
  secp256r1: 256,
  secp384r1: 384,
  secp521r1: 528,
};

/** Curves that this runtime's WebCrypto was found not to have. */
const missing = new Set<string>();
