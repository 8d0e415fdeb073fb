/**
 * What does the work of suites, groups and signature schemes in this runtime.
 * Everything is tried, with keys of no value, and by the very functions that
 * connections choose with.
 *
 * @module
 */

import { BULK_LENGTH } from "../primitives/aead.ts";
import { nodeHasAead } from "../primitives/aead_node.ts";
import {
  type WebCryptoAead,
  WebCryptoAeadKey,
} from "../primitives/aead_webcrypto.ts";
import { nodeCbcKey } from "../primitives/cbc_node.ts";
import { nodeCrypto, prefersNodeCrypto } from "../primitives/node_crypto.ts";
import type {
  AeadAlgorithm,
  KeyExchangeGroup,
} from "../primitives/provider.ts";
import { joined } from "../primitives/sealed.ts";
import type { Curve } from "../groups/curve.ts";
import { curves } from "../groups/ecdh.ts";
import { nodeHasCurve } from "../groups/ecdh_exchange.ts";
import { webCryptoEphemeralKey } from "../groups/ecdh_webcrypto.ts";
import type { MlKemName } from "../groups/ml_kem_implementation.ts";
import { nodeMlKem } from "../groups/ml_kem_node.ts";
import { webCryptoMlKem } from "../groups/ml_kem_webcrypto.ts";
import { octetKeyTypes } from "../signatures/key_types.ts";
import { nodeHasSignatures, type NodeKeyType } from "../signatures/node.ts";
import type { SignatureSchemeRow } from "../signatures/signature_schemes.ts";
import type { CipherSuite } from "./cipher_suite.ts";

/**
 * Who does a piece of work. `"JavaScript"` is arithmetic of this module, on
 * numbers that are public or used once; `undefined`: nothing here can do it.
 */
export type Implementation =
  | "node:crypto"
  | "WebCrypto"
  | "noble"
  | "JavaScript"
  | undefined;

/** A piece of work, and who does it. */
export interface PartImplementation {
  /** What it is, such as `"records from 4096 bytes on"`. */
  readonly part: string;
  /** Who does it. */
  readonly by: Implementation;
}

/** Who protects the records of a suite, and agrees on its keys. */
export async function suiteImplementations(
  { cipher, keyExchange }: CipherSuite,
): Promise<PartImplementation[]> {
  const parts = cipher.kind === "aead"
    ? await aeadImplementations(cipher.aead)
    : [{
      part: "records",
      by: cipher.kind === "cbc" ? cbcImplementation(cipher.cipher) : JS,
    }];
  return keyExchange === "RSA" || keyExchange === "RSA_PSK"
    // No other platform takes the padding off without telling how.
    ? [...parts, { part: "RSA decryption, by servers", by: nodeOrNothing() }]
    : parts;
}

/** Who computes the shared secret of a group. */
export async function groupImplementations(
  { kind, name }: KeyExchangeGroup,
): Promise<PartImplementation[]> {
  if (kind === "ffdh") return [{ part: name, by: JS }];
  const parts: PartImplementation[] = [];
  for (const curve of Object.values(curves)) {
    if (!name.toLowerCase().startsWith(curve.name)) continue;
    parts.push({ part: curve.name, by: await curveImplementation(curve) });
  }
  const [, size] = /MLKEM(768|1024)$/.exec(name) ?? [];
  if (size === "768" || size === "1024") {
    const kem = `ML-KEM-${size}` as const;
    parts.push({ part: kem, by: await kemImplementation(kem) });
  }
  return parts;
}

/** Who signs with a scheme, and who checks. */
export async function schemeImplementations(
  scheme: SignatureSchemeRow,
): Promise<PartImplementation[]> {
  const { signing, verifying } = await signatureImplementations(scheme);
  return [
    { part: "signing", by: signing },
    { part: "verifying", by: verifying },
  ];
}

interface Signatures {
  readonly signing: Implementation;
  readonly verifying: Implementation;
}

async function signatureImplementations(
  { keyType, algorithm, curve, hash }: SignatureSchemeRow,
): Promise<Signatures> {
  if (keyType === "rsa" || keyType === "rsa-pss") {
    const name = algorithm.kind === "rsa-pss" ? "RSA-PSS" : "RSASSA-PKCS1-v1_5";
    const signing = await hasRsa(name, hash) ? WEB : undefined;
    return { signing, verifying: JS };
  }
  if (keyType === "ec") {
    const namedCurve = WEB_CURVES[curve ?? "secp256r1"] ?? "P-256";
    const digest = algorithm.kind === "ecdsa" ? algorithm.hash : undefined;
    if (isByNode(namedCurve, digest)) return BOTH_BY_NODE;
    const by = await hasSignatures({ name: "ECDSA", namedCurve }) ? WEB : NOBLE;
    // Noble signs with nothing but SHA-1, for TLS 1.1: see signing_key.ts.
    return { signing: by === WEB ? WEB : undefined, verifying: by };
  }
  if (isByNode(keyType)) return BOTH_BY_NODE;
  const { webCrypto: name } = octetKeyTypes[keyType];
  if (name !== undefined && await hasSignatures({ name })) {
    return { signing: WEB, verifying: WEB };
  }
  const signing = keyType === "ed448" ? NOBLE : undefined;
  return { signing, verifying: NOBLE };
}

