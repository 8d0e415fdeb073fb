/**
 * Sessions as a caller sees them: what one connection leaves behind so that a
 * later one can skip most of the handshake (RFC 9846 section 2.2; RFC 5246
 * section 7.3; RFC 5077).
 *
 * @module
 */

import type { MaybePromise } from "../../crypto/primitives/provider.ts";
import { CipherSuite, nameOf, ProtocolVersion } from "../../registry.ts";
import { decodeSessionState, encodeSessionState } from "./session_codec.ts";
import {
  CLIENT_SESSION,
  rememberSession,
  type SessionState,
} from "./session_state.ts";

/**
 * A session that a client may resume. It holds a secret: anyone with its bytes
 * can resume as this client, so store them like a private key.
 *
 * @example Keep a session across processes
 * ```ts ignore
 * import { connect, Session } from "@x/tls";
 *
 * let kept: Uint8Array | undefined;
 * await connect({
 *   hostname: "example.com",
 *   port: 443,
 *   onSession: (session) => kept = session.export(),
 * });
 * // later
 * await connect({
 *   hostname: "example.com",
 *   port: 443,
 *   session: Session.import(kept!),
 * });
 * ```
 */
export class Session {
  readonly #state: SessionState;

  private constructor(state: SessionState) {
    this.#state = state;
    rememberSession(this);
  }

  /** @internal Wraps what a handshake left. */
  static of(state: SessionState): Session {
    return new Session(state);
  }

  /** @internal Whether a value is a session. */
  static is(value: unknown): value is Session {
    return typeof value === "object" && value !== null && #state in value;
  }

  /** @internal What is inside. */
  static stateOf(session: Session): SessionState {
    return session.#state;
  }

  /**
   * Reads a session back.
   *
   * @param bytes The result of `export()`.
   * @returns The session.
   * @throws {TlsError} `decode_error`, if the bytes are not a session of this
   * version of the module, or were damaged.
   * @throws {TypeError} If they are not a `Uint8Array`.
   */
  static import(bytes: Uint8Array): Session {
    if (!(bytes instanceof Uint8Array)) {
      throw new TypeError(
        `Cannot import the session: expected a Uint8Array, got ${typeof bytes}`,
      );
    }
    return new Session(
      decodeSessionState(new Uint8Array(bytes), CLIENT_SESSION),
    );
  }

