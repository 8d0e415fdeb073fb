/**
 * Ephemeral keys on `node:crypto`.
 *
 * @module
 */

import { concat } from "@std/bytes";
import { hexToBytes } from "@noble/hashes/utils.js";
import { owned } from "../primitives/bytes.ts";
import type { Curve, EphemeralKey } from "./curve.ts";
import type { NodeCrypto } from "../primitives/node_crypto.ts";

/** A key pair. */
export function nodeEphemeralKey(
  node: NodeCrypto,
  curve: Curve,
): EphemeralKey {
  const { publicKey, privateKey } = generate(node, curve);
  const spki = publicKey.export({ type: "spki", format: "der" });
  return {
    share: new Uint8Array(spki.subarray(spki.length - curve.shareLength)),
    derive(peerShare) {
      const peer = node.createPublicKey({
        key: concat([prefixes[curve.name], peerShare]),
        format: "der",
        type: "spki",
      });
      return owned(node.diffieHellman({ privateKey, publicKey: peer }));
    },
  };
}

function generate(node: NodeCrypto, { name }: Curve) {
  return name === "x25519" || name === "x448"
    ? node.generateKeyPairSync(name)
    : node.generateKeyPairSync("ec", { namedCurve: opensslNames[name] });
}

const opensslNames = {
  secp256r1: "prime256v1",
  secp384r1: "secp384r1",
  secp521r1: "secp521r1",
} as const;

/** SubjectPublicKeyInfo up to the key itself (RFC 5480, RFC 8410). */
const prefixes: Readonly<Record<Curve["name"], Uint8Array>> = {
  x25519: hexToBytes("302a300506032b656e032100"),
  x448: hexToBytes("3042300506032b656f033900"),
  secp256r1: hexToBytes("3059301306072a8648ce3d020106082a8648ce3d030107034200"),
  secp384r1: hexToBytes("3076301006072a8648ce3d020106052b81040022036200"),
  secp521r1: hexToBytes("30819b301006072a8648ce3d020106052b8104002303818600"),
};
