/**
 * The exchange of a hybrid: shares and secrets put one behind the other. And that
 * of a curve and of a KEM alone, so that all are one module to load.
 *
 * @module
 */

import { concat } from "@std/bytes";
import { TlsProtocolError } from "../../errors.ts";
import { NamedGroup } from "../../registry.ts";
import { acceptEcdh, offerEcdh } from "./ecdh_exchange.ts";
import type { Hybrid } from "./hybrid_parts.ts";
import { mlKems } from "./ml_kem.ts";
import type { MlKemName } from "./ml_kem_implementation.ts";
import type {
  KeyShareAnswer,
  KeyShareOffer,
  RandomBytes,
} from "../primitives/provider.ts";

export { acceptEcdh, offerEcdh };

/** The side that speaks first. */
export async function offerHybrid(
  hybrid: Hybrid,
  random?: RandomBytes,
): Promise<KeyShareOffer> {
  const { curve } = hybrid;
  const kem = mlKems[hybrid.kem];
  const making = offerEcdh(curve, random);
  // Bytes that are given are taken in turn.
  if (random !== undefined) await making;
  const [classical, pair] = await Promise.all([making, kem.generate(random)]);
  return {
    share: join(hybrid, classical.share, pair.encapsulationKey),
    classical: { group: NamedGroup[curve.name], offer: classical },
    async complete(peerShare) {
      const part = split(hybrid, peerShare, kem.ciphertextLength);
      const [curveSecret, kemSecret] = await Promise.all([
        classical.complete(part.curve),
        pair.decapsulate(part.kem),
      ]);
      return join(hybrid, curveSecret, kemSecret);
    },
  };
}

/** The side that answers. */
export async function acceptHybrid(
  hybrid: Hybrid,
  peerShare: Uint8Array,
  random?: RandomBytes,
): Promise<KeyShareAnswer> {
  const kem = mlKems[hybrid.kem];
  const part = split(hybrid, peerShare, kem.encapsulationKeyLength);
  const answering = acceptEcdh(hybrid.curve, part.curve, random);
  if (random !== undefined) await answering;
  const [answer, encapsulation] = await Promise.all([
    answering,
    kem.encapsulate(part.kem, random),
  ]);
  return {
    share: join(hybrid, answer.share, encapsulation.ciphertext),
    sharedSecret: join(
      hybrid,
      answer.sharedSecret,
      encapsulation.sharedSecret,
    ),
  };
}

/** ML-KEM alone: the side that speaks first. */
export async function offerKem(
  name: MlKemName,
  random?: RandomBytes,
): Promise<KeyShareOffer> {
  const { encapsulationKey, decapsulate } = await mlKems[name].generate(random);
  return { share: encapsulationKey, complete: decapsulate };
}

/** ML-KEM alone: the side that answers. */
export async function acceptKem(
  name: MlKemName,
  peerShare: Uint8Array,
  random?: RandomBytes,
): Promise<KeyShareAnswer> {
  const { ciphertext, sharedSecret } = await mlKems[name]
    .encapsulate(peerShare, random);
  return { share: ciphertext, sharedSecret };
}

/** The two parts, in the hybrid's order. */
function join(
  { first }: Hybrid,
  curvePart: Uint8Array,
  kemPart: Uint8Array,
): Uint8Array {
  return first === "kem"
    ? concat([kemPart, curvePart])
    : concat([curvePart, kemPart]);
}

/** The two parts of a share of exactly the right length. */
function split(
  { name, curve, first }: Hybrid,
  share: Uint8Array,
  kemLength: number,
): { curve: Uint8Array; kem: Uint8Array } {
  const length = curve.shareLength + kemLength;
  if (share.length !== length) {
    throw new TlsProtocolError(
      "illegal_parameter",
      `Cannot accept the ${name} key share: expected ${length} bytes, got ${share.length}`,
    );
  }
  const end = first === "kem" ? kemLength : curve.shareLength;
  const [head, tail] = [share.subarray(0, end), share.subarray(end)];
  return first === "kem"
    ? { kem: head, curve: tail }
    : { curve: head, kem: tail };
}
