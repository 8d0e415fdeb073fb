/**
 * The hybrids of an elliptic curve with ML-KEM (draft-ietf-tls-ecdhe-mlkem,
 * draft-ietf-tls-hybrid-design): one row a hybrid.
 *
 * @module
 */

import { NamedGroup } from "../../registry.ts";
import { exchanging } from "./exchanging.ts";
import type { Hybrid } from "./hybrid_parts.ts";
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
      ({ offerHybrid }) => offerHybrid(hybrid),
      ({ acceptHybrid }, peerShare) => acceptHybrid(hybrid, peerShare),
    ),
  };
}
