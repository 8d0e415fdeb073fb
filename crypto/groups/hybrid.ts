/**
 * The hybrids of an elliptic curve with ML-KEM (draft-ietf-tls-ecdhe-mlkem,
 * draft-ietf-tls-hybrid-design): shares and secrets put one behind the other.
 *
 * @module
 */

import { concat } from "@std/bytes";
import { TlsProtocolError } from "../../errors.ts";
import { NamedGroup } from "../../registry.ts";
import type { Curve } from "./curve.ts";
import { ecdhGroup } from "./ecdh.ts";
import type { MlKem } from "./ml_kem.ts";
import type {
  KeyExchangeGroup,
  KeyShareAnswer,
  KeyShareOffer,
} from "../primitives/provider.ts";

/** What a hybrid is put together from. */
export interface Hybrid {
  /** IANA's name. */
  readonly name: "X25519MLKEM768" | "SecP256r1MLKEM768" | "SecP384r1MLKEM1024";
  /** The curve. */
  readonly curve: Curve;
  /** The KEM. */
  readonly kem: MlKem;
  /** Which of the two comes first in shares and in the secret. */
  readonly first: "curve" | "kem";
  /** Security strength in bits. */
  readonly strength: number;
  /** Size in bits, as `openssl s_client` shows it. */
  readonly bits: number;
}

/** The row of a hybrid. */
export function hybridGroup(hybrid: Hybrid): KeyExchangeGroup {
  const { name, strength, bits } = hybrid;
  const ecdh = ecdhGroup(hybrid.curve);
  return {
    id: NamedGroup[name],
    name,
    kind: "hybrid",
    strength,
    bits,
    offer: () => offer(hybrid, ecdh),
    accept: (peerShare) => accept(hybrid, ecdh, peerShare),
  };
}

async function offer(
  hybrid: Hybrid,
  ecdh: KeyExchangeGroup,
): Promise<KeyShareOffer> {
  const { kem } = hybrid;
  const [classical, pair] = await Promise.all([ecdh.offer(), kem.generate()]);
  return {
    share: join(hybrid, classical.share, pair.encapsulationKey),
    classical: { group: ecdh.id, offer: classical },
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

async function accept(
  hybrid: Hybrid,
  ecdh: KeyExchangeGroup,
  peerShare: Uint8Array,
): Promise<KeyShareAnswer> {
  const { kem } = hybrid;
  const part = split(hybrid, peerShare, kem.encapsulationKeyLength);
  const [answer, encapsulation] = await Promise.all([
    ecdh.accept(part.curve),
    kem.encapsulate(part.kem),
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
