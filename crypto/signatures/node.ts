/**
 * Signatures on `node:crypto`, at once: in Node.js and Bun, whose WebCrypto goes
 * to another thread and back. RSA stays where it is: checks are our own arithmetic,
 * and signing takes too long to keep this thread waiting.
 *
 * @module
 */

import type { EcdsaCurve, OctetKeyType } from "./key_types.ts";
import type { PublicKey } from "./public_key.ts";
import {
  nodeCan,
  nodeCannot,
  type NodeCrypto,
  nodeCrypto,
  type NodeKey,
} from "../primitives/node_crypto.ts";

/** Types of keys that sign here. */
export type NodeKeyType = EcdsaCurve | OctetKeyType;

/**
 * Whether a signature is right, or `undefined` where `node:crypto` cannot tell: of
 * a key that is not valid, another implementation gives the error.
 *
 * @param hash Of ECDSA, by its name in WebCrypto.
 * @param signature Of ECDSA: both numbers, one behind the other.
 */
export function nodeVerify(
  key: PublicKey,
  type: NodeKeyType,
  hash: string | undefined,
  data: Uint8Array,
  signature: Uint8Array,
): boolean | undefined {
  if (data.length > MAX_HASHED_HERE) return undefined;
  const node = ableNode(type, hash);
  const imported = node && importedBy(
    key,
    () => node.createPublicKey({ key: key.spki, format: "der", type: "spki" }),
  );
  return imported &&
    attempt(type, hash, () =>
      node.verify(nodeHash(hash), data, {
        key: imported,
        dsaEncoding: "ieee-p1363",
      }, signature));
}

/**
 * A signature, in DER if it is of ECDSA, or `undefined` as for
 * {@linkcode nodeVerify}.
 *
 * @param owner The same object each time: the key is kept with it.
 */
export function nodeSign(
  owner: object,
  pkcs8: Uint8Array,
  type: NodeKeyType,
  hash: string | undefined,
  data: Uint8Array,
): Uint8Array | undefined {
  const node = ableNode(type, hash);
  const imported = node && importedBy(
    owner,
    () => node.createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" }),
  );
  return imported && attempt(type, hash, () =>
    new Uint8Array(
      node.sign(nodeHash(hash), data, { key: imported, dsaEncoding: "der" }),
    ));
}

/** Whether `node:crypto` signs and checks here with such keys, and that hash. */
export function nodeHasSignatures(type: NodeKeyType, hash?: string): boolean {
  return ableNode(type, hash) !== undefined;
}

/**
 * What fails with a key that was imported is not tried again with any and that
 * hash: others go on, as a peer may choose one that is forbidden here.
 */
function attempt<T>(
  type: NodeKeyType,
  hash: string | undefined,
  what: () => T,
): T | undefined {
  try {
    return what();
  } catch {
    nodeCannot(`${type} ${hash}`);
    return undefined;
  }
}

/** `node:crypto`, where it has such keys, and has not failed with the hash. */
function ableNode(
  type: NodeKeyType,
  hash: string | undefined,
): NodeCrypto | undefined {
  const node = nodeCrypto();
  return node && nodeCan(type, () => tryOut(node, type)) &&
      nodeCan(`${type} ${hash}`, () => {})
    ? node
    : undefined;
}

/** Throws if such a key signs nothing, or its signature is not found right. */
function tryOut(node: NodeCrypto, type: NodeKeyType): void {
  const namedCurve = type.startsWith("P-") ? type : undefined;
  const { publicKey, privateKey } = namedCurve === undefined
    ? node.generateKeyPairSync(type as OctetKeyType) // The others are curves.
    : node.generateKeyPairSync("ec", { namedCurve });
  const hash = namedCurve && "sha256";
  const data = new Uint8Array(1);
  const signed = node.sign(hash ?? null, data, {
    key: privateKey,
    dsaEncoding: "ieee-p1363",
  });
  const isRight = node.verify(hash ?? null, data, {
    key: publicKey,
    dsaEncoding: "ieee-p1363",
  }, signed);
  if (!isRight) throw new TypeError("It finds its own signature wrong");
}

/** `undefined` for a key that is not valid: it is for others to say so. */
function importedBy(
  owner: object,
  importKey: () => NodeKey,
): NodeKey | undefined {
  let key = keys.get(owner);
  if (key !== undefined) return key;
  try {
    key = importKey();
  } catch {
    return undefined;
  }
  keys.set(owner, key);
  return key;
}

/** `"SHA-256"` is `"sha256"` there. */
function nodeHash(hash: string | undefined): string | null {
  return hash?.replace("-", "").toLowerCase() ?? null;
}

const keys = new WeakMap<object, NodeKey>();

/** In bytes: a longer text, such as a large CRL, is hashed on another thread. */
const MAX_HASHED_HERE = 16_384;
