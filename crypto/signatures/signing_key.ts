/**
 * Private keys at work: the signature schemes of each key type, and the public
 * key that belongs to a private one.
 *
 * Signing is the platform's, though noble makes an ECDSA P-256 signature in half
 * the time (190 against 370 µs): the time that JavaScript's big integers take
 * depends on their values, and a few bits of many nonces give the key away to
 * anyone who can time handshakes (Minerva, LadderLeak). WebCrypto has no Ed448,
 * whose nonces come from a hash of the key; that is noble's. So is ECDSA with
 * SHA-1, which nothing but TLS 1.1 and below asks for, where the platform has
 * none for a curve: Deno for P-384.
 *
 * @module
 */

import { concat } from "@std/bytes";
import { TlsError } from "../../errors.ts";
import type { SchemeName } from "../../registry.ts";
import { bufferSource } from "../primitives/bytes.ts";
import { ecdsaToDer } from "./ecdsa_signature.ts";
import { sha1 } from "../primitives/hash.ts";
import type { MaybePromise } from "../primitives/provider.ts";
import {
  ecdsaCurves,
  isEcdsaCurve,
  isMlDsa,
  isOctetKeyType,
  octetKeyTypes,
  type SigningKeyType,
} from "./key_types.ts";
import { publicKeyOfExpanded, signExpanded } from "./ml_dsa_expanded.ts";
import { loadEcdsa, loadEd448, loadNode } from "./noble.ts";
import { rsaSignMd5Sha1 } from "./rsa_pkcs1.ts";
import {
  type SignatureSchemeRow,
  signatureSchemes,
  tls10SignatureSchemes,
} from "./signature_schemes.ts";
import type { KeyImportParams } from "./verifying_key.ts";

export type { SigningKeyType } from "./key_types.ts";

/** The name of a SignatureScheme, as at IANA: `"ecdsa_secp256r1_sha256"`. */
export type SignatureSchemeName = SchemeName;
/** A private key's bytes. */
export interface SigningKeyMaterial {
  /** The type of the key. */
  readonly type: SigningKeyType;
  /**
   * PKCS#8 of version 0; RSA under the OID rsaEncryption, and an EC key without
   * its public key.
   */
  readonly pkcs8: Uint8Array;
  /** An ML-DSA key whose seed is not known. */
  readonly expandedKey?: Uint8Array | undefined;
}

/** A private key that signs; each scheme's key is imported when first used. */
export class SigningKey {
  readonly #material: SigningKeyMaterial;
  readonly #imported = new Map<string, Promise<CryptoKey>>();

  /** Takes the bytes; nothing is imported yet. */
  constructor(material: SigningKeyMaterial) {
    this.#material = material;
  }

  /** The type of the key. */
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
      return await this.#signWithNode(undefined, data) ??
        (await loadEd448()).sign(data, this.#ed448Secret());
    }
    const { type, expandedKey } = this.#material;
    if (expandedKey !== undefined && isMlDsa(type)) {
      return await signExpanded(type, expandedKey, data);
    }
    if (scheme === "rsa_pkcs1_md5_sha1") {
      return rsaSignMd5Sha1(this.#material.pkcs8, data);
    }
    const algorithm = algorithmOf(scheme, this.type);
    const signing = this.#signWithNode(algorithm.sign.hash, data);
    const signed = signing instanceof Promise ? await signing : signing;
    if (signed !== undefined) return signed;
    const key = await this.#import(algorithm.key);
    const signature = await crypto.subtle.sign(
      algorithm.sign,
      key,
      bufferSource(data),
    ).catch((error) => {
      if (scheme !== "ecdsa_sha1") throw error;
      return this.#signEcdsaSha1(data);
    });
    const bytes = new Uint8Array(signature);
    return isEcdsaCurve(this.type) ? ecdsaToDer(bytes) : bytes;
  }

