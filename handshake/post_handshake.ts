/**
 * What TLS 1.3 does once the handshake is over (RFC 8446 section 4.6): new
 * traffic keys, and sessions that tickets bring.
 *
 * @module
 */

import type { Tls13CipherSuite } from "../crypto/cipher_suites.ts";
import {
  nextApplicationTrafficSecret,
  resumptionPsk,
  trafficKeys,
} from "../crypto/key_schedule.ts";
import type { MaybePromise } from "../crypto/provider.ts";
import { TlsProtocolError } from "../errors.ts";
import type { RecordProtection } from "../record/protection.ts";
import { protectTls13 } from "../record/protection_tls13.ts";
import type { HandshakeConfig } from "./config.ts";
import type { Established } from "./established.ts";
import type { NewSessionTicket } from "./messages/new_session_ticket.ts";
import { sessionOf, type SessionState } from "./session_state.ts";

/** The application traffic secrets of both directions (sections 7.1, 7.2). */
export class TrafficSecrets {
  readonly #suite: Tls13CipherSuite;
  #read: Uint8Array;
  #write: Uint8Array;

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
    this.#write = nextApplicationTrafficSecret(this.#suite.hash, this.#write);
    return this.writeProtection();
  }
}

/** The record protection under a traffic secret (section 7.3). */
export function protect(
  suite: Tls13CipherSuite,
  secret: Uint8Array,
): MaybePromise<RecordProtection> {
  const { aead } = suite.cipher;
  return protectTls13(
    aead,
    trafficKeys(suite.hash, secret, aead),
  );
}

/**
 * The session that a ticket brings (section 4.6.1).
 *
 * @returns Nothing for a ticket that is to be discarded: a lifetime of zero.
 * @throws {TlsProtocolError} `illegal_parameter`, if it breaks a rule.
 */
export function sessionOfTicket(
  message: NewSessionTicket,
  established: Established,
  config: HandshakeConfig,
): SessionState | undefined {
  if (message.ticketLifetime > MAX_TICKET_LIFETIME) {
    throw new TlsProtocolError(
      "illegal_parameter",
      `Cannot accept NewSessionTicket: ticket_lifetime is ${message.ticketLifetime} seconds, more than seven days`,
    );
  }
  if (message.ticketLifetime === 0) return undefined;
  const { cipherSuite, resumptionMasterSecret } = established;
  return sessionOf(established, config, {
    lifetime: message.ticketLifetime,
    secret: resumptionPsk(
      cipherSuite.hash,
      resumptionMasterSecret,
      message.ticketNonce,
    ),
    ticketAgeAdd: message.ticketAgeAdd,
    ticket: message.ticket.slice(),
    maxEarlyData: message.extensions.early_data ?? 0,
  });
}

/** Section 4.6.1: servers MUST NOT use a value of more than 604800 seconds. */
export const MAX_TICKET_LIFETIME = 604_800;
