/**
 * What the implementations of ML-KEM have in common: types only.
 *
 * @module
 */

/** The parameter sets that TLS has. */
export type MlKemName = "ML-KEM-768" | "ML-KEM-1024";

/** A key pair. */
export interface MlKemKeyPair {
  /** The public part. */
  readonly encapsulationKey: Uint8Array;
  /**
   * The shared secret of a ciphertext. A wrong ciphertext gives another secret.
   *
   * @throws {TlsProtocolError} `illegal_parameter`, if its length is wrong.
   */
  decapsulate(ciphertext: Uint8Array): Promise<Uint8Array>;
}

/** The result of encapsulation. */
export interface MlKemEncapsulation {
  /** For the peer. */
  readonly ciphertext: Uint8Array;
  /** 32 bytes. */
  readonly sharedSecret: Uint8Array;
}

/** An implementation, without checks of length. */
export interface MlKemImplementation {
  /** Makes a key pair. */
  generate(): Promise<MlKemKeyPair>;
  /** Rejects if the key is not reduced. */
  encapsulate(encapsulationKey: Uint8Array): Promise<MlKemEncapsulation>;
}
