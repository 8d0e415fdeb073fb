/**
 * The bytes of a session.
 *
 * @module
 */

import { equals } from "@std/bytes";
import { sha256 } from "../../crypto/primitives/hash.ts";
import { bytesOfName, nameOfBytes } from "../../encoding.ts";
import { TlsError, TlsProtocolError } from "../../errors.ts";
import {
  type Codec,
  decode,
  encode,
  rest,
  struct,
  uint16,
  uint24,
  uint32,
  uint8,
  vector,
} from "../../record/codec.ts";
import { checkSession } from "./session_rules.ts";
import {
  SERVER_SESSION,
  type SessionError,
  type SessionPeer,
  type SessionPsk,
  type SessionRequest,
  type SessionState,
} from "./session_state.ts";

/**
 * The bytes of a session's state: a format number, a checksum, and the fields.
 * A session whose bytes were damaged in the store must not be offered: the peer
 * would end the connection for a wrong secret.
 */
export function encodeSessionState(state: SessionState): Uint8Array {
  return frameSession(encode(SessionStateCodec, state));
}

/** Puts the format number and the checksum before the fields. */
export function frameSession(fields: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(FRAME_LENGTH + fields.length);
  bytes[0] = FORMAT;
  bytes.set(checksum(fields), 1);
  bytes.set(fields, FRAME_LENGTH);
  return bytes;
}

/**
 * Reads {@linkcode encodeSessionState}'s bytes.
 *
 * @throws {TlsError} `decode_error`, if they have another format, were damaged,
 * or are not a valid session.
 */
export function decodeSessionState(
  bytes: Uint8Array,
  side: number,
): SessionState {
  if (bytes[0] !== FORMAT) {
    throw new TlsError(
      "decode_error",
      "Cannot read the session: another version of this module wrote it",
    );
  }
  const fields = bytes.subarray(FRAME_LENGTH);
  if (!equals(bytes.subarray(1, FRAME_LENGTH), checksum(fields))) {
    throw new TlsError(
      "decode_error",
      "Cannot read the session: its checksum is wrong, so it was damaged",
    );
  }
  const state = decode(SessionStateCodec, fields, "Session");
  checkSession(state, side);
  return state;
}

/** What each ticket of a connection has of its own. */
export type TicketSecret = Pick<SessionState, "secret" | "ticketAgeAdd">;

/**
 * Encodes what is sealed in the tickets of one connection. Most of it is the same
 * in all of them, and encoded once. It has no checksum, as it is sealed.
 */
export class TicketStates {
  readonly #session: Uint8Array;

  /** Takes the session of the first ticket. */
  constructor(state: SessionState) {
    this.#session = encode(SessionStateCodec, {
      ...state,
      secret: NOTHING,
      ticketAgeAdd: 0,
    });
  }

  /** The state of the session with this secret. */
  of({ secret, ticketAgeAdd }: TicketSecret): Uint8Array {
    const session = this.#session;
    const format = TICKET_FORMAT;
    return encode(TicketState, { format, secret, ticketAgeAdd, session });
  }
}

/**
 * Reads the bytes of {@linkcode TicketStates} from a ticket that we sealed.
 *
 * @returns `undefined` for bytes of another version of this module.
 */
export function readTicketState(bytes: Uint8Array): SessionState | undefined {
  try {
    const ticket = decode(TicketState, bytes, "Ticket");
    if (ticket.format !== TICKET_FORMAT) return undefined;
    const { secret, ticketAgeAdd, session } = ticket;
    const state: SessionState = {
      ...decode(SessionStateCodec, session, "Session"),
      secret,
      ticketAgeAdd,
    };
    checkSession(state, SERVER_SESSION);
    return state;
  } catch {
    return undefined;
  }
}

