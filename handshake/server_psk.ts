/**
 * Pre-shared keys at the server: tickets of its own, external keys, and the
 * binder that proves the client has the key (RFC 8446 section 4.2.11).
 *
 * @module
 */

import { equals } from "@std/bytes";
import { equalConstantTime } from "../crypto/bytes.ts";
import { tls13CipherSuites } from "../crypto/cipher_suites.ts";
import { EarlySecret } from "../crypto/key_schedule.ts";
import type { HashAlgorithm } from "../crypto/provider.ts";
import { TlsProtocolError } from "../errors.ts";
import { ProtocolVersion, PskKeyExchangeMode } from "../registry.ts";
import { truncateBinders } from "./client_hello.ts";
import type { ServerConfig } from "./config.ts";
import type { ServerHandshake } from "./flow.ts";
import { peerPskRemark } from "./remarks.ts";
import { isLeafValid, judgementOf } from "./session_of.ts";
import { readSessionState, type SessionState } from "./session_state.ts";
import type { Transcript } from "./transcript.ts";

/** A PSK whose binder was verified. */
export interface AcceptedPsk {
  /** selected_identity. */
  readonly index: number;
  /** The key. */
  readonly key: Uint8Array;
  /** The session that it resumes; an external key has none. */
  readonly session: SessionState | undefined;
  /** How far the ages of the ticket are apart; an external key has none. */
  readonly ticketAgeSkew: number | undefined;
}

/** A PSK that we know; it is to be used only after `verify`. */
export interface PskCandidate {
  /** The name of the hash that it is for. */
  readonly hash: string;
  /**
   * Verifies the binder (section 4.2.11.2).
   *
   * @throws {TlsProtocolError} `decrypt_error`, if it is wrong.
   */
  verify(
    hash: HashAlgorithm,
    raw: Uint8Array,
    previous: Transcript | undefined,
  ): AcceptedPsk;
}

/** The first of the client's identities that we know. */
export async function choosePsk(
  hs: ServerHandshake,
): Promise<PskCandidate | undefined> {
  const { pre_shared_key, psk_key_exchange_modes } = hs.hello.extensions;
  if (pre_shared_key === undefined) return undefined;
  // psk_ke has no forward secrecy and is refused (section 4.2.9).
  if (!psk_key_exchange_modes?.includes(PskKeyExchangeMode.psk_dhe_ke)) {
    return undefined;
  }
  const { identities, binders } = pre_shared_key;
  if (identities.length !== binders.length) {
    throw new TlsProtocolError(
      "illegal_parameter",
      `Cannot accept ClientHello: pre_shared_key has ${identities.length} identities and ${binders.length} binders`,
    );
  }
  const tried = identities.slice(0, MAX_TRIED_IDENTITIES);
  for (const [index, { identity }] of tried.entries()) {
    const known = await lookUp(hs, identity);
    if (known !== undefined) return candidate(hs, known, index);
  }
  return concealed(hs, binders);
}

/** What an identity stands for. */
interface KnownPsk {
  readonly key: Uint8Array;
  readonly hash: string;
  readonly session: SessionState | undefined;
  /** Whether it is a key at all, and not in the place of one. */
  readonly isKnown: boolean;
}

async function lookUp(
  hs: ServerHandshake,
  identity: Uint8Array,
): Promise<KnownPsk | undefined> {
  const session = await sessionOfTicket(hs, identity);
  if (session !== undefined) {
    const hash = hashOf(session.cipherSuite);
    return { key: session.secret, hash, session, isKnown: true };
  }
  const external = await hs.config.psk?.server?.(identity);
  return external === undefined
    ? undefined
    : { ...external, session: undefined, isKnown: true };
}

function hashOf(cipherSuite: number): string {
  const suite = tls13CipherSuites.find((suite) => suite.id === cipherSuite);
  return suite?.hash.name ?? "";
}

/**
 * RFC 8446 appendix E.6, "PSK Identity Exposure": where nothing but a PSK would
 * do, an unknown identity is answered as a wrong key is.
 */