  /**
   * The session as bytes, secret included.
   *
   * @returns A buffer of its own.
   */
  export(): Uint8Array {
    return encodeSessionState(this.#state);
  }

  /** The negotiated version, such as `"TLSv1.3"`. */
  get version(): string {
    return nameOf(ProtocolVersion, this.#state.version);
  }

  /** The negotiated suite's IANA name. */
  get cipherSuite(): string {
    return nameOf(CipherSuite, this.#state.cipherSuite);
  }

  /** The server name of the connection that left it, if it had one. */
  get serverName(): string | undefined {
    return this.#state.serverName || undefined;
  }

  /** The ALPN protocol of that connection, if it had one. */
  get alpnProtocol(): string | undefined {
    return this.#state.alpnProtocol || undefined;
  }

  /**
   * How many bytes of early data the server accepts with it; 0 for none (RFC 9846
   * section 4.7.1).
   */
  get maxEarlyData(): number {
    return this.#state.maxEarlyData;
  }

  /** The time at which it expires. */
  get expires(): Date {
    return new Date(this.#state.createdAt + this.#state.lifetime * 1000);
  }

  /** The ticket, or empty for a session by ID. */
  get ticket(): Uint8Array {
    return this.#state.ticket.slice();
  }
}

/**
 * Where a client keeps sessions: by server, under keys that the module makes.
 * All three may be asynchronous. One that throws, rejects, or returns something
 * else never fails a connection: it counts as having no session, and `onEvent`
 * gets `callback_failed`.
 */
export interface SessionCacheLike {
  /**
   * Returns a session to resume, if there is one.
   *
   * `suits` says whether a session can be used on this connection. A cache with
   * several sessions of a server returns the newest that suits; a cache with a
   * single one need not call it.
   */
  get(
    key: string,
    suits: (session: Session) => boolean,
  ): MaybePromise<Session | undefined | null>;
  /**
   * Keeps a session. It expires after `lifetime` milliseconds.
   */
  set(key: string, session: Session, lifetime: number): MaybePromise<unknown>;
  /**
   * Forgets a session: it is being used, as one of TLS 1.3 is used once (RFC
   * 9846 appendix C.4), or its connection has failed. A cache that keeps one
   * session of each server needs the key only.
   */
  delete(key: string, session: Session): MaybePromise<unknown>;
}

/**
 * Where a server keeps sessions by ID, the ID in hexadecimal as key and bytes
 * as value. The bytes are as secret as a key. A store that throws, rejects, or
 * returns something else never fails a connection: it counts as having no
 * session, and `onEvent` gets `callback_failed`.
 */
export interface SessionStore {
  /** The bytes kept under a key, if any. */
  get(key: string): MaybePromise<Uint8Array | undefined | null>;
  /** Keeps bytes. They expire after `lifetime` milliseconds. */
  set(
    key: string,
    session: Uint8Array,
    lifetime: number,
  ): MaybePromise<unknown>;
  /** Forgets them. */
  delete(key: string): MaybePromise<unknown>;
}

/**
 * A client's session cache in memory. It keeps up to eight sessions of each
 * server, so that connections that begin at once are all resumed; the sessions
 * of the server that was used least recently make room for others.
 *
 * A session of TLS 1.3 is used once: `get()` takes it out of the cache. One of
 * TLS 1.2 or below stays.
 *
 * @example Resume
 * ```ts ignore
 * import { connect, SessionCache } from "@x/tls";
 *
 * const sessionCache = new SessionCache(100);
 * const options = { hostname: "example.com", port: 443, sessionCache };
 * (await connect(options)).close();
 * (await connect(options)).info.resumed; // true
 * ```
 */
export class SessionCache implements SessionCacheLike {
  /** By server, the newest last; the server that was used last is the last. */
  readonly #servers = new Map<string, Session[]>();
  readonly #capacity: number;

  /**
   * Makes an empty cache.
   *
   * @param capacity The largest number of servers whose sessions it keeps.
   * @throws {TypeError} If the capacity is not a number.
   * @throws {RangeError} If the capacity is not a positive integer.
   */
  constructor(capacity = 64) {
    if (typeof capacity !== "number") {
      throw new TypeError(
        `Cannot create a SessionCache: expected a number as capacity, got ${typeof capacity}`,
      );
    }
    if (!Number.isInteger(capacity) || capacity < 1) {
      throw new RangeError(
        `Cannot create a SessionCache: expected a positive integer as capacity, got ${capacity}`,
      );
    }
    this.#capacity = capacity;
  }

  /** How many sessions are kept, of all servers. */
  get size(): number {
    let size = 0;
    for (const sessions of this.#servers.values()) size += sessions.length;
    return size;
  }

  /**
   * The newest session of a server. One of TLS 1.3 is taken out of the cache.
   *
   * @param key The server.
   * @param suits Says which sessions can be used; all of them by default.
   * @returns The session, if there is one.
   */
  get(
    key: string,
    suits: (session: Session) => boolean = () => true,
  ): Session | undefined {
    const sessions = this.#servers.get(key);
    const session = sessions?.findLast(suits);
    if (sessions === undefined || session === undefined) return undefined;
    const isUsedOnce = session.version === "TLSv1.3";
    this.#put(key, isUsedOnce ? without(sessions, session) : sessions);
    return session;
  }

  /**
   * Keeps a session; the oldest ones of that server and the sessions of the
   * server that was used least recently make room.
   *
   * @param key The server.
   * @param session The session.
   */
  set(key: string, session: Session): void {
    const others = without(this.#servers.get(key) ?? [], session);
    this.#put(key, [...others, session].slice(-SESSIONS_PER_SERVER));
    if (this.#servers.size > this.#capacity) {
      const oldest = this.#servers.keys().next();
      if (!oldest.done) this.#servers.delete(oldest.value);
    }
  }

  /**
   * Forgets a session, or all sessions of a server.
   *
   * @param key The server.
   * @param session The session; without it, all of them.
   * @returns Whether anything was forgotten.
   */
  delete(key: string, session?: Session): boolean {
    if (session === undefined) return this.#servers.delete(key);
    const sessions = this.#servers.get(key) ?? [];
    if (!sessions.includes(session)) return false;
    this.#put(key, without(sessions, session));
    return true;
  }

  /** A `Map` keeps the order of insertion: the last is the newest in use. */
  #put(key: string, sessions: Session[]): void {
    this.#servers.delete(key);
    if (sessions.length > 0) this.#servers.set(key, sessions);
  }
}

function without(sessions: readonly Session[], session: Session): Session[] {
  return sessions.filter((other) => other !== session);
}

/** More tickets than servers usually send on one connection (2 to 4). */
const SESSIONS_PER_SERVER = 8;
