/**
 * Implementations of signatures by key type, loaded when a key needs them: a
 * program without such a key, or on another runtime, does not pay for them.
 *
 * @module
 */

import { Lazy } from "../../lazy.ts";
import { prefersNodeCrypto } from "../primitives/node_crypto.ts";
import type { MaybePromise } from "../primitives/provider.ts";
import type { EcdsaCurve, MlDsaType } from "./key_types.ts";

/** Those on `node:crypto`, where that is the fastest. */
export function loadNode(): MaybePromise<NodeSignatures | undefined> {
  return prefersNodeCrypto() ? byNode.load() : undefined;
}

type NodeSignatures = typeof import("./node.ts");

const byNode = new Lazy(
  "signatures by node:crypto",
  () => import("./node.ts"),
);

/** ECDSA on a curve. */
export async function loadEcdsa(curve: EcdsaCurve) {
  const { p256, p384, p521 } = await import("@noble/curves/nist.js");
  return { "P-256": p256, "P-384": p384, "P-521": p521 }[curve];
}

/** Ed448 (RFC 8032). */
export async function loadEd448() {
  return (await import("@noble/curves/ed448.js")).ed448;
}

/** A parameter set of ML-DSA (FIPS 204). */
export async function loadMlDsa(type: MlDsaType) {
  const { ml_dsa44, ml_dsa65, ml_dsa87 } = await import(
    "@noble/post-quantum/ml-dsa.js"
  );
  return {
    "ml-dsa-44": ml_dsa44,
    "ml-dsa-65": ml_dsa65,
    "ml-dsa-87": ml_dsa87,
  }[type];
}
