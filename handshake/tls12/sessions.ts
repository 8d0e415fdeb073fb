/**
 * Sessions of TLS 1.2 and below: by ticket (RFC 5077) and by ID (RFC 5246
 * section 7.3). Without the extended master secret an abbreviated handshake is
 * open to the triple handshake attack: only a configuration that permits it
 * uses such sessions ("legacy insecure resumption", RFC 7627 section 5.3).
 *
 * @module
 */

import type { CipherSuite } from "../../crypto/suites/cipher_suites.ts";
import { toHex } from "../../encoding.ts";
import { LEVEL_OF_TICKETS } from "../../crypto/suites/security_level.ts";
import { TlsProtocolError } from "../../errors.ts";
import {
  type PeerAuthentication,
  peerOfSession,
} from "../common/authenticate.ts";
import { giveSession } from "../common/client_sessions.ts";
import type { ClientConfig } from "../common/config.ts";
import type { LocalIdentity } from "../common/local_identity.ts";
import type { NewSessionTicketTls12 } from "../messages/new_session_ticket_tls12.ts";
import type { ClientHandshake, ServerHandshake } from "../common/flow.ts";
import {
  hasExtendedMasterSecret,
  MAX_TICKET_LENGTH,
  resumableByServer,
  type ResumableSession,
} from "../common/resumable.ts";
import {
  decodeSessionState,
  encodeSessionState,
  readTicketState,
  TicketStates,
} from "../session/session_codec.ts";
import {
  type EstablishedSession,
  makeSessionState,
  MAX_TICKET_LIFETIME,
} from "../common/make_session_state.ts";
import { SERVER_SESSION, type SessionState } from "../session/session_state.ts";
import { callOrReport } from "../io/optional_callback.ts";
import { belongsTo } from "../common/suites_tls12.ts";
import type { Tls12Profile } from "../common/tls12_profile.ts";

/** A session that a server resumes. */
export interface ResumedSession extends FoundSession {
  /** The client's authentication. */
  readonly peer: PeerAuthentication;
  /** What authenticated us. */
  readonly localIdentity: LocalIdentity | undefined;
  /** Its suite. */
  readonly suite: CipherSuite;
}

/** A session that was found. */
interface FoundSession {
  readonly state: SessionState;
  /**
   * The client gets a new ticket: the one that it has is under an older key.
   */
  readonly renew: boolean;
}

/**
 * The session that a client wants to resume, if it may.
 *
 * @throws {TlsProtocolError} `handshake_failure`, if the client has given up
 * the extended master secret that the session has.
 */
export async function findSession(
  hs: ServerHandshake,
  profile: Tls12Profile,
): Promise<ResumedSession | undefined> {
  // A renegotiation makes new keys: there is nothing to resume.
  const found = hs.previous === undefined ? await lookUp(hs) : undefined;
  const session = found && await resumable(hs, profile, found.state);
  if (found === undefined || session === undefined) return undefined;
  const suite = suiteOf(hs, profile, found.state);
  if (suite === undefined || !agreesOnMasterSecret(hs, found.state)) {
    return undefined;
  }
  const peer = await peerOfSession(hs.config, session);
  const { localIdentity } = session;
  return peer && { ...found, suite, peer, localIdentity };
}

/**
 * RFC 7627 section 5.3, the server's side: whether both or neither of session
 * and ClientHello have the extended master secret. If only the ClientHello has
 * it, "the server MUST NOT perform the abbreviated handshake".
 */
function agreesOnMasterSecret(
  { hello }: ServerHandshake,
  state: SessionState,
): boolean {
  const isOffered = hello.extensions.extended_main_secret !== undefined;
  if (!hasExtendedMasterSecret(state)) return !isOffered;
  if (isOffered) return true;
  // "the server MUST abort the abbreviated handshake".
  throw new TlsProtocolError(
    "handshake_failure",
    "Cannot resume the session: it has the extended master secret, and the ClientHello does not offer it",
  );
}

async function lookUp(
  hs: ServerHandshake,
): Promise<FoundSession | undefined> {
  const { config, hello } = hs;
  const ticket = hello.extensions.session_ticket;
  if (ticket !== undefined && ticket.length > 0) {
    // RFC 5077 section 3.4: with a ticket, the session ID does not count.
    const opened = await config.ticketKeys?.open(ticket);
    const state = opened && readTicketState(opened.state);
    return state && { state, renew: opened.renew };
  }
  const id = hello.legacySessionId;
  if (id.length === 0 || config.sessionStore === undefined) return undefined;
  const state = await callOrReport(
    hs.io,
    "sessionStore",
    async () => storedState(await config.sessionStore?.get(toHex(id))),
  );
  return state && { state, renew: false };
}

function storedState(kept: unknown): SessionState | undefined {
  if (kept === undefined || kept === null) return undefined;
  if (kept instanceof Uint8Array) {
    return decodeSessionState(new Uint8Array(kept), SERVER_SESSION);
  }
  throw new TypeError(
    `Cannot use the result of option "sessionStore": expected a Uint8Array or undefined, got ${typeof kept}`,
  );
}

async function resumable(
  { config, info }: ServerHandshake,
  { version }: Tls12Profile,
  state: SessionState,
): Promise<ResumableSession | undefined> {
  return state.version === version
    ? await resumableByServer(config, state, info.serverName)
    : undefined;
}

