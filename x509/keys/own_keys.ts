/**
 * Which signers are private keys that this package has read: they can do more
 * than what a signer says of itself. Known here without loading what reads keys.
 *
 * @module
 */

/** What a private key of this package can do besides what signers do. */
export interface OwnKey {
  /** Whether it can sign with a scheme, even one that it does not offer. */
  canSign(scheme: string): boolean;
}

/** Called for each private key that was read. */
export function registerOwnKey(key: OwnKey): void {
  ownKeys.add(key);
}

/** Whether a signer is a private key that was read here. */
export function isOwnKey<T extends object>(signer: T): signer is T & OwnKey {
  return ownKeys.has(signer);
}

const ownKeys = new WeakSet<object>();
