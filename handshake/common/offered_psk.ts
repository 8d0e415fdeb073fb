/**
 * The pre-shared keys that a client offers in TLS 1.3: a session's and external
 * ones (RFC 9846 section 4.3.11).
 *
 * @module
 */

import { sha256, sha384 } from "../../crypto/primitives/hash.ts";
import type { HashAlgorithm } from "../../crypto/primitives/provider.ts";
import { CipherSuite } from "../../registry.ts";
import type { PeerAuthentication } from "./authenticate.ts";
import type { ClientConfig, ClientPsk, Identity } from "./config.ts";
import { provenPsk } from "./external_psk.ts";
import {
  isTls13,
  type SessionPsk,
  type SessionState,
} from "../session/session_state.ts";

/** A session that is offered, with whom it stands for. */
export interface OfferedSession {
  /** The session. */
  readonly state: SessionState;
  /** The server, as it was authenticated. */
  readonly peer: PeerAuthentication;
  /** What authenticated us. */
  readonly localIdentity: Identity | undefined;
}

/** A pre-shared key that was offered, in the order of the identities. */
export interface OfferedPsk {
  /** PskIdentity.identity. */
  readonly identity: Uint8Array;
  /** PskIdentity.obfuscated_ticket_age. */
  readonly obfuscatedTicketAge: number;
  /** The key. */
  readonly key: Uint8Array;
  /** The hash that it is for. */
  readonly hash: HashAlgorithm;
  /** The session that it resumes; an external key has none. */
  readonly session: OfferedSession | undefined;
  /** What a session is to remember of an external key. */
  readonly external: SessionPsk | undefined;
}

/** The session first, which costs the server no look-up. */
export function offeredPsks(
  config: ClientConfig,
  session: OfferedSession | undefined,
  external: readonly ClientPsk[],
): OfferedPsk[] {
  const offered = external.map((psk): OfferedPsk => ({
    identity: psk.identity,
    obfuscatedTicketAge: 0,
    key: psk.key,
    hash: psk.hash === "SHA-384" ? sha384 : sha256,
    session: undefined,
    external: provenPsk(psk.identity, psk.key),
  }));
  if (session !== undefined && isTls13(session.state)) {
    offered.unshift(resumptionPsk(config, session));
  }
  return offered;
}

function resumptionPsk(
  config: ClientConfig,
  session: OfferedSession,
): OfferedPsk {
  const { createdAt, ticketAgeAdd, ticket, secret, cipherSuite } =
    session.state;
  // Section 4.2.11: the age in milliseconds, plus ticket_age_add, mod 2^32.
  const age = Math.max(0, config.now() - createdAt);
  return {
    identity: ticket,
    obfuscatedTicketAge: (age + ticketAgeAdd) % 2 ** 32,
    key: secret,
    hash: cipherSuite === CipherSuite.TLS_AES_256_GCM_SHA384 ? sha384 : sha256,
    session,
    external: undefined,
  };
}

/** A second ClientHello's identities: those that fit the hash (4.1.4). */
export function psksForHash(
  psks: readonly OfferedPsk[],
  hash: HashAlgorithm,
): OfferedPsk[] {
  return psks.filter((psk) => psk.hash.name === hash.name);
}