function checksum(fields: Uint8Array): Uint8Array {
  return sha256.digest(fields).subarray(0, CHECKSUM_LENGTH);
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const textBytes = vector(uint16, 0, 65535);
const NOTHING: Uint8Array = new Uint8Array();

const text: Codec<string> = {
  read: (reader) => textOf(textBytes.read(reader), reader.name),
  write: (writer, value) =>
    textBytes.write(writer, value === "" ? NOTHING : encoder.encode(value)),
};

function textOf(bytes: Uint8Array, name: string): string {
  // Most texts of a session are empty.
  if (bytes.length === 0) return "";
  try {
    return decoder.decode(bytes);
  } catch {
    throw new TlsProtocolError(
      "decode_error",
      `Cannot decode ${name}: it is not UTF-8`,
    );
  }
}

/** Text that may be any bytes. */
const name: Codec<string> = {
  read: (reader) => nameOfBytes(textBytes.read(reader)),
  write: (writer, value) => textBytes.write(writer, bytesOfName(value)),
};

/** Milliseconds since 1970, in 48 bits. */
const milliseconds: Codec<number> = {
  read: (reader) => reader.uint(6),
  write: (writer, value) => writer.uint(6, value),
};

const certificates = vector(
  uint24,
  0,
  2 ** 24 - 1,
  vector(uint24, 1, 2 ** 24 - 1),
);

const SessionErrorCodec: Codec<SessionError> = struct("Session.peer.errors", {
  code: text,
  message: text,
  certificate: uint16,
});

const SessionPeerCodec: Codec<SessionPeer> = struct("Session.peer", {
  certificateType: uint8,
  certificates,
  path: certificates,
  verified: uint8,
  errors: vector(uint24, 0, 2 ** 24 - 1, SessionErrorCodec),
  policies: vector(uint16, 0, 65535, text),
  name: text,
  trustFingerprint: text,
  ocspResponse: vector(uint24, 0, 2 ** 24 - 1),
  signedCertificateTimestamps: vector(
    uint24,
    0,
    2 ** 24 - 1,
    vector(uint16, 1, 65535),
  ),
  signatureScheme: uint16,
  delegatedUntil: milliseconds,
});

const SessionPskCodec: Codec<SessionPsk> = struct("Session.psk", {
  identity: vector(uint16, 0, 65535),
  keyHash: vector(uint8, 0, 32),
  hint: name,
});

const SessionRequestCodec: Codec<SessionRequest> = struct("Session.request", {
  certificateAuthorities: vector(
    uint24,
    0,
    2 ** 24 - 1,
    vector(uint16, 1, 65535),
  ),
  signatureSchemes: vector(uint16, 0, 65534, uint16),
  certificateSignatureSchemes: vector(uint16, 0, 65534, uint16),
  delegatedCredentialSchemes: vector(uint16, 0, 65534, uint16),
  certificateTypes: vector(uint8, 0, 255, uint8),
  certificateType: uint8,
});

const SessionStateCodec: Codec<SessionState> = struct("Session", {
  side: uint8,
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
  maxFragmentLength: uint8,
  offeredFragmentLength: uint8,
  maxEarlyData: uint32,
  recordSizeLimit: uint16,
  serverName: text,
  alpnProtocol: name,
  group: uint16,
  peer: SessionPeerCodec,
  psk: SessionPskCodec,
  localCertificate: vector(uint8, 0, 32),
  certificateRequested: uint8,
  request: SessionRequestCodec,
  context: vector(uint8, 0, 255),
});

/** What is sealed in a ticket. */
interface TicketState extends TicketSecret {
  format: number;
  /** The session without what is the ticket's own. */
  session: Uint8Array;
}

const TicketState: Codec<TicketState> = struct("Ticket", {
  format: uint8,
  secret: vector(uint8, 0, 255),
  ticketAgeAdd: uint32,
  session: rest,
});

/** The format number: raised when a field is added or changed. */
const FORMAT = 9;

/** The same for tickets; up to 4 they had the format of sessions. */
const TICKET_FORMAT = 9;

/** Detects damage, not forgery. */
const CHECKSUM_LENGTH = 8;

/** The format number and the checksum. */
export const FRAME_LENGTH = 1 + CHECKSUM_LENGTH;
