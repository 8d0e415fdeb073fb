/**
 * What the implementations of elliptic curves have in common: types only.
 *
 * @module
 */

import type { MaybePromise } from "../primitives/provider.ts";

/** A curve as the implementations know it. */
export interface Curve {
  /** IANA's name. */
  readonly name: "x25519" | "x448" | "secp256r1" | "secp384r1" | "secp521r1";
  /** Length of `key_exchange` in bytes. */
  readonly shareLength: number;
  /** Security strength in bits. */
  readonly strength: number;
  /** Size in bits, as `openssl s_client` shows it. */
  readonly bits: number;
}

/** A private key. */
export interface StaticKey {
  /** The shared secret; throws or rejects if the peer's share is not valid. */
  derive(peerShare: Uint8Array): MaybePromise<Uint8Array>;
}

/** A key pair for one exchange. */
export interface EphemeralKey extends StaticKey {
  /** The public key as `key_exchange` has it. */
  readonly share: Uint8Array;
}
