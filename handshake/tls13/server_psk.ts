/**
 * Pre-shared keys at the server: tickets of its own, external keys, and the
 * binder that proves the client has the key (RFC 9846 section 4.3.11).
 *
 * @module
 */

import { equalConstantTime } from "../../crypto/primitives/bytes.ts";
import {
  isTls13CipherSuite,
  tls13CipherSuites,
} from "../../crypto/suites/cipher_suites.ts";
import { EarlySecret, type PskKind } from "../../crypto/key_schedule.ts";
import type { HashAlgorithm } from "../../crypto/primitives/provider.ts";
import { TlsProtocolError } from "../../errors.ts";
import { ProtocolVersion, PskKeyExchangeMode } from "../../registry.ts";
import { truncateBinders } from "../common/client_hello.ts";
import {
  type PeerAuthentication,
  peerOfSession,
  peerWithoutCertificate,
} from "../common/authenticate.ts";
import { importer, provenPsk, pskOf } from "../common/external_psk.ts";
import type { ServerHandshake } from "../common/flow.ts";
import { peerPskRemark } from "../io/remarks.ts";
import {
  resumableByServer,
  type ResumableSession,
} from "../common/resumable.ts";
import { readTicketState } from "../session/session_codec.ts";
import type { SessionPsk, SessionState } from "../session/session_state.ts";
import type { Transcript } from "../io/transcript.ts";

/** A PSK whose binder was verified. */
export interface AcceptedPsk {
  /** selected_identity. */
  readonly index: number;
  /** Early Secret, of the key. */
  readonly early: EarlySecret;
  /** The client that has it. */
  readonly peer: PeerAuthentication;
  /** The session that it resumes; an external key has none. */
  readonly session: ResumableSession | undefined;
  /** The external key: this one, or that of the session. */
  readonly external: SessionPsk | undefined;
  /** How far the ages of the ticket are apart; an external key has none. */
  readonly ticketAgeSkew: number | undefined;
}

/** A PSK that we know; it is to be used only after `verify`. */
export interface PskCandidate {
  /** Otherwise it stands for an unknown identity, and verifies no binder. */
  readonly isKnown: boolean;
  /** The name of the hash that it is for. */
  readonly hash: string;
  /**
   * Verifies the binder (section 4.3.11.2), and then asks the caller about the
   * certificates of a session: of a client that has proved to be in it.
   *
   * @returns `undefined` if the caller refuses these: a full handshake is due.
   * @throws {TlsProtocolError} `decrypt_error`, if the binder is wrong.
   */
  verify(
    hash: HashAlgorithm,
    raw: Uint8Array,
    previous: Transcript | undefined,
  ): Promise<AcceptedPsk | undefined>;
}

/**
 * The first of the client's identities that we know, and have a suite for.
 *
 * @param hash That of the suite, where it is chosen already.
 */
export async function choosePsk(
  hs: ServerHandshake,
  hash?: string,
): Promise<PskCandidate | undefined> {
  const { pre_shared_key, psk_key_exchange_modes } = hs.hello.extensions;
  if (pre_shared_key === undefined) return undefined;
  // psk_ke has no forward secrecy and is refused (section 4.3.9).
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
  const withCertificates =
    hs.hello.extensions.tls_cert_with_extern_psk === true;
  const hashes = hash === undefined ? commonHashes(hs) : new Set([hash]);
  for (const [index, { identity }] of tried.entries()) {
    const known = await lookUp(hs, identity);
    if (known === undefined) continue;
    if (withCertificates) refuseResumption(known, hs);
    // The client accepts no PSK that stands alone.
    if (withCertificates && hs.config.certificateWithPsk === "never") continue;
    if (hashes.has(known.hash)) {
      return candidate(hs, known, index);
    }
  }
  return concealed(hs, identities[0]?.identity, binders[0]);
}

/**
 * RFC 9973 section 5.1: "If a resumption PSK is listed along with the
 * "tls_cert_with_extern_psk" extension, the server MUST abort the handshake with
 * an "illegal_parameter" alert."
 */
function refuseResumption(
  { by }: KnownPsk,
  { config }: ServerHandshake,
): void {
  if (by.session === undefined || config.certificateWithPsk === "never") return;
  throw new TlsProtocolError(
    "illegal_parameter",
    "Cannot accept ClientHello: it has tls_cert_with_extern_psk with the PSK of a session (RFC 9973)",
  );
}

/** The hashes of the suites that both sides have. */
function commonHashes(
  { config, hello }: ServerHandshake,
): ReadonlySet<string> {
  return new Set(
    config.cipherSuites.filter(isTls13CipherSuite)
      .filter(({ id }) => hello.cipherSuites.includes(id))
      .map(({ hash }) => hash.name),
  );
}

/** What an identity stands for. */
interface KnownPsk {
  readonly kind: PskKind;
  readonly key: Uint8Array;
  readonly hash: string;
  readonly by: ByExternalPsk | BySession;
  /**
   * The identity is known; otherwise `key` is random, and verifies no binder.
   */
  readonly isKnown: boolean;
}

interface ByExternalPsk {
  readonly session: undefined;
  readonly external: SessionPsk;
}

