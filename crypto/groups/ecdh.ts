/**
 * Elliptic curve Diffie-Hellman (RFC 9846 section 4.3.8.2, RFC 8422 section
 * 5.10 and 5.11): one row a curve.
 *
 * @module
 */

import { NamedGroup } from "../../registry.ts";
import type { KeyExchangeGroup } from "../primitives/provider.ts";
import type { Curve } from "./curve.ts";
import { exchanging } from "./exchanging.ts";

/** The curves, in no order. */
export const curves = {
  x25519: { name: "x25519", shareLength: 32, strength: 128, bits: 253 },
  x448: { name: "x448", shareLength: 56, strength: 224, bits: 448 },
  secp256r1: { name: "secp256r1", shareLength: 65, strength: 128, bits: 256 },
  secp384r1: { name: "secp384r1", shareLength: 97, strength: 192, bits: 384 },
  secp521r1: { name: "secp521r1", shareLength: 133, strength: 256, bits: 521 },
} as const satisfies Record<string, Curve>;

/** The row of a curve. */
export function ecdhGroup(curve: Curve): KeyExchangeGroup {
  return {
    id: NamedGroup[curve.name],
    name: curve.name,
    kind: "ecdh",
    strength: curve.strength,
    bits: curve.bits,
    ...exchanging(
      ({ offerEcdh }, random) => offerEcdh(curve, random),
      ({ acceptEcdh }, peerShare, random) =>
        acceptEcdh(curve, peerShare, random),
    ),
  };
}