/** The session's suite, if both sides still have it. */
function suiteOf(
  { config, hello }: ServerHandshake,
  { version }: Tls12Profile,
  { cipherSuite }: SessionState,
): CipherSuite | undefined {
  return config.cipherSuites.find((suite) =>
    suite.id === cipherSuite && belongsTo(suite, version) &&
    hello.cipherSuites.includes(cipherSuite)
  );
}

/** Whether a new session gets an ID. */
export function keepsById(hs: ServerHandshake): boolean {
  // RFC 5077 section 3.4: with a ticket to come there need be no session ID.
  return keepsSessions(hs) && !issuesTicket(hs) &&
    hs.config.sessionStore !== undefined && hs.previous === undefined;
}

/** Whether the client gets a ticket. */
export function issuesTicket(hs: ServerHandshake): boolean {
  const { config, hello } = hs;
  return keepsSessions(hs) && hello.extensions.session_ticket !== undefined &&
    config.ticketKeys !== undefined && config.tickets > 0 &&
    config.security.level <= LEVEL_OF_TICKETS;
}

/** Whether sessions with what the client offers are kept. */
function keepsSessions({ config, hello }: ServerHandshake): boolean {
  return config.weakSessions ||
    hello.extensions.extended_main_secret !== undefined;
}

/** The parts of the handshake that both ways of keeping a session need. */
export interface SessionSecrets {
  /** The master secret. */
  readonly secret: Uint8Array;
  readonly encryptThenMac: boolean;
  readonly maxFragmentLength: number | undefined;
  readonly extendedMasterSecret: boolean;
}

/** A ticket of what was established (RFC 5077 section 3.3). */
export async function makeTicket(
  { config }: ServerHandshake,
  established: EstablishedSession,
  secrets: SessionSecrets,
): Promise<NewSessionTicketTls12> {
  const state = await serverState(config, established, secrets);
  const ticket = await config.ticketKeys?.seal(
    new TicketStates(state).of(state),
  );
  return ticket === undefined || ticket.length > MAX_TICKET_LENGTH
    // Section 3.3: "If the server determines that it does not want to include
    // a ticket after it has included the SessionTicket extension".
    ? { ticketLifetimeHint: 0, ticket: new Uint8Array() }
    : { ticketLifetimeHint: state.lifetime, ticket };
}

/** Stores the session under a session ID. */
export async function keepSession(
  { io, config }: ServerHandshake,
  sessionId: Uint8Array,
  established: EstablishedSession,
  secrets: SessionSecrets,
): Promise<void> {
  const { sessionStore } = config;
  if (sessionId.length === 0 || sessionStore === undefined) return;
  const state = await serverState(config, established, secrets);
  const bytes = encodeSessionState({ ...state, sessionId });
  await callOrReport(
    io,
    "sessionStore",
    () => sessionStore.set(toHex(sessionId), bytes, state.lifetime * 1000),
  );
}

async function serverState(
  config: ServerHandshake["config"],
  established: EstablishedSession,
  secrets: SessionSecrets,
): Promise<SessionState> {
  return {
    ...await stateOf(config, established, secrets),
    lifetime: Math.min(config.sessionTimeout, MAX_TICKET_LIFETIME),
    context: config.sessionIdContext,
  };
}

function stateOf(
  config: ServerHandshake["config"] | ClientConfig,
  established: EstablishedSession,
  { secret, encryptThenMac, extendedMasterSecret, ...secrets }: SessionSecrets,
): Promise<SessionState> {
  return makeSessionState(established, config, {
    lifetime: DEFAULT_LIFETIME,
    secret,
    encryptThenMac: Number(encryptThenMac),
    maxFragmentLength: secrets.maxFragmentLength ?? 0,
    extendedMasterSecret: Number(extendedMasterSecret),
  });
}

/** Passes a client's new session to the caller and its cache. */
export async function rememberSession(
  { io, config }: ClientHandshake,
  established: EstablishedSession,
  secrets: SessionSecrets,
  handle: {
    readonly sessionId: Uint8Array;
    readonly ticket: NewSessionTicketTls12 | undefined;
  },
): Promise<void> {
  const { ticket } = handle;
  const byTicket = ticket !== undefined && ticket.ticket.length > 0;
  const sessionId = byTicket ? new Uint8Array() : handle.sessionId;
  if (!byTicket && sessionId.length === 0) return;
  giveSession(io, config, {
    ...await stateOf(config, established, secrets),
    sessionId: sessionId.slice(),
    ticket: byTicket ? ticket.ticket.slice() : new Uint8Array(),
    lifetime: byTicket ? lifetimeOf(ticket) : DEFAULT_LIFETIME,
  });
}

/**
 * RFC 5077 section 3.3: zero is "unspecified". At most what TLS 1.3 allows.
 */
function lifetimeOf({ ticketLifetimeHint }: NewSessionTicketTls12): number {
  return ticketLifetimeHint === 0
    ? DEFAULT_LIFETIME
    : Math.min(ticketLifetimeHint, MAX_TICKET_LIFETIME);
}

/**
 * RFC 5246 appendix F.1.4: "An upper limit of 24 hours is suggested for session
 * ID lifetimes". In seconds.
 */
const DEFAULT_LIFETIME = 86_400;
