/**
 * Ephemeral keys on noble, whose curves are loaded only here.
 *
 * @module
 */

import type { RandomBytes } from "../primitives/provider.ts";
import type { Curve, EphemeralKey } from "./curve.ts";

/** A key pair, of the bytes that `random` gives, if there is one. */
export async function nobleEphemeralKey(
  curve: Curve,
  random?: RandomBytes,
): Promise<EphemeralKey> {
  const { generate, derive, seedLength } = await load(curve);
  const { secretKey, share } = generate(random?.(seedLength));
  return { share, derive: (peerShare) => derive(secretKey, peerShare) };
}

/** The shared secret of a private key that is bytes. */
export async function nobleDerive(
  curve: Curve,
  secretKey: Uint8Array,
  peerShare: Uint8Array,
): Promise<Uint8Array> {
  const { derive } = await load(curve);
  return derive(secretKey, peerShare);
}

/** A key pair as bytes, such as files have. */
export async function nobleKeyPair(
  curve: Curve,
): Promise<{ secretKey: Uint8Array; share: Uint8Array }> {
  const { generate } = await load(curve);
  return generate();
}

/** What noble's curves have in common. */
interface NobleCurve {
  /** Of how many random bytes a key is made. */
  readonly seedLength: number;
  generate(seed?: Uint8Array): { secretKey: Uint8Array; share: Uint8Array };
  derive(secretKey: Uint8Array, peerShare: Uint8Array): Uint8Array;
}

async function load({ name }: Curve): Promise<NobleCurve> {
  if (name === "x25519") {
    return montgomery((await import("@noble/curves/ed25519.js")).x25519);
  }
  if (name === "x448") {
    return montgomery((await import("@noble/curves/ed448.js")).x448);
  }
  const { p256, p384, p521 } = await import("@noble/curves/nist.js");
  const curve = { secp256r1: p256, secp384r1: p384, secp521r1: p521 }[name];
  return {
    seedLength: curve.lengths.seed ?? 0,
    generate(seed) {
      const { secretKey } = curve.keygen(seed);
      return { secretKey, share: curve.getPublicKey(secretKey, false) };
    },
    // RFC 9846 section 7.4.2: the x-coordinate, behind the point's prefix.
    derive: (secretKey, peerShare) =>
      curve.getSharedSecret(secretKey, peerShare).slice(1),
  };
}

function montgomery(curve: {
  readonly lengths: { readonly seed?: number | undefined };
  keygen(seed?: Uint8Array): { secretKey: Uint8Array; publicKey: Uint8Array };
  getSharedSecret(secretKey: Uint8Array, publicKey: Uint8Array): Uint8Array;
}): NobleCurve {
  return {
    seedLength: curve.lengths.seed ?? 0,
    generate(seed) {
      const { secretKey, publicKey } = curve.keygen(seed);
      return { secretKey, share: publicKey };
    },
    derive: (secretKey, peerShare) =>
      curve.getSharedSecret(secretKey, peerShare),
  };
}
