/**
 * renegotiation_info (RFC 5746): what ties a handshake to the one before it on
 * the same connection, or says that there was none.
 *
 * @module
 */

import { concat, equals } from "@std/bytes";
import { TlsProtocolError } from "../../errors.ts";
import { CipherSuite } from "../../registry.ts";
import type { EstablishedTls12 } from "./established.ts";
import type { ClientHello } from "../messages/client_hello.ts";

/** What the handshake before has left. */
export type PreviousHandshake = Pick<
  EstablishedTls12,
  | "version"
  | "verifyData"
  | "secureRenegotiation"
  | "extendedMasterSecret"
  | "peer"
  | "psk"
  | "localIdentity"
  | "certificateRequested"
  | "certificateRequest"
  | "session"
  | "alpnProtocol"
  | "serverName"
>;

/**
 * Whether the client was asked for a certificate in the handshake before, or in
 * that of the session that it resumed.
 */
export function wasRequested(previous: PreviousHandshake | undefined): boolean {
  return previous !== undefined && (previous.certificateRequested ||
    previous.session?.certificateRequested === 1);
}

/** RFC 5746 section 3.5: what a client sends. */
export function clientRenegotiationInfo(
  previous: PreviousHandshake | undefined,
): Uint8Array {
  return previous?.verifyData.client ?? EMPTY;
}

/** RFC 5746 sections 3.6 and 3.7: what a server sends. */
export function serverRenegotiationInfo(
  previous: PreviousHandshake | undefined,
): Uint8Array {
  return previous === undefined
    ? EMPTY
    : concat([previous.verifyData.client, previous.verifyData.server]);
}

/**
 * RFC 5746 sections 3.4 and 3.5: what a client has of its server.
 *
 * @returns Whether the server has secure renegotiation.
 * @throws {TlsProtocolError} `handshake_failure`, if it is not as it must be.
 */
export function checkServerRenegotiationInfo(
  received: Uint8Array | undefined,
  previous: PreviousHandshake | undefined,
): boolean {
  if (received === undefined) {
    // Section 3.4: servers of before 2010 have none. The first handshake may
    // go on with them, as at Go and BoringSSL; another one never follows.
    if (previous === undefined) return false;
    throw mismatch("ServerHello", "there is none");
  }
  if (!equals(received, serverRenegotiationInfo(previous))) {
    throw mismatch("ServerHello", "it is not that of this connection");
  }
  return true;
}

/**
 * RFC 5746 sections 3.6 and 3.7: what a server has of its client.
 *
 * @returns Whether the client has secure renegotiation.
 * @throws {TlsProtocolError} `handshake_failure`, if it is not as it must be.
 */
export function checkClientRenegotiationInfo(
  { cipherSuites, extensions }: ClientHello,
  previous: PreviousHandshake | undefined,
): boolean {
  const received = extensions.renegotiation_info;
  const isSignalled = cipherSuites.includes(
    CipherSuite.TLS_EMPTY_RENEGOTIATION_INFO_SCSV,
  );
  if (previous !== undefined && isSignalled) {
    throw mismatch("ClientHello", "the signaling suite has no place here");
  }
  if (received === undefined) {
    if (previous === undefined) return isSignalled;
    throw mismatch("ClientHello", "there is none");
  }
  if (!equals(received, clientRenegotiationInfo(previous))) {
    throw mismatch("ClientHello", "it is not that of this connection");
  }
  return true;
}

function mismatch(message: string, what: string): TlsProtocolError {
  return new TlsProtocolError(
    "handshake_failure",
    `Cannot accept the renegotiation_info of ${message}: ${what} (RFC 5746)`,
  );
}

const EMPTY: Uint8Array = new Uint8Array();
