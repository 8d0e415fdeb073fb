/**
 * The KEMs of HPKE (RFC 9180 section 4.1, "DH-Based KEM (DHKEM)"), one row a
 * KEM.
 *
 * @module
 */

import { concat } from "@std/bytes";
import { TlsProtocolError } from "../../errors.ts";
import { HpkeKem } from "../../registry.ts";
import { equalConstantTime } from "../primitives/bytes.ts";
import { hkdfExpand, hkdfExtract } from "../primitives/hkdf.ts";
import { sha256 } from "../primitives/hash.ts";
import type {
  HashAlgorithm,
  KeyExchangeGroup,
  KeyShareOffer,
} from "../primitives/provider.ts";
import type { StaticKey } from "../groups/curve.ts";
import { curves } from "../groups/ecdh.ts";
import { sharedSecret } from "../groups/ecdh_exchange.ts";
import { nobleKeyPair } from "../groups/ecdh_noble.ts";
import { secp256r1, x25519 } from "../groups/named_groups.ts";
import { type StaticCurve, staticKey } from "../groups/static_key.ts";

/** A key encapsulation mechanism. */
export interface Kem {
  /** Its number in IANA's registry "HPKE KEM Identifiers". */
  readonly id: number;
  /** Its name there. */
  readonly name: string;
  /** The curve. */
  readonly curve: StaticCurve;
  /** Makes ephemeral keys. */
  readonly group: KeyExchangeGroup;
}

/** The KEMs, in no order. */
export const kems: readonly Kem[] = [
  kem("DHKEM(X25519, HKDF-SHA256)", curves.x25519, x25519),
  kem("DHKEM(P-256, HKDF-SHA256)", curves.secp256r1, secp256r1),
];

function kem(
  name: keyof typeof HpkeKem,
  curve: StaticCurve,
  group: KeyExchangeGroup,
): Kem {
  return { id: HpkeKem[name], name, curve, group };
}

/** The row with a number, if there is one. */
export function kemById(id: number): Kem | undefined {
  return kems.find((kem) => kem.id === id);
}

/** A recipient's key pair, ready for use. */
export interface KemKey {
  readonly kem: Kem;
  readonly publicKey: Uint8Array;
  readonly privateKey: StaticKey;
}

/** Makes a key pair: both keys as bytes. */
export async function generateKemKey(
  { curve }: Kem,
): Promise<{ privateKey: Uint8Array; publicKey: Uint8Array }> {
  const { secretKey, share } = await nobleKeyPair(curve);
  return { privateKey: secretKey, publicKey: share };
}

/**
 * Prepares a key pair.
 *
 * @returns `undefined`, if the two keys do not belong together.
 */
export async function importKemKey(
  kem: Kem,
  privateKey: Uint8Array,
  publicKey: Uint8Array,
): Promise<KemKey | undefined> {
  const key = await staticKey(kem.curve, privateKey);
  const other = await kem.group.offer();
  try {
    const one = await sharedSecret(kem.curve, key, other.share);
    const two = await other.complete(publicKey);
    return equalConstantTime(one, two)
      ? { kem, publicKey, privateKey: key }
      : undefined;
  } catch (error) {
    if (error instanceof TlsProtocolError) return undefined;
    throw error;
  }
}

/**
 * `Encap(pkR)`: a shared secret, and what it is carried in.
 *
 * @param ephemeral The ephemeral key; only tests give one.
 * @throws {TlsProtocolError} If the public key is not valid.
 */
export async function encap(
  kem: Kem,
  publicKey: Uint8Array,
  ephemeral?: KeyShareOffer,
): Promise<{ sharedSecret: Uint8Array; enc: Uint8Array }> {
  const { share: enc, complete } = ephemeral ?? await kem.group.offer();
  const dh = await complete(publicKey);
  return { sharedSecret: extractAndExpand(kem, dh, enc, publicKey), enc };
}

/**
 * `Decap(enc, skR)`.
 *
 * @throws {TlsProtocolError} If the encapsulated key is not valid.
 */
export async function decap(
  { kem, publicKey, privateKey }: KemKey,
  enc: Uint8Array,
): Promise<Uint8Array> {
  const dh = await sharedSecret(kem.curve, privateKey, enc);
  return extractAndExpand(kem, dh, enc, publicKey);
}

/** `ExtractAndExpand(dh, kem_context)`. */
function extractAndExpand(
  { id }: Kem,
  dh: Uint8Array,
  enc: Uint8Array,
  publicKey: Uint8Array,
): Uint8Array {
  const labeled = new Labeled(sha256, concat([ascii("KEM"), uint16(id)]));
  const eaePrk = labeled.extract(EMPTY, "eae_prk", dh);
  return labeled.expand(
    eaePrk,
    "shared_secret",
    concat([enc, publicKey]),
    sha256.length,
  );
}

/** `LabeledExtract()` and `LabeledExpand()` of a suite (section 4). */
export class Labeled {
  readonly #hash: HashAlgorithm;
  readonly #suiteId: Uint8Array;

  /** Binds all keys to the suite. */
  constructor(hash: HashAlgorithm, suiteId: Uint8Array) {
    this.#hash = hash;
    this.#suiteId = suiteId;
  }

  /** `LabeledExtract(salt, label, ikm)`. */
  extract(salt: Uint8Array, label: string, ikm: Uint8Array): Uint8Array {
    const labeled = concat([VERSION, this.#suiteId, ascii(label), ikm]);
    return hkdfExtract(this.#hash, salt, labeled);
  }

  /** `LabeledExpand(prk, label, info, L)`. */
  expand(
    prk: Uint8Array,
    label: string,
    info: Uint8Array,
    length: number,
  ): Uint8Array {
    const labeled = concat([
      uint16(length),
      VERSION,
      this.#suiteId,
      ascii(label),
      info,
    ]);
    return hkdfExpand(this.#hash, prk, labeled, length);
  }
}

/** `I2OSP(value, 2)`. */
export function uint16(value: number): Uint8Array {
  return Uint8Array.of(value >> 8, value & 0xff);
}

/** The bytes of a label. */
export function ascii(text: string): Uint8Array {
  return encoder.encode(text);
}

const encoder = new TextEncoder();

const VERSION = ascii("HPKE-v1");

const EMPTY = new Uint8Array();