function isByNode(type: NodeKeyType, hash?: string): boolean {
  return prefersNodeCrypto() && nodeHasSignatures(type, hash);
}

async function aeadImplementations(
  aead: AeadAlgorithm,
): Promise<PartImplementation[]> {
  if (!(aead.name in WEB_AEADS)) {
    // AES-CCM is put together of two modes of WebCrypto.
    return [{ part: "records", by: await canImport(aead) ? WEB : undefined }];
  }
  const { name, format, cipher } = WEB_AEADS[aead.name as WebAeadName];
  const node = nodeCrypto();
  const hasNode = node !== undefined &&
    nodeHasAead(node, cipher, aead.keyLength);
  const other = await hasAead({ name, format }, aead.keyLength) ? WEB : NOBLE;
  const isAes = name === "AES-GCM";
  const small = hasNode ? NODE : isAes || node !== undefined ? other : NOBLE;
  const large = hasNode && (!isAes || prefersNodeCrypto()) ? NODE : other;
  return [
    { part: `records below ${BULK_LENGTH} bytes`, by: small },
    { part: `records from ${BULK_LENGTH} bytes on`, by: large },
  ];
}

function cbcImplementation(
  { name, keyLength, blockLength }: {
    readonly name: string;
    readonly keyLength: number;
    readonly blockLength: number;
  },
): Implementation {
  const isAes = name.startsWith("AES");
  const cipher = isAes ? name.toLowerCase() : "des-ede3-cbc";
  const key = nodeCbcKey(cipher, new Uint8Array(keyLength), blockLength);
  if (key !== undefined) return NODE;
  return isAes ? NOBLE : undefined;
}

async function curveImplementation(curve: Curve): Promise<Implementation> {
  const node = nodeCrypto();
  if (node !== undefined && nodeHasCurve(node, curve)) return NODE;
  return await webCryptoEphemeralKey(curve) === undefined ? NOBLE : WEB;
}

async function kemImplementation(name: MlKemName): Promise<Implementation> {
  if (prefersNodeCrypto() && nodeMlKem(name) !== undefined) return NODE;
  return await webCryptoMlKem(name) === undefined ? NOBLE : WEB;
}

function nodeOrNothing(): Implementation {
  return nodeCrypto() === undefined ? undefined : NODE;
}

/** Whether WebCrypto seals, or the key falls back. */
async function hasAead(
  aead: WebCryptoAead,
  keyLength: number,
): Promise<boolean> {
  let fellBack = false;
  const key = new WebCryptoAeadKey(aead, new Uint8Array(keyLength), () => {
    fellBack = true;
    return { seal: () => ({ ciphertext: NOTHING }), open: () => NOTHING };
  });
  await joined(key.seal(new Uint8Array(12), NOTHING, NOTHING));
  return !fellBack;
}

async function hasSignatures(
  algorithm: { name: string; namedCurve?: string },
): Promise<boolean> {
  return await succeeds(() =>
    crypto.subtle.generateKey(algorithm, false, ["sign", "verify"])
  );
}

/** A key pair of RSA takes too long: whether a public key can be imported. */
async function hasRsa(name: string, hash = "SHA-256"): Promise<boolean> {
  const n = btoa(String.fromCharCode(...Array<number>(256).fill(0xff)))
    .replaceAll("/", "_").replaceAll("=", "");
  return await succeeds(() =>
    crypto.subtle.importKey(
      "jwk",
      { kty: "RSA", n, e: "AQAB" },
      { name, hash },
      false,
      ["verify"],
    )
  );
}

async function canImport({ importKey, keyLength }: AeadAlgorithm) {
  return await succeeds(() => importKey(new Uint8Array(keyLength)));
}

async function succeeds(attempt: () => unknown): Promise<boolean> {
  try {
    await attempt();
    return true;
  } catch {
    return false;
  }
}

const NODE = "node:crypto";
const WEB = "WebCrypto";
const NOBLE = "noble";
const JS = "JavaScript";

const BOTH_BY_NODE: Signatures = { signing: NODE, verifying: NODE };

const NOTHING: Uint8Array<ArrayBuffer> = new Uint8Array();

/** Algorithms with their names in WebCrypto and OpenSSL. */
const WEB_AEADS = {
  "AES-128-GCM": { name: "AES-GCM", format: "raw", cipher: "aes-128-gcm" },
  "AES-256-GCM": { name: "AES-GCM", format: "raw", cipher: "aes-256-gcm" },
  "ChaCha20-Poly1305": {
    name: "ChaCha20-Poly1305",
    format: "raw-secret",
    cipher: "chacha20-poly1305",
  },
} as const;

type WebAeadName = keyof typeof WEB_AEADS;

const WEB_CURVES: Readonly<
  Record<string, "P-256" | "P-384" | "P-521" | undefined>
> = { secp256r1: "P-256", secp384r1: "P-384", secp521r1: "P-521" };