  #signWithNode(
    hash: string | undefined,
    data: Uint8Array,
  ): MaybePromise<Uint8Array | undefined> {
    const { type, pkcs8 } = this.#material;
    if (!isEcdsaCurve(type) && !isOctetKeyType(type)) return undefined;
    const node = loadNode();
    const sign = (node?: Awaited<ReturnType<typeof loadNode>>) =>
      node?.nodeSign(this, pkcs8, type, hash, data);
    return node instanceof Promise ? node.then(sign) : sign(node);
  }

  /**
   * Nonces are hedged (RFC 6979 section 3.6): no two are from the same bytes.
   */
  async #signEcdsaSha1(data: Uint8Array): Promise<Uint8Array> {
    const { type } = this.#material;
    if (!isEcdsaCurve(type)) throw new TypeError(`${type} is not a curve`);
    const curve = await loadEcdsa(type);
    // RFC 5915 section 3: the scalar ends a structure without a public key.
    const scalar = this.#material.pkcs8.subarray(-curve.Point.Fn.BYTES);
    return curve.sign(sha1.digest(data), scalar, {
      prehash: false,
      lowS: false,
      extraEntropy: true,
    });
  }

  /**
   * The public key that belongs to it: an uncompressed point, or an EdDSA or
   * ML-DSA key. For types other than RSA, whose private keys contain it.
   */
  async publicKey(): Promise<Uint8Array> {
    if (this.type === "ed448") {
      return (await loadEd448()).getPublicKey(this.#ed448Secret());
    }
    const { type, expandedKey } = this.#material;
    if (expandedKey !== undefined && isMlDsa(type)) {
      const derived = await publicKeyOfExpanded(type, expandedKey);
      if (derived !== undefined) return derived;
      throw new TlsError(
        "malformed_key",
        "Cannot read the private key: the parts of its expanded ML-DSA key do not belong together (FIPS 204 section 7.2)",
      );
    }
    const [scheme = "ed25519"] = schemesOf(this.type);
    const { key: algorithm } = algorithmOf(scheme, this.type);
    const key = await this.#importPkcs8(algorithm, true);
    // "pub" is RFC 9964's, for ML-DSA.
    const jwk: JsonWebKey & { pub?: string } = await crypto.subtle.exportKey(
      "jwk",
      key,
    );
    return isEcdsaCurve(this.type)
      ? concat([Uint8Array.of(4), base64Url(jwk.x), base64Url(jwk.y)])
      : base64Url(jwk.pub ?? jwk.x);
  }

  /** Imports for one scheme, so that a bad key shows before it is needed. */
  async check(scheme: SignatureSchemeName): Promise<void> {
    if (scheme === "ed448" || this.#material.expandedKey !== undefined) return;
    await this.#import(algorithmOf(scheme, this.type).key);
  }

  #import(algorithm: KeyImportParams): Promise<CryptoKey> {
    const id = `${algorithm.name} ${algorithm.hash}`;
    let imported = this.#imported.get(id);
    if (imported === undefined) {
      imported = this.#importPkcs8(algorithm, false);
      this.#imported.set(id, imported);
    }
    return imported;
  }

  #importPkcs8(
    algorithm: KeyImportParams,
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
    return this.#material.pkcs8.subarray(
      -octetKeyTypes["ed448"].secretLength,
    );
  }
}

/**
 * The schemes that a type of key signs with, the preferred ones first. Those
 * of ECDSA are the ones of the key's own curve (RFC 9846 section 4.3.3); in
 * TLS 1.2, whose schemes name no curve, the others may be used as well.
 *
 * @param bits Size of an RSA modulus; schemes that need a larger one are left
 * out.
 */
export function schemesOf(
  type: SigningKeyType,
  bits = Infinity,
): SignatureSchemeName[] {
  const curve = isEcdsaCurve(type) ? ecdsaCurves[type].curve : undefined;
  return signatureSchemes
    .filter((row) =>
      isFor(row, type) && (row.minKeyBits ?? 0) <= bits &&
      (row.curve ?? curve) === curve
    )
    .map(({ name }) => name);
}

/** Whether a key of that type can make a signature of that scheme. */
export function canSign(
  type: SigningKeyType,
  scheme: SignatureSchemeName,
): boolean {
  return [...signatureSchemes, ...tls10SignatureSchemes].some((row) =>
    row.name === scheme && isFor(row, type)
  );
}

function isFor(row: SignatureSchemeRow, type: SigningKeyType): boolean {
  return row.keyType === (isEcdsaCurve(type) ? "ec" : type);
}

interface PlatformAlgorithm {
  readonly key: KeyImportParams;
  readonly sign: { name: string; hash?: string; saltLength?: number };
}

function algorithmOf(
  scheme: SignatureSchemeName,
  type: SigningKeyType,
): PlatformAlgorithm {
  const algorithm = signatureSchemes.find(({ name }) => name === scheme)
    ?.algorithm;
  switch (algorithm?.kind) {
    case "ecdsa": {
      const name = "ECDSA";
      return {
        key: { name, namedCurve: type },
        sign: { name, hash: algorithm.hash },
      };
    }
    case "rsa-pss": {
      const name = "RSA-PSS";
      const { hash, saltLength } = algorithm;
      return { key: { name, hash }, sign: { name, saltLength } };
    }
    case "rsa-pkcs1": {
      const name = "RSASSA-PKCS1-v1_5";
      return { key: { name, hash: algorithm.hash }, sign: { name } };
    }
    default: {
      const name = webCryptoName(type);
      return { key: { name }, sign: { name } };
    }
  }
}

/** Names that no runtime has are refused by WebCrypto. */
function webCryptoName(type: SigningKeyType): string {
  return isOctetKeyType(type) ? octetKeyTypes[type].webCrypto ?? type : type;
}

function base64Url(text = ""): Uint8Array {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (char) => char.charCodeAt(0));
}
