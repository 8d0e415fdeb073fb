/**
 * The hybrids of an elliptic curve with ML-KEM (RFC 10024, RFC 9954), and ML-KEM
 * alone (draft-ietf-tls-mlkem): one row a group.
 *
 * @module
 */

import { NamedGroup } from "../../registry.ts";
import { exchanging } from "./exchanging.ts";
import type { Hybrid } from "./hybrid_parts.ts";
import type { MlKemName } from "./ml_kem_implementation.ts";
import type { KeyExchangeGroup } from "../primitives/provider.ts";

/** The row of a hybrid. */
export function hybridGroup(hybrid: Hybrid): KeyExchangeGroup {
  const { name, strength, bits } = hybrid;
  return {
    id: NamedGroup[name],
    name,
    kind: "hybrid",
    strength,
    bits,
    ...exchanging(
      ({ offerHybrid }, random) => offerHybrid(hybrid, random),
      ({ acceptHybrid }, peerShare, random) =>
        acceptHybrid(hybrid, peerShare, random),
    ),
  };
}

/** The row of ML-KEM without a curve beside it. */
export function kemGroup(
  name: "MLKEM768" | "MLKEM1024",
  kem: MlKemName,
  strength: number,
): KeyExchangeGroup {
  return {
    id: NamedGroup[name],
    name,
    kind: "kem",
    strength,
    bits: Number(name.slice("MLKEM".length)),
    ...exchanging(
      ({ offerKem }, random) => offerKem(kem, random),
      ({ acceptKem }, peerShare, random) => acceptKem(kem, peerShare, random),
    ),
  };
}