function concealed(
  hs: ServerHandshake,
  binders: readonly Uint8Array[],
): PskCandidate | undefined {
  const { config } = hs;
  if (config.psk?.server === undefined || config.identities.length > 0) {
    return undefined;
  }
  const hash = binders[0]?.length === 48 ? "SHA-384" : "SHA-256";
  const key = config.random(32);
  return candidate(hs, { key, hash, session: undefined, isKnown: false }, 0);
}

function candidate(
  { config, hello }: ServerHandshake,
  { key, hash, session, isKnown }: KnownPsk,
  index: number,
): PskCandidate {
  const { identities = [], binders = [] } = hello.extensions.pre_shared_key ??
    {};
  return {
    hash,
    verify(algorithm, raw, previous) {
      const truncated = truncateBinders(raw, binders);
      const transcriptHash = previous === undefined
        ? algorithm.digest(truncated)
        : previous.hashWith(truncated);
      const expected = new EarlySecret(algorithm, key).binder(
        session === undefined ? "external" : "resumption",
        transcriptHash,
      );
      if (!equalConstantTime(binders[index] ?? new Uint8Array(), expected)) {
        throw new TlsProtocolError(
          "decrypt_error",
          "Cannot accept ClientHello: the PSK binder is wrong",
          {
            // For our own ears: the peer gets the same alert for both.
            hint: session === undefined
              ? peerPskRemark(
                identities[index]?.identity ?? new Uint8Array(),
                isKnown,
              )
              : "The session of the ticket has another key at the client",
          },
        );
      }
      const age = identities[index]?.obfuscatedTicketAge ?? 0;
      const ticketAgeSkew = session && skewOf(session, age, config.now());
      return { index, key, session, ticketAgeSkew };
    },
  };
}

/**
 * RFC 8446 section 4.2.11.1: the age that the client tells, hidden by
 * ticket_age_add, less the one that the ticket has by our clock.
 */
function skewOf(
  { ticketAgeAdd, createdAt }: SessionState,
  obfuscatedTicketAge: number,
  now: number,
): number {
  const age = (obfuscatedTicketAge - ticketAgeAdd) >>> 0; // modulo 2^32
  return age - (now - createdAt);
}

/** A session that a ticket holds, if it may be resumed here and now. */
async function sessionOfTicket(
  { config, info, alpnProtocol }: ServerHandshake,
  ticket: Uint8Array,
): Promise<SessionState | undefined> {
  const opened = await config.ticketKeys?.open(ticket);
  const session = opened && readSessionState(opened.state);
  return session?.version === ProtocolVersion["TLSv1.3"] &&
      session.alpnProtocol === (alpnProtocol ?? "") &&
      mayResume(config, session, info.serverName)
    ? session
    : undefined;
}

/**
 * Whether a server may resume a session: the same name and context, not too
 * old, its client authenticated as this configuration demands.
 */
export function mayResume(
  config: ServerConfig,
  session: SessionState,
  serverName: string | undefined,
): boolean {
  const now = config.now();
  return now < session.createdAt + session.lifetime * 1000 &&
    now < session.authenticatedAt + config.sessionTimeout * 1000 &&
    session.serverName === (serverName ?? "") &&
    equals(session.context, config.sessionIdContext) &&
    isLeafValid(session, now) && satisfiesClientAuth(config, session);
}

function satisfiesClientAuth(
  config: ServerConfig,
  session: SessionState,
): boolean {
  const { clientAuth } = config;
  const hasCertificate = session.peerCertificates.length > 0;
  if (clientAuth === "none") return !hasCertificate;
  if (hasCertificate) {
    return session.trustFingerprint ===
      judgementOf(config, session.authorization);
  }
  return clientAuth !== "require" && clientAuth !== "require-any";
}

/** Each look-up costs us a decryption or the caller a query (Go has the same). */
const MAX_TRIED_IDENTITIES = 5;
