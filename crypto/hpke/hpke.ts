/**
 * Hybrid public key encryption (RFC 9180) in base mode, as Encrypted ClientHello
 * uses it: the composition alone, over the curves, hashes and AEADs that the rest
 * of TLS runs on.
 *
 * @module
 */

import { concat } from "@std/bytes";
import { HpkeAead, HpkeKdf } from "../../registry.ts";
import { aes128gcm, aes256gcm, chacha20poly1305 } from "../primitives/aead.ts";
import { sha256, sha384, sha512 } from "../primitives/hash.ts";
import type {
  AeadAlgorithm,
  AeadKey,
  HashAlgorithm,
  KeyShareOffer,
} from "../primitives/provider.ts";
import { joined } from "../primitives/sealed.ts";
import {
  ascii,
  decap,
  encap,
  type Kem,
  type KemKey,
  Labeled,
  uint16,
} from "./kem.ts";

/** A KDF by its number in the registry "HPKE KDF Identifiers". */
const kdfs: ReadonlyMap<number, HashAlgorithm> = new Map([
  [HpkeKdf["HKDF-SHA256"], sha256],
  [HpkeKdf["HKDF-SHA384"], sha384],
  [HpkeKdf["HKDF-SHA512"], sha512],
]);

/** An AEAD by its number in the registry "HPKE AEAD Identifiers". */
const aeads: ReadonlyMap<number, AeadAlgorithm> = new Map([
  [HpkeAead["AES-128-GCM"], aes128gcm],
  [HpkeAead["AES-256-GCM"], aes256gcm],
  [HpkeAead.ChaCha20Poly1305, chacha20poly1305],
]);

/** The numbers of a KDF and an AEAD: `HpkeSymmetricCipherSuite` of RFC 9849. */
export interface HpkeSuite {
  readonly kdfId: number;
  readonly aeadId: number;
}

/** Whether both algorithms of a suite are there. */
export function hasSuite({ kdfId, aeadId }: HpkeSuite): boolean {
  return kdfs.has(kdfId) && aeads.has(aeadId);
}

/** By how many bytes each of these AEADs makes a message longer. */
export const TAG_LENGTH = 16;

/** A context that seals, and what its secret is carried in. */
export interface Sender {
  /** The encapsulated key. */
  readonly enc: Uint8Array;
  readonly context: HpkeContext;
}

/**
 * `SetupBaseS(pkR, info)` (section 5.1.1).
 *
 * @param ephemeral The ephemeral key; only tests give one.
 * @throws {TlsProtocolError} If the public key is not valid.
 */
export async function setupBaseSender(
  kem: Kem,
  suite: HpkeSuite,
  publicKey: Uint8Array,
  info: Uint8Array,
  ephemeral?: KeyShareOffer,
): Promise<Sender> {
  const { sharedSecret, enc } = await encap(kem, publicKey, ephemeral);
  const context = await keySchedule(kem, suite, sharedSecret, info);
  return { enc, context };
}

/**
 * `SetupBaseR(enc, skR, info)` (section 5.1.1).
 *
 * @throws {TlsProtocolError} If the encapsulated key is not valid.
 */
export async function setupBaseReceiver(
  key: KemKey,
  suite: HpkeSuite,
  enc: Uint8Array,
  info: Uint8Array,
): Promise<HpkeContext> {
  return await keySchedule(key.kem, suite, await decap(key, enc), info);
}

/** The encryption context of one side (section 5.2). */
export class HpkeContext {
  readonly #key: AeadKey;
  readonly #baseNonce: Uint8Array;
  #sequence = 0;
  /** That of the KEM, for the key log. */
  readonly sharedSecret: Uint8Array;

  /** Starts at sequence number 0. */
  constructor(key: AeadKey, baseNonce: Uint8Array, sharedSecret: Uint8Array) {
    this.#key = key;
    this.#baseNonce = baseNonce;
    this.sharedSecret = sharedSecret;
  }

  /** `Context.Seal(aad, pt)`. */
  async seal(aad: Uint8Array, plaintext: Uint8Array): Promise<Uint8Array> {
    return await joined(this.#key.seal(this.#nextNonce(), plaintext, aad));
  }

  /**
   * `Context.Open(aad, ct)`; the sequence number goes up in any case, as a
   * failure ends what the context is for.
   *
   * @returns `undefined`, if the ciphertext is not authentic.
   */
  async open(
    aad: Uint8Array,
    ciphertext: Uint8Array,
  ): Promise<Uint8Array | undefined> {
    const nonce = this.#nextNonce();
    if (ciphertext.length < TAG_LENGTH) return undefined;
    try {
      return await this.#key.open(nonce, ciphertext, aad);
    } catch {
      return undefined;
    }
  }

  /** `ComputeNonce(seq)`; ECH has two messages, so 32 bits are enough. */
  #nextNonce(): Uint8Array {
    const nonce = this.#baseNonce.slice();
    const view = new DataView(nonce.buffer);
    const at = nonce.length - 4;
    view.setUint32(at, view.getUint32(at) ^ this.#sequence++);
    return nonce;
  }
}

/** `KeySchedule(mode_base, shared_secret, info, "", "")` (section 5.1). */
export async function keySchedule(
  kem: Kem,
  { kdfId, aeadId }: HpkeSuite,
  sharedSecret: Uint8Array,
  info: Uint8Array,
): Promise<HpkeContext> {
  const hash = kdfs.get(kdfId);
  const aead = aeads.get(aeadId);
  if (hash === undefined || aead === undefined) {
    throw new TypeError("Cannot set up HPKE: the suite is unknown");
  }
  const suiteId = concat([
    ascii("HPKE"),
    uint16(kem.id),
    uint16(kdfId),
    uint16(aeadId),
  ]);
  const labeled = new Labeled(hash, suiteId);
  const context = concat([
    Uint8Array.of(MODE_BASE),
    labeled.extract(EMPTY, "psk_id_hash", EMPTY),
    labeled.extract(EMPTY, "info_hash", info),
  ]);
  const secret = labeled.extract(sharedSecret, "secret", EMPTY);
  const key = labeled.expand(secret, "key", context, aead.keyLength);
  return new HpkeContext(
    await aead.importKey(key),
    labeled.expand(secret, "base_nonce", context, aead.nonceLength),
    sharedSecret,
  );
}

const MODE_BASE = 0x00;

const EMPTY = new Uint8Array();
