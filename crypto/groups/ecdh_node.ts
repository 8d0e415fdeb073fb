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
import type {
  NodeCrypto,
  NodeKey,
  NodeKeyInput,
} from "../primitives/node_crypto.ts";

/**
 * A key pair. In Node.js OpenSSL's encoders and decoders of SubjectPublicKeyInfo
 * take 26 to 56 µs and 8 to 20; a JWK takes 2 to 9 and, of RFC 8037, 4.
 */
export function nodeEphemeralKey(
  node: NodeCrypto,
  curve: Curve,
): EphemeralKey {
  const { publicKey, privateKey } = generate(node, curve);
  return {
    share: shareOf(publicKey, curve),
    derive(peerShare) {
      const peer = node.createPublicKey(keyInput(curve, peerShare));
      return owned(node.diffieHellman({ privateKey, publicKey: peer }));
    },
  };
}

/** UncompressedPointRepresentation, or the bytes of RFC 7748. */
function shareOf(publicKey: NodeKey, { name, shareLength }: Curve): Uint8Array {
  const { x = "", y = "" } = publicKey.export({ format: "jwk" });
  const [head, tail] = [decodeBase64Url(x), decodeBase64Url(y)];
  const share = y === ""
    ? head
    : head && tail && concat([UNCOMPRESSED, head, tail]);
  if (share?.length === shareLength) return share;
  throw new TypeError(`Cannot use the key of ${name}: its JWK is not one`);
}

function keyInput({ name }: Curve, share: Uint8Array): NodeKeyInput {
  return name === "x25519" || name === "x448"
    ? {
      key: {
        kty: "OKP",
        crv: name === "x25519" ? "X25519" : "X448",
        x: encodeBase64Url(share),
      },
      format: "jwk",
    }
    : { key: concat([prefixes[name], share]), format: "der", type: "spki" };
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

/** SubjectPublicKeyInfo up to the key itself (RFC 5480). */
const prefixes = {
  secp256r1: hexToBytes("3059301306072a8648ce3d020106082a8648ce3d030107034200"),
  secp384r1: hexToBytes("3076301006072a8648ce3d020106052b81040022036200"),
  secp521r1: hexToBytes("30819b301006072a8648ce3d020106052b8104002303818600"),
} as const;

/** What a point begins with (RFC 9846 section 4.3.8.2). */
const UNCOMPRESSED = Uint8Array.of(4);
