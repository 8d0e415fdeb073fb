/**
 * The rules for a session that was read from a store, which may have damaged
 * it. Code below relies on them.
 *
 * @module
 */

import { tls13CipherSuites } from "../../crypto/suites/cipher_suites.ts";
import { TlsError } from "../../errors.ts";
import { parsePublicKey } from "../../crypto/signatures/public_key.ts";
import {
  CertificateType,
  CipherSuite,
  nameOf,
  ProtocolVersion,
} from "../../registry.ts";
import { cachedCertificate } from "../../x509/certificate/certificate_cache.ts";
import { isCertificateErrorCode } from "../../x509/certificate/errors.ts";
import {
  CLIENT_SESSION,
  type SessionPeer,
  type SessionState,
} from "./session_state.ts";

/**
 * Checks a session that was read.
 *
 * @throws {TlsError} `decode_error`, if no such session can exist.
 */
export function checkSession(state: SessionState, side: number): void {
  const wrong = state.side !== side
    ? "it is of the other side of a connection"
    : wrongTerms(state) ?? wrongHandle(state) ?? wrongPeer(state.peer) ??
      wrongProofs(state);
  if (wrong !== undefined) throw refused(wrong);
  readCertificates(state.peer);
}

function refused(why: string, cause?: unknown): TlsError {
  return new TlsError(
    "decode_error",
    `Cannot read the session: ${why}`,
    cause === undefined ? {} : { cause },
  );
}

/** Version, suite, and the lengths that they require. */
function wrongTerms(state: SessionState): string | undefined {
  const { version, cipherSuite, secret, lifetime } = state;
  const { TLSv1, "TLSv1.3": tls13 } = ProtocolVersion;
  if (version < TLSv1 || version > tls13) return "its version is unknown";
  const suite13 = tls13CipherSuites.find(({ id }) => id === cipherSuite);
  const isKnown = version === tls13
    ? suite13 !== undefined
    : suite13 === undefined && suiteName(cipherSuite).startsWith("TLS_") &&
      !suiteName(cipherSuite).endsWith("_SCSV");
  if (!isKnown) return "its cipher suite is unknown, or not of its version";
  const length = suite13?.hash.length ?? MASTER_SECRET_LENGTH;
  if (secret.length !== length) return `its secret has not ${length} bytes`;
  if (lifetime > MAX_LIFETIME) return "its lifetime is more than seven days";
  const flags = [
    state.extendedMasterSecret,
    state.encryptThenMac,
    state.certificateRequested,
    state.peer.verified,
  ];
  if (flags.some((flag) => flag > 1)) return "a flag is neither 0 nor 1";
  return [state.maxFragmentLength, state.offeredFragmentLength]
      .some((length) => length > MAX_FRAGMENT_LENGTH_CODE)
    ? "its MaxFragmentLength is unknown"
    : undefined;
}

/** The ticket or ID by which a client offers it. */
function wrongHandle(state: SessionState): string | undefined {
  const { side, version, ticket, sessionId } = state;
  if (side !== CLIENT_SESSION || ticket.length > 0) return undefined;
  if (version === ProtocolVersion["TLSv1.3"]) return "it has no ticket";
  return sessionId.length === 0
    ? "it has neither a ticket nor a session ID"
    : undefined;
}

function wrongPeer(peer: SessionPeer): string | undefined {
  const { certificates, path, verified, errors, delegatedUntil } = peer;
  if (certificates.length === 0) {
    return path.length > 0 || verified === 1 || errors.length > 0
      ? "it has a verdict on no certificate"
      : undefined;
  }
  const isRaw = peer.certificateType === CertificateType.RawPublicKey;
  if (!isRaw && peer.certificateType !== CertificateType.X509) {
    return "its certificates are of an unknown type";
  }
  if (isRaw && (certificates.length > 1 || path.length > 0)) {
    return "it has a path from a raw public key";
  }
  if (isRaw && delegatedUntil > 0) {
    return "it has a delegated credential of a raw public key";
  }
  const isConsistent = verified === 1
    ? (isRaw || path.length > 0) && errors.length === 0
    : errors.length > 0;
  if (!isConsistent) return "its verdict contradicts itself";
  const most = certificates.length + path.length;
  return errors.some(({ code, certificate }) =>
      !isCertificateErrorCode(code) || certificate > most
    )
    ? "its verdict has an error that there is not"
    : undefined;
}

/**
 * RFC 9846 section 4.7.1: each side of it proved itself, or the suite is
 * anonymous.
 */
function wrongProofs(state: SessionState): string | undefined {
  const { side, psk, peer, localCertificate, cipherSuite } = state;
  const hasPsk = psk.keyHash.length > 0;
  // RFC 4279 section 2: an identity may be empty.
  if (!hasPsk && (psk.identity.length > 0 || psk.hint !== "")) {
    return "its PSK has no key";
  }
  if (hasPsk && psk.keyHash.length !== HASH_LENGTH) {
    return `the hash of its PSK has not ${HASH_LENGTH} bytes`;
  }
  if (![0, HASH_LENGTH].includes(localCertificate.length)) {
    return `the hash of our certificate has not ${HASH_LENGTH} bytes`;
  }
  const isProven = side === CLIENT_SESSION
    ? peer.certificates.length > 0
    : localCertificate.length > 0;
  return isProven || hasPsk || isAnonymous(cipherSuite)
    ? undefined
    : "its server has not proved itself by anything";
}

/** Whether a suite authenticates nobody. */
function isAnonymous(cipherSuite: number): boolean {
  return suiteName(cipherSuite).includes("_anon_");
}

function suiteName(cipherSuite: number): string {
  return nameOf(CipherSuite, cipherSuite);
}

/**
 * Certificates that cannot be read would fail the handshake that resumes it.
 */
function readCertificates(peer: SessionPeer): void {
  const { certificates, path, certificateType } = peer;
  try {
    if (certificateType === CertificateType.RawPublicKey) {
      for (const spki of certificates) parsePublicKey(spki);
      return;
    }
    for (const der of [...certificates, ...path]) cachedCertificate(der);
  } catch (cause) {
    throw refused("one of its certificates cannot be read", cause);
  }
}

/** RFC 5246 section 8.1: "always exactly 48 bytes in length". */
const MASTER_SECRET_LENGTH = 48;
/** RFC 9846 section 4.7.1, in seconds. */
const MAX_LIFETIME = 604_800;
/** RFC 6066 section 4: 1 to 4. */
const MAX_FRAGMENT_LENGTH_CODE = 4;
/** Of SHA-256, in bytes. */
const HASH_LENGTH = 32;
