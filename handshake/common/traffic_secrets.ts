/**
 * Application traffic secrets and the protection under them (RFC 9846 sections
 * 7.2 and 7.3), with what else is kept of a key schedule.
 *
 * @module
 */

import type { Tls13CipherSuite } from "../../crypto/suites/cipher_suites.ts";
import {
  exportKeyingMaterial,
  nextApplicationTrafficSecret,
  trafficKeys,
} from "../../crypto/key_schedule.ts";
import type { PseudorandomKey } from "../../crypto/primitives/hkdf.ts";
import type { MaybePromise } from "../../crypto/primitives/provider.ts";
import type { RecordProtection } from "../../record/protection.ts";
import { protectTls13 } from "../../record/protection_tls13.ts";

/** verify_data of both Finished messages. */
export interface VerifyData {
  /** That of the client. */
  readonly client: Uint8Array;
  /** That of the server. */
  readonly server: Uint8Array;
}

/** Exports keying material. */
export interface Exporter {
  /** See `conn.exportKeyingMaterial()`. */
  exportKeyingMaterial(
    label: string,
    context: Uint8Array | undefined,
    length: number,
  ): Uint8Array;
}

/** Secrets by what they are for; those that are given are overwritten. */
export interface GivenSecrets {
  /** The peer's `*_application_traffic_secret_0`. */
  readonly read: Uint8Array;
  /** Ours. */
  readonly write: Uint8Array;
  /** exporter_secret. */
  readonly exporter: Uint8Array;
}

/**
 * The secrets that a connection keeps (sections 7.1, 7.2), with the verify_data
 * of both sides. They are in one buffer: an array each takes several times the
 * memory of its bytes, as long as the connection lives.
 */
export class TrafficSecrets implements Exporter, VerifyData {
  readonly #suite: Tls13CipherSuite;
  readonly #bytes: Uint8Array;
  /**
   * How often our own secret may still be updated. RFC 9846 section 4.7.3:
   * "sending implementations MUST NOT allow the epoch -- and hence the number of
   * key updates -- to exceed 2^48-1", and "receiving implementations MUST NOT
   * enforce this rule".
   */
  updatesLeft: number = 2 ** 48 - 1;

  /** Starts with what stands on ClientHello…server Finished. */
  constructor(
    suite: Tls13CipherSuite,
    { read, write, exporter }: GivenSecrets,
  ) {
    this.#suite = suite;
    this.#bytes = new Uint8Array(PLACES * suite.hash.length);
    this.#move(read, READ);
    this.#move(write, WRITE);
    this.#move(exporter, EXPORTER);
  }

  /**
   * Keeps what the client's Finished completes.
   *
   * @param resumption resumption_secret, which is overwritten.
   * @param verifyData That of both Finished.
   */
  complete(resumption: Uint8Array, { client, server }: VerifyData): void {
    this.#move(resumption, RESUMPTION);
    this.#bytes.set(client, CLIENT * this.#suite.hash.length);
    this.#bytes.set(server, SERVER * this.#suite.hash.length);
  }

  /** A copy of the secret that we read under. */
  get read(): Uint8Array {
    return this.#at(READ).slice();
  }

  /** A copy of the secret that we write under. */
  get write(): Uint8Array {
    return this.#at(WRITE).slice();
  }

  /** resumption_secret, once the client's Finished was in the transcript. */
  get resumption(): Uint8Array {
    return this.#at(RESUMPTION);
  }

  /** verify_data of the client's Finished. */
  get client(): Uint8Array {
    return this.#at(CLIENT);
  }

  /** verify_data of the server's Finished. */
  get server(): Uint8Array {
    return this.#at(SERVER);
  }

  /** Exports keying material (section 7.5). */
  exportKeyingMaterial(
    label: string,
    context: Uint8Array | undefined,
    length: number,
  ): Uint8Array {
    const { hash } = this.#suite;
    return exportKeyingMaterial(
      hash,
      this.#at(EXPORTER),
      label,
      context,
      length,
    );
  }

  /** Protection to read with under the current secret. */
  readProtection(): MaybePromise<RecordProtection> {
    return protect(this.#suite, this.#at(READ));
  }

  /** Protection to write with under the current secret. */
  writeProtection(): MaybePromise<RecordProtection> {
    return protect(this.#suite, this.#at(WRITE));
  }

  /** Goes on to the next secret of the peer's direction. */
  updateRead(): MaybePromise<RecordProtection> {
    this.#update(READ);
    return this.readProtection();
  }

  /** Goes on to the next secret of our direction. */
  updateWrite(): MaybePromise<RecordProtection> {
    this.updatesLeft--;
    this.#update(WRITE);
    return this.writeProtection();
  }

  #update(place: number): void {
    const { hash } = this.#suite;
    this.#move(nextApplicationTrafficSecret(hash, this.#at(place)), place);
  }

  #move(secret: Uint8Array, place: number): void {
    this.#bytes.set(secret, place * this.#suite.hash.length);
    secret.fill(0);
  }

  #at(place: number): Uint8Array {
    const { length } = this.#suite.hash;
    return this.#bytes.subarray(place * length, (place + 1) * length);
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

// Where they are, and how many.
const READ = 0;
const WRITE = 1;
const EXPORTER = 2;
const RESUMPTION = 3;
const CLIENT = 4;
const SERVER = 5;
const PLACES = 6;
