/**
 * Application traffic secrets and the protection under them (RFC 9846 sections
 * 7.2 and 7.3).
 *
 * @module
 */

import type { Tls13CipherSuite } from "../../crypto/suites/cipher_suites.ts";
import {
  nextApplicationTrafficSecret,
  trafficKeys,
} from "../../crypto/key_schedule.ts";
import type { PseudorandomKey } from "../../crypto/primitives/hkdf.ts";
import type { MaybePromise } from "../../crypto/primitives/provider.ts";
import type { RecordProtection } from "../../record/protection.ts";
import { protectTls13 } from "../../record/protection_tls13.ts";

/** The application traffic secrets of both directions (sections 7.1, 7.2). */
export class TrafficSecrets {
  readonly #suite: Tls13CipherSuite;
  #read: Uint8Array;
  #write: Uint8Array;
  /**
   * How often our own secret may still be updated. RFC 9846 section 4.7.3:
   * "sending implementations MUST NOT allow the epoch -- and hence the number of
   * key updates -- to exceed 2^48-1", and "receiving implementations MUST NOT
   * enforce this rule".
   */
  updatesLeft: number = 2 ** 48 - 1;

  /** Starts with `*_application_traffic_secret_0`. */
  constructor(suite: Tls13CipherSuite, read: Uint8Array, write: Uint8Array) {
    this.#suite = suite;
    this.#read = read;
    this.#write = write;
  }

  /** The secret that we read under. */
  get read(): Uint8Array {
    return this.#read;
  }

  /** The secret that we write under. */
  get write(): Uint8Array {
    return this.#write;
  }

  /** Protection to read with under the current secret. */
  readProtection(): MaybePromise<RecordProtection> {
    return protect(this.#suite, this.#read);
  }

  /** Protection to write with under the current secret. */
  writeProtection(): MaybePromise<RecordProtection> {
    return protect(this.#suite, this.#write);
  }

  /** Goes on to the next secret of the peer's direction. */
  updateRead(): MaybePromise<RecordProtection> {
    this.#read = nextApplicationTrafficSecret(this.#suite.hash, this.#read);
    return this.readProtection();
  }

  /** Goes on to the next secret of our direction. */
  updateWrite(): MaybePromise<RecordProtection> {
    this.updatesLeft--;
    this.#write = nextApplicationTrafficSecret(this.#suite.hash, this.#write);
    return this.writeProtection();
  }
}

/** The record protection under a traffic secret (section 7.3). */
export function protect(
  suite: Tls13CipherSuite,
  secret: PseudorandomKey,
): MaybePromise<RecordProtection> {
  const { aead } = suite.cipher;
  return protectTls13(
    aead,
    trafficKeys(suite.hash, secret, aead),
  );
}
