/**
 * Certificate chains together with their private keys.
 *
 * @module
 */

import type { Certificate } from "./certificate.ts";
import type { Signer } from "./private_key.ts";

/** A certificate chain and the key that belongs to its first certificate. */
export interface Identity<Key extends Signer = Signer> {
  /** The leaf first, each one followed by its issuer. */
  readonly chain: readonly Certificate[];
  /** The private key, or what signs in its place. */
  readonly key: Key;
}