interface BySession {
  readonly session: ResumableSession;
  /** The external PSK that the session was made under, if it was. */
  readonly external: SessionPsk | undefined;
}

async function lookUp(
  hs: ServerHandshake,
  identity: Uint8Array,
): Promise<KnownPsk | undefined> {
  const opened = await hs.config.ticketKeys?.open(identity);
  if (opened !== undefined) {
    const session = await resumableByTicket(hs, readTicketState(opened.state));
    if (session === undefined) return undefined;
    const { cipherSuite, secret } = session.state;
    const external = pskOf(session.state);
    const hash = hashOf(cipherSuite);
    const by = { session, external };
    return { kind: "resumption", key: secret, hash, by, isKnown: true };
  }
  return await lookUpExternal(hs, identity);
}

/**
 * An imported PSK goes by the identity that the caller knows (RFC 9258 section
 * 5.1). One that is to be imported is used in no other way.
 */
async function lookUpExternal(
  { config }: ServerHandshake,
  identity: Uint8Array,
): Promise<KnownPsk | undefined> {
  const find = config.psk?.server;
  if (find === undefined) return undefined;
  const imported = mayBeImported(identity)
    ? await (await importer.load())
      .findImported(identity, async (name) => await find(name))
    : undefined;
  if (imported !== undefined) {
    const { key, hash, source } = imported;
    const external = provenPsk(source.identity, source);
    const by = { session: undefined, external };
    return { kind: "imported", key, hash, by, isKnown: true };
  }
  const found = await find(identity.slice());
  if (found === undefined || found.importContext !== undefined) {
    return undefined;
  }
  const { key, hash } = found;
  const by = { session: undefined, external: provenPsk(identity, { key }) };
  return { kind: "external", key, hash, by, isKnown: true };
}

/** RFC 9258 section 5.1: whether target_protocol, near the end, is TLS 1.3. */
function mayBeImported(identity: Uint8Array): boolean {
  return identity.at(-4) === 3 && identity.at(-3) === 4;
}

function hashOf(cipherSuite: number): string {
  const suite = tls13CipherSuites.find((suite) => suite.id === cipherSuite);
  return suite?.hash.name ?? "";
}

/**
 * RFC 9846 appendix F.6, "PSK Identity Exposure": where nothing but a PSK would
 * do, an unknown identity is answered as a wrong key is.
 */
function concealed(
  hs: ServerHandshake,
  identity: Uint8Array = new Uint8Array(),
  binder: Uint8Array = new Uint8Array(),
): PskCandidate | undefined {
  const { config } = hs;
  if (config.psk?.server === undefined || config.identities.length > 0) {
    return undefined;
  }
  const hash = binder.length === 48 ? "SHA-384" : "SHA-256";
  const key = config.random(32);
  const by = { session: undefined, external: provenPsk(identity, { key }) };
  const unknown = { key, hash, by, isKnown: false };
  return candidate(hs, { kind: "external", ...unknown }, 0);
}

function candidate(
  { config, hello }: ServerHandshake,
  { kind, key, hash, by, isKnown }: KnownPsk,
  index: number,
): PskCandidate {
  const { identities = [], binders = [] } = hello.extensions.pre_shared_key ??
    {};
  const { session } = by;
  const withCertificates = hello.extensions.tls_cert_with_extern_psk &&
    config.certificateWithPsk !== "never";
  return {
    isKnown,
    hash,
    async verify(algorithm, raw, previous) {
      const truncated = truncateBinders(raw, binders);
      const transcriptHash = previous === undefined
        ? algorithm.digest(truncated)
        : previous.hashWith(truncated);
      const early = new EarlySecret(algorithm, key);
      const expected = early.binder(kind, transcriptHash);
      if (!equalConstantTime(binders[index] ?? new Uint8Array(), expected)) {
        throw new TlsProtocolError(
          // RFC 9973 section 5.1, "the server MUST abort the handshake with an
          // "illegal_parameter" alert", and in RFC 9846 none is named.
          withCertificates ? "illegal_parameter" : "decrypt_error",
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
      const peer = by.session === undefined
        ? peerWithoutCertificate({ by: "psk", psk: by.external })
        : await peerOfSession(config, by.session);
      if (peer === undefined) return undefined;
      const age = identities[index]?.obfuscatedTicketAge ?? 0;
      const ticketAgeSkew = session && skewOf(session.state, age, config.now());
      return { index, early, peer, ...by, ticketAgeSkew };
    },
  };
}

/**
 * RFC 9846 section 4.3.11.1: the age that the client tells, hidden by
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
async function resumableByTicket(
  { config, info, alpnProtocol }: ServerHandshake,
  state: SessionState | undefined,
): Promise<ResumableSession | undefined> {
  return state?.version === ProtocolVersion["TLSv1.3"] &&
      state.alpnProtocol === (alpnProtocol ?? "")
    ? await resumableByServer(config, state, info.serverName)
    : undefined;
}

/**
 * Each look-up costs us a decryption or the caller a query (Go has the same).
 */
const MAX_TRIED_IDENTITIES = 5;
