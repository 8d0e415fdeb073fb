/**
 * Sessions as a caller sees them: what one connection leaves behind so that a
 * later one need not do a whole handshake (RFC 8446 section 2.2; RFC 5246
 * section 7.3; RFC 5077).
 *
 * @module
 */

import type { MaybePromise } from "../crypto/provider.ts";
import { CipherSuite, nameOf, ProtocolVersion } from "../registry.ts";
import {
  decodeSessionState,
  encodeSessionState,
  type SessionState,
} from "./session_state.ts";

/**
 * A session that a client may resume. It holds a secret: whoever has its bytes
 * can resume in this client's name, so keep them as you keep a key.
 *
 * @example Keep a session across processes
 * ```ts ignore
 * import { connect, Session } from "jsr:@x/tls";
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
  }

  /** @internal Wraps what a handshake left. */
  static of(state: SessionState): Session {
    return new Session(state);
  }

  /** @internal What is inside; a `TypeError` if it is none. */
  static stateOf(session: Session): SessionState {
    if (typeof session === "object" && #state in session) return session.#state;
    throw new TypeError(
      `Cannot resume ${typeof session}: a session cache gives a Session, or nothing`,
    );
  }

  /**
   * Reads a session back.
   *
   * @param bytes What `export()` gave.
   * @returns The session.
   * @throws {TlsError} `decode_error`, if the bytes are no session.
   * @throws {TypeError} If they are no bytes.
   */
  static import(bytes: Uint8Array): Session {
    if (!(bytes instanceof Uint8Array)) {
      throw new TypeError(
        `Cannot import a session of ${typeof bytes}: a Uint8Array is wanted`,
      );
    }
    return new Session(decodeSessionState(bytes.slice()));
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

  /** When it ends to be of use. */
  get expires(): Date {
    return new Date(this.#state.createdAt + this.#state.lifetime * 1000);
  }

  /** The ticket, or empty for a session by ID. */
  get ticket(): Uint8Array {
    return this.#state.ticket.slice();
  }
}

/**
 * Where a client keeps sessions: by server, under keys of the module's making.
 * A TLS 1.3 session is deleted when it is used (RFC 8446 appendix C.4).
 */
export interface SessionCacheLike {
  /** The session to resume, if any. */
  get(key: string): MaybePromise<Session | undefined | null>;
  /** Keeps a session. */
  set(key: string, session: Session): MaybePromise<unknown>;
  /** Forgets the sessions of a key. */
  delete(key: string): MaybePromise<unknown>;
}

/**
 * Where a server keeps sessions by ID, the ID in hexadecimal as key and bytes
 * as value. What is in there is as secret as a key.
 */
export interface SessionStore {
  /** The bytes kept under a key, if any. */
  get(key: string): MaybePromise<Uint8Array | undefined | null>;
  /** Keeps bytes. */
  set(key: string, session: Uint8Array): MaybePromise<unknown>;
  /** Forgets them. */
  delete(key: string): MaybePromise<unknown>;
}

/**
 * A client's session cache in memory: the least recently used server's session
 * gives way. It holds the newest session of each server.
 *
 * @example Resume
 * ```ts ignore
 * import { connect, SessionCache } from "jsr:@x/tls";
 *
 * const sessionCache = new SessionCache(100);
 * const options = { hostname: "example.com", port: 443, sessionCache };
 * (await connect(options)).close();
 * (await connect(options)).info.resumed; // true
 * ```
 */
export class SessionCache implements SessionCacheLike {
  readonly #sessions = new Map<string, Session>();
  readonly #capacity: number;

  /**
   * Makes an empty cache.
   *
   * @param capacity How many servers' sessions it keeps at the most.
   * @throws {TypeError} If the capacity is no number.
   * @throws {RangeError} If the capacity is not a positive integer.
   */
  constructor(capacity = 64) {
    if (typeof capacity !== "number") {
      throw new TypeError(
        `Cannot make a SessionCache: the capacity is a number, not ${typeof capacity}`,
      );
    }
    if (!Number.isInteger(capacity) || capacity < 1) {
      throw new RangeError(
        `Cannot make a SessionCache: the capacity ${capacity} is not a positive integer`,
      );
    }
    this.#capacity = capacity;
  }

  /** How many sessions are kept. */
  get size(): number {
    return this.#sessions.size;
  }

  /**
   * The session to resume.
   *
   * @param key The server.
   * @returns The session, if there is one.
   */
  get(key: string): Session | undefined {
    const session = this.#sessions.get(key);
    if (session !== undefined) this.#touch(key, session);
    return session;
  }

  /**
   * Keeps a session, in the place of an older one of the same server.
   *
   * @param key The server.
   * @param session The session.
   */
  set(key: string, session: Session): void {
    this.#touch(key, session);
    if (this.#sessions.size > this.#capacity) {
      const oldest = this.#sessions.keys().next();
      if (!oldest.done) this.#sessions.delete(oldest.value);
    }
  }

  /**
   * Forgets a server's session.
   *
   * @param key The server.
   * @returns Whether there was one.
   */
  delete(key: string): boolean {
    return this.#sessions.delete(key);
  }

  /** A `Map` keeps the order of insertion: the last is the newest in use. */
  #touch(key: string, session: Session): void {
    this.#sessions.delete(key);
    this.#sessions.set(key, session);
  }
}
