/**
 * Private keys, and whatever else can sign in their place.
 *
 * @module
 */

import { TlsError } from "../../errors.ts";
import { SignatureScheme } from "../../registry.ts";
import { copied, equalConstantTime } from "../../crypto/primitives/bytes.ts";
import { signingKeyType } from "../../crypto/signatures/key_types.ts";
import { signatureSchemeById } from "../../crypto/signatures/signature_schemes.ts";
import {
  canSign,
  schemesOf,
  type SignatureSchemeName,
  SigningKey,
} from "../../crypto/signatures/signing_key.ts";
import { allowsPss, type PssParameters } from "../asn1/algorithm.ts";
import { refuseUnknownOptions } from "../asn1/known_options.ts";
import { registerOwnKey } from "./own_keys.ts";
import type { Passphrase } from "./passphrase.ts";
import { openPrivateKey } from "./private_key_pem.ts";
import {
  ecSpki,
  octetSpki,
  type PrivateKeyMaterial,
  readPrivateKey,
} from "./private_key_format.ts";
import { PRIVATE_KEY } from "../asn1/key_structure.ts";
import {
  parsePublicKey,
  type PublicKey,
} from "../../crypto/signatures/public_key.ts";

export type { Passphrase, PassphraseCallback } from "./passphrase.ts";
export type { SignatureSchemeName } from "../../crypto/signatures/signing_key.ts";

/**
 * Makes the signatures of a handshake: a {@linkcode PrivateKey}, or an object
 * of the caller that asks a hardware module or a remote service. Every option
 * that takes a key takes a signer too.
 *
 * @example A key that never leaves its service
 * ```ts
 * import { PrivateKey, type Signer } from "@x/tls/x509";
 * import { issueCertificate, parseKeyPair } from "@x/tls/x509";
 * import { assertEquals } from "@std/assert";
 *
 * const { cert, key } = await issueCertificate({ names: ["example.com"] });
 * const service = await PrivateKey.parse(key);
 *
 * const signer: Signer = {
 *   publicKey: service.publicKey,
 *   schemes: ["ecdsa_secp256r1_sha256"],
 *   sign: (scheme, data) => service.sign(scheme, data), // fetch(…)
 * };
 * const identity = await parseKeyPair(cert, signer);
 * assertEquals(identity.key, signer);
 * ```
 */
export interface Signer {
  /** The public key, such as `certificate.publicKey`. */
  readonly publicKey: SignerPublicKey;
  /**
   * The schemes that it signs with, the preferred ones first.
   *
   * @default {all that keys of this type can make}
   */
  readonly schemes?: readonly SignatureSchemeName[];
  /**
   * Signs.
   *
   * @param scheme IANA's name of the SignatureScheme: one of `schemes`.
   * @param data The bytes to sign, not yet hashed.
   * @returns The signature as TLS carries it: ECDSA in DER.
   */
  sign(scheme: SignatureSchemeName, data: Uint8Array): Promise<Uint8Array>;
  /**
   * Decrypts by RSAES-PKCS1-v1_5 (RFC 8017 section 7.2.2), for suites of TLS
   * 1.2 with static RSA; without it this key has no such suites. A rejection
   * does not end the handshake: it counts as a wrong secret, which the client
   * does not notice. It must take the same time as success (Bleichenbacher).
   *
   * @param encrypted As long as the modulus.
   * @returns What was encrypted.
   */
  decrypt?(encrypted: Uint8Array): Promise<Uint8Array>;
}

/** The properties of a {@linkcode Signer}'s public key. */
export type SignerPublicKey = Pick<
  PublicKey,
  "type" | "bits" | "curve" | "spki"
>;

/** Options of {@linkcode PrivateKey.parse}. */
export interface PrivateKeyOptions {
  /** Opens an encrypted key. A callback is called only if it is encrypted. */
  passphrase?: Passphrase | undefined;
  /**
   * How many iterations the derivation of keys from the passphrase may take for
   * one file, each counted as often as digests come out of it; scrypt counts
   * 16 · N · r · p.
   *
   * @default {20_000_000}
   */
  maxIterations?: number | undefined;
}

