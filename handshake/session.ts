/**
 * Sessions: what one connection leaves behind so that a later one need not do
 * a whole handshake (RFC 8446 section 2.2; RFC 5246 section 7.3; RFC 5077).
 *
 * @module
 */

import type { MaybePromise } from "../crypto/provider.ts";
import { TlsError } from "../errors.ts";
import {
  type Codec,
  decode,
  encode,
  struct,
  uint16,
  uint24,
  uint32,
  uint8,
  vector,
} from "../record/codec.ts";
import { CipherSuite, nameOf, ProtocolVersion } from "../registry.ts";

/** What both ends keep of a connection. In a ticket it is the server's view. */
export interface SessionState {
  /** Negotiated version. */
  version: number;
  /** Negotiated cipher suite. */
  cipherSuite: number;
  /** When the ticket was issued or received, in milliseconds since 1970. */
  createdAt: number;
  /** When the peer was authenticated: the full handshake, in milliseconds. */
  authenticatedAt: number;
  /** Lifetime in seconds (RFC 8446 section 4.6.1). */
  lifetime: number;
  /** The resumption PSK, or the master secret of TLS 1.2 and below. */
  secret: Uint8Array;
  /** ticket_age_add; a 1.2 session has 0. */
  ticketAgeAdd: number;
  /** The ticket, in a client's session. */
  ticket: Uint8Array;
  /** session_id of TLS 1.2 and below. */
  sessionId: Uint8Array;
  /** Extended master secret was used (RFC 7627 section 5.3). */
  extendedMasterSecret: number;
  /** encrypt_then_mac was negotiated (RFC 7366). */
  encryptThenMac: number;
  /** max_early_data_size, 0 where early data is not allowed. */
  maxEarlyData: number;
  /** host_name of the connection, or empty. */
  serverName: string;
  /** The ALPN protocol of the connection, or empty. */
  alpnProtocol: string;
  /** The group of the key exchange, for information. */
  group: number;
  /** The peer's SignatureScheme, for information. */
  signatureScheme: number;
  /** The peer's certificates as it sent them, in DER. */
  peerCertificates: Uint8Array[];
  /** The path that was verified, in DER. */
  verifiedChain: Uint8Array[];
  /** 0: no certificate, 1: verified, 2: accepted without. */
  authorization: number;
  /** The staple that came with the certificate. */
  ocspResponse: Uint8Array;
  /** SCTs that came with the certificate. */
  signedCertificateTimestamps: Uint8Array[];
  /** `TrustConfig.fingerprint` under which the peer was judged. */
  trustFingerprint: string;
  /** The server's session ID context. */
  context: Uint8Array;
}

const text: Codec<string> = {
  read: (reader) =>
    new TextDecoder().decode(vector(uint16, 0, 65535).read(reader)),
  write: (writer, value) =>
    vector(uint16, 0, 65535).write(writer, new TextEncoder().encode(value)),
};

/** Milliseconds since 1970, in 48 bits. */
const milliseconds: Codec<number> = {
  read: (reader) => reader.uint(6),
  write: (writer, value) => writer.uint(6, value),
};

const certificates = vector(uint24, 0, 2 ** 24 - 1, vector(uint24, 1, 2 ** 24 - 1));

const SessionStateCodec: Codec<SessionState> = struct("Session", {
  version: uint16,
  cipherSuite: uint16,
  createdAt: milliseconds,
  authenticatedAt: milliseconds,
  lifetime: uint32,
  secret: vector(uint8, 0, 255),
  ticketAgeAdd: uint32,
  ticket: vector(uint16, 0, 65535),
  sessionId: vector(uint8, 0, 32),
  extendedMasterSecret: uint8,
  encryptThenMac: uint8,
  maxEarlyData: uint32,
  serverName: text,
  alpnProtocol: text,
  group: uint16,
  signatureScheme: uint16,
  peerCertificates: certificates,
  verifiedChain: certificates,
  authorization: uint8,
  ocspResponse: vector(uint24, 0, 2 ** 24 - 1),
  signedCertificateTimestamps: vector(
    uint24,
    0,
    2 ** 24 - 1,
    vector(uint16, 1, 65535),
  ),
  trustFingerprint: text,
  context: vector(uint8, 0, 255),
});

/** The form of the bytes: raised when a field is added or changes. */
const FORMAT = 1;

/** The bytes of a session's state, with the number of their form in front. */
export function encodeSessionState(state: SessionState): Uint8Array {
  const body = encode(SessionStateCodec, state);
  const bytes = new Uint8Array(body.length + 1);
  bytes[0] = FORMAT;
  bytes.set(body, 1);
  return bytes;
}

/**
 * Reads {@linkcode encodeSessionState}'s bytes.
 *
 * @throws {TlsError} `decode_error`, if they are of another form or cut short.
 */
export function decodeSessionState(bytes: Uint8Array): SessionState {
  if (bytes[0] !== FORMAT) {
    throw new TlsError(
      "decode_error",
      "Cannot read the session: it was exported by another version of this module",
    );
  }
  return decode(SessionStateCodec, bytes.subarray(1), "Session");
}

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

  /** @internal What is inside. */
  static stateOf(session: Session): SessionState {
    return session.#state;
  }

  /**
   * Reads a session back.
   *
   * @param bytes What `export()` gave.
   * @returns The session.
   * @throws {TlsError} `decode_error`, if the bytes are no session.
   */
  static import(bytes: Uint8Array): Session {
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
  get(key: string): MaybePromise<Session | undefined>;
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
   * @throws {RangeError} If the capacity is not a positive integer.
   */
  constructor(capacity = 64) {
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
