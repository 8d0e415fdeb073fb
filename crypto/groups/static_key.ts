/**
 * Long-lived private keys of a curve: on WebCrypto, which keeps them where no
 * program can read them, or on noble where WebCrypto lacks the curve.
 *
 * @module
 */

import { concat } from "@std/bytes";
import { hexToBytes } from "@noble/hashes/utils.js";
import { bufferSource } from "../primitives/bytes.ts";
import { nobleDerive } from "./ecdh_noble.ts";
import { algorithms, deriveWebCrypto } from "./ecdh_webcrypto.ts";
import type { Curve, StaticKey } from "./curve.ts";

/** A curve whose private keys can be read here: they have 32 bytes. */
export type StaticCurve = Curve & { readonly name: "x25519" | "secp256r1" };

/** Prepares a private key. */
export async function staticKey(
  curve: StaticCurve,
  secretKey: Uint8Array,
): Promise<StaticKey> {
  const key = await imported(curve, secretKey);
  return {
    derive: (peerShare) =>
      key === undefined
        ? nobleDerive(curve, secretKey, peerShare)
        : deriveWebCrypto(curve, key, peerShare),
  };
}

/** PrivateKeyInfo of a private key (RFC 5958 section 2), in DER. */
export function pkcs8Of(
  { name }: StaticCurve,
  secretKey: Uint8Array,
): Uint8Array<ArrayBuffer> {
  return concat([prefixes[name], secretKey]);
}

async function imported(
  curve: StaticCurve,
  secretKey: Uint8Array,
): Promise<CryptoKey | undefined> {
  try {
    return await crypto.subtle.importKey(
      "pkcs8",
      bufferSource(pkcs8Of(curve, secretKey)),
      algorithms[curve.name],
      false,
      ["deriveBits"],
    );
  } catch {
    return undefined;
  }
}

/** PrivateKeyInfo up to the key itself (RFC 8410 section 7, RFC 5915). */
const prefixes: Readonly<Record<StaticCurve["name"], Uint8Array>> = {
  x25519: hexToBytes("302e020100300506032b656e04220420"),
  secp256r1: hexToBytes(
    "3041020100301306072a8648ce3d020106082a8648ce3d030107042730250201010420",
  ),
};
