/**
 * Where a client's sessions come from and go to: the caller's `session`, its
 * cache, `onSession`. None of them can fail a connection: a cache that throws,
 * rejects or gives something else has no session.
 *
 * @module
 */

import { peerOfSession } from "./authenticate.ts";
import type { ClientConfig } from "./config.ts";
import type { HandshakeIO } from "../io/message_stream.ts";
import {
  MAX_TICKET_LENGTH,
  mayKeep,
  resumableByClient,
  suits,
} from "./resumable.ts";
import type { OfferedSession } from "./offered_psk.ts";
import { Session } from "../session/session.ts";
import { isTls13, type SessionState } from "../session/session_state.ts";
import { callOrReport } from "../io/optional_callback.ts";

/** A session to offer, and what it is to be forgotten by. */
export interface TakenSession extends OfferedSession {
  /** Removes it from the cache: its connection failed. */
  forget(): Promise<void>;
}

/**
 * The session to offer: the caller's, or one of the cache. The caller is asked
 * about its server first, and what it refuses is not offered.
 */
export async function takeSession(
  io: HandshakeIO,
  config: ClientConfig,
): Promise<TakenSession | undefined> {
  const session = config.session ?? await sessionOfCache(io, config);
  if (session === undefined) return undefined;
  const resumable = await resumableByClient(config, Session.stateOf(session));
  const peer = resumable && await peerOfSession(config, resumable);
  if (resumable === undefined || peer === undefined) return undefined;
  const { state, localIdentity } = resumable;
  return {
    state,
    localIdentity,
    peer,
    forget: async () => {
      if (session !== config.session) await remove(io, config, session);
    },
  };
}

async function sessionOfCache(
  io: HandshakeIO,
  config: ClientConfig,
): Promise<Session | undefined> {
  const { sessionCache, sessionKey } = config;
  // What belongs to no server in particular belongs to none.
  if (sessionCache === undefined || sessionKey === "") return undefined;
  const isSuitable = (session: Session) =>
    suits(config, Session.stateOf(session));
  const given = callOrReport(
    io,
    "sessionCache",
    () => sessionCache.get(sessionKey, isSuitable),
  );
  // No turn in between where there need not be one: of two connections that
  // begin at once, one gets the ticket.
  const kept = given instanceof Promise ? await given : given;
  if (kept === undefined || kept === null) return undefined;
  if (!Session.is(kept)) {
    const error = notASession(kept);
    io.tell.tell({ type: "callback_failed", callback: "sessionCache", error });
    return undefined;
  }
  if (!isSuitable(kept)) return undefined;
  if (isTls13(Session.stateOf(kept))) {
    // RFC 9846 appendix C.4: "Clients SHOULD NOT reuse a ticket for multiple
    // connections", so that nobody can tell by it that they are of one client.
    await remove(io, config, kept);
  }
  return kept;
}

function notASession(given: unknown): TypeError {
  return new TypeError(
    `Cannot use what option "sessionCache" gave: expected a Session or nothing, got ${typeof given}`,
  );
}

async function remove(
  io: HandshakeIO,
  { sessionCache, sessionKey }: ClientConfig,
  session: Session,
): Promise<void> {
  await callOrReport(
    io,
    "sessionCache",
    () => sessionCache?.delete(sessionKey, session),
  );
}

/**
 * Passes a new session to `onSession` and to the cache. Nothing waits for them:
 * a cache that is slow delays no data.
 */
export function giveSession(
  io: HandshakeIO,
  config: ClientConfig,
  state: SessionState,
): void {
  if (!mayKeep(config, state) || state.ticket.length > MAX_TICKET_LENGTH) {
    return;
  }
  const { onSession, sessionCache, sessionKey } = config;
  const session = io.session = Session.of(state);
  onSession?.(session);
  if (sessionKey === "") return;
  const lifetime = Math.max(0, session.expires.getTime() - config.now());
  callOrReport(
    io,
    "sessionCache",
    () => sessionCache?.set(sessionKey, session, lifetime),
  );
}
