/**
 * What a session is made of, and its bytes.
 *
 * @module
 */

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
  /** The MaxFragmentLength that was agreed on (RFC 6066 section 4), or 0. */
  maxFragmentLength: number;
  /** The MaxFragmentLength that the client had asked for, or 0. */
  offeredFragmentLength: number;
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
  /** SHA-256 of the certificate that we showed, or empty. */
  localCertificate: Uint8Array;
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

const certificates = vector(
  uint24,
  0,
  2 ** 24 - 1,
  vector(uint24, 1, 2 ** 24 - 1),
);

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
  maxFragmentLength: uint8,
  offeredFragmentLength: uint8,
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
  localCertificate: vector(uint8, 0, 32),
});

/** The form of the bytes: raised when a field is added or changes. */
const FORMAT = 3;

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
 * As {@linkcode decodeSessionState}, for what a server has sealed or kept: what
 * another version of this module wrote is no session, and no error.
 */
export function readSessionState(bytes: Uint8Array): SessionState | undefined {
  try {
    return decodeSessionState(bytes);
  } catch {
    return undefined;
  }
}
