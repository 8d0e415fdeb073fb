/**
 * Private keys at work: the signature schemes of each key type, and the public
 * key that belongs to a private one.
 *
 * Signing is WebCrypto's, though noble makes an ECDSA P-256 signature in half
 * the time (190 against 370 µs): the time that JavaScript's big integers take
 * depends on their values, and a few bits of many nonces give the key away to
 * whoever can time handshakes (Minerva, LadderLeak). WebCrypto has no Ed448,
 * whose nonces are as long as the key's hash; that is noble's.
 *
 * @module
 */

import { bufferSource, join } from "./bytes.ts";
import type { SignatureScheme } from "../registry.ts";

/** The name of a SignatureScheme, as at IANA. */
export type SignatureSchemeName = keyof typeof SignatureScheme;

/** What a private key is of. */
export type SigningKeyType =
  | "rsa"
  | "rsa-pss"
  | "P-256"
  | "P-384"
  | "P-521"
  | "ed25519"
  | "ed448"
  | "ml-dsa-44"
  | "ml-dsa-65"
  | "ml-dsa-87";

/** A private key's bytes. */
export interface SigningKeyMaterial {
  /** What it is of. */
  readonly type: SigningKeyType;
  /** PKCS#8 of version 0; RSA under the OID rsaEncryption. */
  readonly pkcs8: Uint8Array;
}

/** A private key that signs; each scheme's key is imported when first used. */
export class SigningKey {
  readonly #material: SigningKeyMaterial;
  readonly #imported = new Map<string, Promise<CryptoKey>>();

  /** Takes the bytes as they are; nothing is imported yet. */
  constructor(material: SigningKeyMaterial) {
    this.#material = material;
  }

  /** What it is of. */
  get type(): SigningKeyType {
    return this.#material.type;
  }

  /**
   * The signature of `data` as TLS carries it: ECDSA in DER.
   *
   * Rejects with the platform's error if it cannot make this one.
   */
  async sign(
    scheme: SignatureSchemeName,
    data: Uint8Array,
  ): Promise<Uint8Array> {
    if (scheme === "ed448") {
      return (await loadEd448()).sign(data, this.#ed448Secret());
    }
    const algorithm = algorithmOf(scheme, this.type);
    const key = await this.#import(scheme, algorithm.key);
    const signature = new Uint8Array(
      await crypto.subtle.sign(algorithm.sign, key, bufferSource(data)),
    );
    return isCurve(this.type) ? ecdsaDer(signature) : signature;
  }

  /**
   * The public key that belongs to it: an uncompressed point, or an EdDSA or
   * ML-DSA key. For types other than RSA, whose private keys contain it.
   */
  async publicKey(): Promise<Uint8Array> {
    if (this.type === "ed448") {
      return (await loadEd448()).getPublicKey(this.#ed448Secret());
    }
    const scheme = schemesOf(this.type)[0] ?? "ed25519";
    const key = await this.#importPkcs8(
      algorithmOf(scheme, this.type).key,
      true,
    );
    const jwk: JsonWebKey & { pub?: string } = await crypto.subtle.exportKey(
      "jwk",
      key,
    );
    if (isCurve(this.type)) {
      return join(Uint8Array.of(4), base64Url(jwk.x), base64Url(jwk.y));
    }
    return base64Url(jwk.pub ?? jwk.x);
  }

  /** Imports for one scheme, so that a bad key shows before it is needed. */
  async check(scheme: SignatureSchemeName): Promise<void> {
    if (scheme === "ed448") return;
    await this.#import(scheme, algorithmOf(scheme, this.type).key);
  }

  #import(
    scheme: SignatureSchemeName,
    algorithm: KeyAlgorithmParams,
  ): Promise<CryptoKey> {
    // ECDSA's key is the same for every hash.
    const id = isCurve(this.type) ? this.type : scheme;
    let imported = this.#imported.get(id);
    if (imported === undefined) {
      imported = this.#importPkcs8(algorithm, false);
      this.#imported.set(id, imported);
    }
    return imported;
  }

  #importPkcs8(
    algorithm: KeyAlgorithmParams,
    extractable: boolean,
  ): Promise<CryptoKey> {
    return crypto.subtle.importKey(
      "pkcs8",
      bufferSource(this.#material.pkcs8),
      algorithm,
      extractable,
      ["sign"],
    );
  }

  /** RFC 8410 section 7: the 57 bytes at the end of the structure. */
  #ed448Secret(): Uint8Array {
    return this.#material.pkcs8.subarray(-57);
  }
}

