/**
 * Ephemeral keys on `node:crypto`.
 *
 * @module
 */

import { concat } from "@std/bytes";
import { decodeBase64Url, encodeBase64Url } from "../../encoding.ts";
import { hexToBytes } from "@noble/hashes/utils.js";
import { owned } from "../primitives/bytes.ts";
import type { Curve, EphemeralKey } from "./curve.ts";
import {
  type JsonKey,
  nodeCan,
  type NodeCrypto,
  type NodeKey,
  type NodeKeyInput,
  prefersNodeCrypto,
} from "../primitives/node_crypto.ts";

/** A key pair. */
export function nodeEphemeralKey(
  node: NodeCrypto,
  curve: Curve,
  form: Form = formOf(node),
): EphemeralKey {
  const { publicKey, privateKey } = generate(node, curve);
  return {
    share: shareOf(publicKey, curve, form),
    derive(peerShare) {
      const peer = node.createPublicKey(inputOf(peerShare, curve, form));
      return owned(node.diffieHellman({ privateKey, publicKey: peer }));
    },
  };
}

/**
 * How public keys go in and out. In Node.js OpenSSL's encoders of
 * SubjectPublicKeyInfo take 26 to 56 µs and its decoder 8; raw bytes, which it has
 * from 26 on, take 1 to 12 and 2, and a JWK 2 to 9 and 4.
 */
export type Form = "raw" | "jwk" | "spki";

function formOf(node: NodeCrypto): Form {
  if (!prefersNodeCrypto()) return "spki";
  return nodeCan("raw keys", () => tryRaw(node)) ? "raw" : "jwk";
}

/** Throws if there is no such form. */
function tryRaw(node: NodeCrypto): void {
  const { publicKey } = node.generateKeyPairSync("x25519");
  const raw = publicKey.export({ format: "raw-public" });
  if (raw.length !== 32) throw new TypeError("It is another form");
  node.createPublicKey(rawInput(raw, "x25519"));
}

/** UncompressedPointRepresentation, or the bytes of RFC 7748. */
function shareOf(
  publicKey: NodeKey,
  { name, shareLength }: Curve,
  form: Form,
): Uint8Array {
  const share = form === "raw"
    ? owned(publicKey.export({ format: "raw-public" }))
    : form === "jwk"
    ? fromJwk(publicKey.export({ format: "jwk" }))
    : publicKey.export({ type: "spki", format: "der" }).slice(-shareLength);
  if (share?.length === shareLength) return owned(share);
  throw new TypeError(`Cannot use the key of ${name}: it has another length`);
}

function fromJwk({ x = "", y }: JsonKey): Uint8Array | undefined {
  const head = decodeBase64Url(x);
  if (y === undefined) return head;
  const tail = decodeBase64Url(y);
  return head && tail && concat([UNCOMPRESSED, head, tail]);
}

function inputOf(
  share: Uint8Array,
  { name }: Curve,
  form: Form,
): NodeKeyInput {
  const isOctets = name === "x25519" || name === "x448";
  if (isOctets && form === "raw") return rawInput(share, name);
  return isOctets && form === "jwk"
    ? { key: jsonKey(share, name), format: "jwk" }
    : { key: concat([prefixes[name], share]), format: "der", type: "spki" };
}

function rawInput(key: Uint8Array, asymmetricKeyType: string): NodeKeyInput {
  return { key, format: "raw-public", asymmetricKeyType };
}

function jsonKey(share: Uint8Array, name: "x25519" | "x448") {
  return {
    kty: "OKP",
    crv: name === "x25519" ? "X25519" : "X448",
    x: encodeBase64Url(share),
  } as const;
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

/** What a point begins with (RFC 9846 section 4.3.8.2). */
const UNCOMPRESSED = Uint8Array.of(4);