/**
 * A private key. It exposes neither its bytes nor a WebCrypto key.
 *
 * @example Sign with a key from a file
 * ```ts
 * import { issueCertificate, PrivateKey } from "@x/tls/x509";
 * import { assertEquals } from "@std/assert";
 *
 * const { key } = await issueCertificate({ names: ["example.com"] });
 * const privateKey = await PrivateKey.parse(key);
 * assertEquals(privateKey.publicKey.curve, "secp256r1");
 *
 * const data = new TextEncoder().encode("hello");
 * const signature = await privateKey.sign("ecdsa_secp256r1_sha256", data);
 * assertEquals(signature[0], 0x30); // a SEQUENCE of r and s
 * ```
 */
export class PrivateKey implements Signer {
  readonly #signing: SigningKey;
  /** The public key that belongs to it. */
  readonly publicKey: PublicKey;
  /** The schemes that it signs with, the preferred ones first. */
  readonly schemes: readonly SignatureSchemeName[];

  private constructor(
    signing: SigningKey,
    pkcs8: Uint8Array,
    publicKey: PublicKey,
  ) {
    this.#signing = signing;
    pkcs8s.set(this, pkcs8);
    registerOwnKey(this);
    this.publicKey = publicKey;
    this.schemes = signatureSchemesOf(publicKey);
  }

  /**
   * Reads a private key: PKCS#8 (encrypted or not), PKCS#1 or SEC 1, in PEM
   * or DER. Certificates and other blocks in the same PEM text are
   * ignored.
   *
   * @param input PEM text, its bytes, or DER.
   * @param options A passphrase, if the key is encrypted.
   * @returns The key.
   * @throws {TlsError} `passphrase_required` or `wrong_passphrase`;
   * `malformed_key`, if there is no private key in it, or more than one, or a
   * damaged one; `unsupported_key`, if the key or its encryption is of a kind
   * that is not supported, or would take more than `maxIterations`;
   * `malformed_pem`.
   * @throws {RangeError} If `maxIterations` is not a whole number from 1 on.
   */
  static async parse(
    input: string | Uint8Array,
    options: PrivateKeyOptions = {},
  ): Promise<PrivateKey> {
    if (typeof input !== "string" && !(input instanceof Uint8Array)) {
      throw new TypeError(
        "Cannot read the private key: expected a string or Uint8Array",
      );
    }
    refuseUnknownOptions("Cannot read the private key", options, [
      "passphrase",
      "maxIterations",
    ]);
    // Both may change as soon as something is awaited.
    const der = await openPrivateKey(copied(input), {
      passphrase: copied(options.passphrase),
      maxIterations: options.maxIterations,
    });
    return await PrivateKey.#of(readPrivateKey(der));
  }

