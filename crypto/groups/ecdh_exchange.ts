/**
 * Elliptic curve Diffie-Hellman (RFC 9846 section 4.3.8.2, RFC 8422 section
 * 5.10 and 5.11), with the checks that the RFCs demand of the peer's share. Medians in µs with Deno 2.9.6 on 2 cores, of a key pair, its
 * share and the shared secret:
 *
 * | | WebCrypto | node:crypto | noble |
 * |---|--:|--:|--:|
 * | x25519 | 197 | 66 | 463 |
 * | secp256r1 | 529 | 400 | 1197 |
 * | secp384r1 | 1678 | 980 | 2078 |
 * | secp521r1 | 2465 | 1077 | 3611 |
 * | x448 | 937 | 826 | 1334 |
 *
 * So `node:crypto` once it is loaded for the records' sake, else WebCrypto,
 * and noble where WebCrypto does not have the curve.
 *
 * @module
 */

import { TlsProtocolError } from "../../errors.ts";
import { owned } from "../primitives/bytes.ts";
import type { Curve, EphemeralKey, StaticKey } from "./curve.ts";
import { nobleEphemeralKey } from "./ecdh_noble.ts";
import { nodeEphemeralKey } from "./ecdh_node.ts";
import { webCryptoEphemeralKey } from "./ecdh_webcrypto.ts";
import {
  nodeCan,
  type NodeCrypto,
  nodeCryptoIfBusy,
} from "../primitives/node_crypto.ts";
import type {
  KeyShareAnswer,
  KeyShareOffer,
  RandomBytes,
} from "../primitives/provider.ts";

/** The side that speaks first. */
export async function offerEcdh(
  curve: Curve,
  random?: RandomBytes,
): Promise<KeyShareOffer> {
  const key = await ephemeralKey(curve, random);
  return {
    share: key.share,
    complete: (peerShare) => sharedSecret(curve, key, peerShare),
  };
}

/** The side that answers. */
export async function acceptEcdh(
  curve: Curve,
  peerShare: Uint8Array,
  random?: RandomBytes,
): Promise<KeyShareAnswer> {
  checkShare(curve, peerShare);
  const ownShare = peerShare.slice();
  const key = await ephemeralKey(curve, random);
  return {
    share: key.share,
    sharedSecret: await sharedSecret(curve, key, ownShare),
  };
}

async function ephemeralKey(
  curve: Curve,
  random: RandomBytes | undefined,
): Promise<EphemeralKey> {
  // The platform makes keys of its own random bytes alone.
  if (random !== undefined) return await nobleEphemeralKey(curve, random);
  const node = nodeCryptoIfBusy();
  if (node !== undefined && nodeHasCurve(node, curve)) {
    return nodeEphemeralKey(node, curve);
  }
  return await webCryptoEphemeralKey(curve) ?? await nobleEphemeralKey(curve);
}

/** Whether `node:crypto` has the curve: Bun's lacks x448. It is tried once. */
export function nodeHasCurve(node: NodeCrypto, curve: Curve): boolean {
  return nodeCan(curve.name, () => tryOut(node, curve));
}

function tryOut(node: NodeCrypto, curve: Curve): void {
  const key = nodeEphemeralKey(node, curve);
  key.derive(key.share);
}

/** The shared secret with a share that is checked. */
export async function sharedSecret(
  curve: Curve,
  key: StaticKey,
  peerShare: Uint8Array,
): Promise<Uint8Array> {
  checkShare(curve, peerShare);
  let secret: Uint8Array;
  try {
    secret = owned(await key.derive(peerShare));
  } catch (cause) {
    // RFC 9846 section 4.3.8.2: a point that is not on the curve.
    throw noShare(curve, "it is not a point on the curve", cause);
  }
  // RFC 9846 section 7.4.2: X25519 and X448 MUST NOT give zeros, which a point
  // of small order would. The other curves have cofactor 1.
  if (!isNist(curve) && secret.every((byte) => byte === 0)) {
    throw noShare(curve, "it is a point of small order");
  }
  return secret;
}

function checkShare(curve: Curve, share: Uint8Array): void {
  if (share.length !== curve.shareLength) {
    throw noShare(
      curve,
      `expected ${curve.shareLength} bytes, got ${share.length}`,
    );
  }
  // RFC 9846 section 4.3.8.2, UncompressedPointRepresentation.
  if (isNist(curve) && share[0] !== 4) {
    throw noShare(curve, "it is not an uncompressed point");
  }
}

function isNist(curve: Curve): boolean {
  return curve.name.startsWith("secp");
}

function noShare(
  curve: Curve,
  reason: string,
  cause?: unknown,
): TlsProtocolError {
  return new TlsProtocolError(
    "illegal_parameter",
    `Cannot accept the ${curve.name} key share: ${reason}`,
    { cause },
  );
}