/**
 * The schemes that a type of key signs with, the preferred ones first. Those
 * of ECDSA are the ones of the key's own curve (RFC 8446 section 4.2.3); in
 * TLS 1.2, whose schemes name no curve, the others may be used as well.
 */
export function schemesOf(type: SigningKeyType): SignatureSchemeName[] {
  return schemes[type].slice();
}

/** Whether a key of that type can make a signature of that scheme. */
export function canSign(
  type: SigningKeyType,
  scheme: SignatureSchemeName,
): boolean {
  return schemes[type].includes(scheme) ||
    isCurve(type) && scheme.startsWith("ecdsa_");
}

type KeyAlgorithmParams = { name: string; hash?: string; namedCurve?: string };
type SignParams = { name: string; hash?: string; saltLength?: number };

function algorithmOf(
  scheme: SignatureSchemeName,
  type: SigningKeyType,
): { key: KeyAlgorithmParams; sign: SignParams } {
  const hash = hashes[/sha\d+$/.exec(scheme)?.[0] ?? ""];
  if (hash === undefined) {
    const name = platformNames[scheme] ?? scheme;
    return { key: { name }, sign: { name } };
  }
  if (isCurve(type)) {
    const name = "ECDSA";
    return {
      key: { name, namedCurve: type },
      sign: { name, hash: hash.name },
    };
  }
  const name = scheme.startsWith("rsa_pss") ? "RSA-PSS" : "RSASSA-PKCS1-v1_5";
  // RFC 8446 section 4.2.3: the salt is as long as the digest.
  return {
    key: { name, hash: hash.name },
    sign: { name, saltLength: hash.length },
  };
}

/** Loaded when a key needs it: it costs a program that has none too much. */
async function loadEd448() {
  return (await import("@noble/curves/ed448.js")).ed448;
}

function isCurve(type: SigningKeyType): type is "P-256" | "P-384" | "P-521" {
  return type.startsWith("P-");
}

/** r and s side by side, as WebCrypto has them, to ECDSA-Sig-Value. */
function ecdsaDer(signature: Uint8Array): Uint8Array {
  const half = signature.length / 2;
  const r = derInteger(signature.subarray(0, half));
  const s = derInteger(signature.subarray(half));
  const length = r.length + s.length;
  const header = length < 0x80 ? [0x30, length] : [0x30, 0x81, length];
  return join(Uint8Array.from(header), r, s);
}

function derInteger(bytes: Uint8Array): Uint8Array {
  const start = bytes.findIndex((byte) => byte !== 0);
  const magnitude = bytes.subarray(start);
  const sign = (magnitude[0] ?? 0) >= 0x80 ? [0] : [];
  return join(
    Uint8Array.of(2, sign.length + magnitude.length, ...sign),
    magnitude,
  );
}

function base64Url(text = ""): Uint8Array {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (char) => char.charCodeAt(0));
}

const hashes: Readonly<
  Record<string, { name: string; length: number } | undefined>
> = {
  sha1: { name: "SHA-1", length: 20 },
  sha256: { name: "SHA-256", length: 32 },
  sha384: { name: "SHA-384", length: 48 },
  sha512: { name: "SHA-512", length: 64 },
};

const platformNames: Partial<Record<SignatureSchemeName, string>> = {
  ed25519: "Ed25519",
  mldsa44: "ML-DSA-44",
  mldsa65: "ML-DSA-65",
  mldsa87: "ML-DSA-87",
};

const schemes: Readonly<Record<SigningKeyType, SignatureSchemeName[]>> = {
  "rsa": [
    "rsa_pss_rsae_sha256",
    "rsa_pss_rsae_sha384",
    "rsa_pss_rsae_sha512",
    "rsa_pkcs1_sha256",
    "rsa_pkcs1_sha384",
    "rsa_pkcs1_sha512",
    "rsa_pkcs1_sha1",
  ],
  "rsa-pss": ["rsa_pss_pss_sha256", "rsa_pss_pss_sha384", "rsa_pss_pss_sha512"],
  "P-256": ["ecdsa_secp256r1_sha256", "ecdsa_sha1"],
  "P-384": ["ecdsa_secp384r1_sha384"],
  "P-521": ["ecdsa_secp521r1_sha512", "ecdsa_sha1"],
  ed25519: ["ed25519"],
  ed448: ["ed448"],
  "ml-dsa-44": ["mldsa44"],
  "ml-dsa-65": ["mldsa65"],
  "ml-dsa-87": ["mldsa87"],
};