  static async #of(material: PrivateKeyMaterial): Promise<PrivateKey> {
    const { pkcs8 } = material;
    const type = material.type === "ec" ? material.curve : material.type;
    const expandedKey = "expandedKey" in material
      ? material.expandedKey
      : undefined;
    const signing = new SigningKey({ type, pkcs8, expandedKey });
    const spki = await publicKeyOf(material, signing);
    const publicKey = parsePublicKey(spki, PRIVATE_KEY);
    const key = new PrivateKey(signing, pkcs8, publicKey);
    const [scheme] = key.schemes;
    if (scheme === undefined) {
      throw new TlsError(
        "unsupported_key",
        "Cannot read the private key: its RSASSA-PSS parameters or its size allow no signature that TLS has (RFC 9846 section 4.3.3)",
      );
    }
    await platform(signing.check(scheme), publicKey.type);
    return key;
  }

  /**
   * Signs.
   *
   * @param scheme IANA's name of the SignatureScheme. An ECDSA key accepts
   * those of other curves as well, since in TLS 1.2 they name only the hash.
   * @param data The bytes to sign, not yet hashed.
   * @returns The signature as TLS carries it: ECDSA in DER.
   * @throws {TypeError} If the key cannot make such a signature.
   */
  async sign(
    scheme: SignatureSchemeName,
    data: Uint8Array,
  ): Promise<Uint8Array> {
    const { type } = this.#signing;
    if (!(data instanceof Uint8Array)) {
      throw new TypeError(
        `Cannot sign: expected a Uint8Array, got ${typeof data}`,
      );
    }
    if (!this.canSign(scheme)) {
      throw new TypeError(
        `Cannot sign: a key of type ${type} makes no ${scheme} signature`,
      );
    }
    return await platform(
      this.#signing.sign(scheme, new Uint8Array(data)),
      type,
    );
  }

  /**
   * Whether `sign` takes a scheme: one of `schemes`, or one of an older version
   * or, for an ECDSA key, of another curve.
   *
   * @param scheme IANA's name of the SignatureScheme.
   * @returns Whether it does.
   */
  canSign(scheme: SignatureSchemeName): boolean {
    const { type } = this.#signing;
    // RFC 4055 section 3.3: the parameters of such a key have said it all.
    return this.schemes.includes(scheme) ||
      (type !== "rsa-pss" && canSign(type, scheme));
  }
}

/**
 * The PKCS#8 of a key, for what this module does with a key besides signing.
 * Not exported from the module's entry.
 */
export function pkcs8Of(key: PrivateKey): Uint8Array | undefined {
  return pkcs8s.get(key);
}

const pkcs8s = new WeakMap<PrivateKey, Uint8Array>();

/**
 * The schemes that a key of this kind and size can sign with, the preferred
 * ones first.
 */
export function signatureSchemesOf(
  publicKey: SignerPublicKey,
): SignatureSchemeName[] {
  const type = signingKeyType(publicKey);
  if (type === undefined) return [];
  const schemes = schemesOf(type, publicKey.bits);
  if (type !== "rsa-pss") return schemes;
  const { pss } = parsePublicKey(publicKey.spki, PRIVATE_KEY).algorithm;
  return schemes.filter((name) => schemeAllows(name, pss));
}

/** TLS has RSASSA-PSS with one hash and a salt as long as the digest alone. */
function schemeAllows(
  name: SignatureSchemeName,
  limits: PssParameters | undefined,
): boolean {
  const row = signatureSchemeById(SignatureScheme[name]);
  return row?.algorithm.kind === "rsa-pss" &&
    allowsPss(limits, { mgfHash: row.algorithm.hash, ...row.algorithm });
}

async function publicKeyOf(
  material: PrivateKeyMaterial,
  signing: SigningKey,
): Promise<Uint8Array> {
  if ("spki" in material) return material.spki;
  const derived = await platform(signing.publicKey(), signing.type);
  const { publicKey } = material;
  if (publicKey !== undefined && !equalConstantTime(publicKey, derived)) {
    throw new TlsError(
      "malformed_key",
      "Cannot read the private key: the public key in it belongs to another one",
    );
  }
  return material.type === "ec"
    ? ecSpki(material.curve, derived)
    : octetSpki(material.type, derived);
}

/** The platform's refusals as errors of the key. */
async function platform<T>(result: Promise<T>, type: string): Promise<T> {
  try {
    return await result;
  } catch (cause) {
    if (cause instanceof TlsError) throw cause;
    const { name } = cause instanceof Error ? cause : { name: "" };
    throw name === "NotSupportedError"
      ? new TlsError(
        "unsupported_key",
        `Cannot use the private key: this platform has no keys of type ${type}`,
        { cause },
      )
      : new TlsError(
        "malformed_key",
        `Cannot use the private key: this platform refuses the ${type} key`,
        { cause },
      );
  }
}
