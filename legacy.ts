/**
 * What is too weak to be chosen by a name or a number: it is passed in as a value
 * of this module. A program that does not import the module does not load it.
 *
 * - The suites with 3DES, with RC4 and with anonymous key exchange, under
 *   their IANA names, go into `cipherSuites`.
 * - {@linkcode weakKeys}, {@linkcode weakGroups} and {@linkcode weakDigests}
 *   permit what is below the security level, without lowering the level for
 *   everything else; they go into `legacy`.
 * - {@linkcode weakSessions}, in `legacy` too, permits resuming sessions that
 *   lack the extended master secret.
 *
 * @example Talk to a printer that has 3DES alone
 * ```ts ignore
 * import { connect } from "@x/tls";
 * import { TLS_RSA_WITH_3DES_EDE_CBC_SHA, weakKeys } from "@x/tls/legacy";
 *
 * await using conn = await connect({
 *   hostname: "printer.internal",
 *   port: 443,
 *   minVersion: "TLSv1",
 *   cipherSuites: [TLS_RSA_WITH_3DES_EDE_CBC_SHA],
 *   legacy: [weakKeys],
 * });
 * ```
 *
 * @module
 */

import type { CipherSuiteValue } from "./crypto/suites/cipher_suite.ts";
import {
  LegacyPermit,
  type LegacyPermitKind,
} from "./crypto/suites/security_level.ts";
import { weakCipherSuites } from "./crypto/suites/weak_cipher_suites.ts";

export type { CipherSuiteValue } from "./crypto/suites/cipher_suite.ts";
export type {
  LegacyPermit,
  LegacyPermitKind,
} from "./crypto/suites/security_level.ts";

/**
 * The old name of {@linkcode LegacyPermit}.
 *
 * @deprecated Use {@linkcode LegacyPermit}; this name goes with 0.2.
 */
export type Leave = LegacyPermit;

/**
 * The old name of {@linkcode LegacyPermitKind}.
 *
 * @deprecated Use {@linkcode LegacyPermitKind}; this name goes with 0.2.
 */
export type LeaveKind = LegacyPermitKind;

/**
 * Permits keys of any size: RSA and DSA keys below 2048 bits, curves below
 * 224 bits, in certificates of either side. A key of 1024 bits is within reach
 * of well-funded attackers.
 */
export const weakKeys: LegacyPermit = new LegacyPermit("keys");

/**
 * Permits groups of any size from 1024 bits on, as `minDhSize` says: a
 * server's DHE parameters below 2048 bits. Precomputation breaks widely used
 * groups of 1024 bits (Logjam).
 */
export const weakGroups: LegacyPermit = new LegacyPermit("groups");

/**
 * Permits signatures over MD5 and SHA-1 in certificates, and the names
 * `rsa_pkcs1_sha1` and `ecdsa_sha1` in `signatureSchemes`, for handshakes of
 * TLS 1.2. Anyone can make collisions of both (SLOTH, SHAttered).
 */
export const weakDigests: LegacyPermit = new LegacyPermit("digests");

/**
 * Permits keeping and resuming sessions of TLS 1.2 and below without the extended
 * master secret, for peers that do not support it: without this permit each
 * connection to them takes a full handshake.
 *
 * An attacker who relays such a session knows its keys on both sides and can
 * splice connections (the triple handshake attack; RFC 7627 sections 1 and 5.3).
 * Therefore a connection without the extended master secret has no exporter and
 * no `tls-unique`, and one that resumed such a session has no renegotiation
 * (section 5.4). Inside such a connection, trust no proof of the peer's identity
 * but its certificate. With peers that support the extended master secret nothing
 * changes.
 *
 * @example An old server's sessions
 * ```ts ignore
 * import { connect, SessionCache } from "@x/tls";
 * import { weakSessions } from "@x/tls/legacy";
 *
 * const sessionCache = new SessionCache();
 * const legacy = [weakSessions];
 * await using conn = await connect({
 *   hostname: "old.internal",
 *   port: 443,
 *   sessionCache,
 *   legacy,
 * });
 * ```
 */
export const weakSessions: LegacyPermit = new LegacyPermit("sessions");

/** Static RSA, RC4 and HMAC-MD5. */
export const TLS_RSA_WITH_RC4_128_MD5: CipherSuiteValue =
  weakCipherSuites.TLS_RSA_WITH_RC4_128_MD5;

/** Static RSA, RC4 and HMAC-SHA-1. */
export const TLS_RSA_WITH_RC4_128_SHA: CipherSuiteValue =
  weakCipherSuites.TLS_RSA_WITH_RC4_128_SHA;

/** ECDHE with ECDSA, RC4 and HMAC-SHA-1. */
export const TLS_ECDHE_ECDSA_WITH_RC4_128_SHA: CipherSuiteValue =
  weakCipherSuites.TLS_ECDHE_ECDSA_WITH_RC4_128_SHA;

/** ECDHE with RSA, RC4 and HMAC-SHA-1. */
export const TLS_ECDHE_RSA_WITH_RC4_128_SHA: CipherSuiteValue =
  weakCipherSuites.TLS_ECDHE_RSA_WITH_RC4_128_SHA;

/** Static RSA, 3DES-CBC and HMAC-SHA-1. */
export const TLS_RSA_WITH_3DES_EDE_CBC_SHA: CipherSuiteValue =
  weakCipherSuites.TLS_RSA_WITH_3DES_EDE_CBC_SHA;

/** DHE with RSA, 3DES-CBC and HMAC-SHA-1. */
export const TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA: CipherSuiteValue =
  weakCipherSuites.TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA;

/** ECDHE with ECDSA, 3DES-CBC and HMAC-SHA-1. */
export const TLS_ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA: CipherSuiteValue =
  weakCipherSuites.TLS_ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA;

/** ECDHE with RSA, 3DES-CBC and HMAC-SHA-1. */
export const TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA: CipherSuiteValue =
  weakCipherSuites.TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA;

/** Anonymous Diffie-Hellman, RC4 and HMAC-MD5. */
export const TLS_DH_anon_WITH_RC4_128_MD5: CipherSuiteValue =
  weakCipherSuites.TLS_DH_anon_WITH_RC4_128_MD5;

/** Anonymous Diffie-Hellman, 3DES-CBC and HMAC-SHA-1. */
export const TLS_DH_anon_WITH_3DES_EDE_CBC_SHA: CipherSuiteValue =
  weakCipherSuites.TLS_DH_anon_WITH_3DES_EDE_CBC_SHA;

/** Anonymous Diffie-Hellman, AES-128-CBC and HMAC-SHA-1. */
export const TLS_DH_anon_WITH_AES_128_CBC_SHA: CipherSuiteValue =
  weakCipherSuites.TLS_DH_anon_WITH_AES_128_CBC_SHA;

/** Anonymous Diffie-Hellman, AES-256-CBC and HMAC-SHA-1. */
export const TLS_DH_anon_WITH_AES_256_CBC_SHA: CipherSuiteValue =
  weakCipherSuites.TLS_DH_anon_WITH_AES_256_CBC_SHA;

/** Anonymous Diffie-Hellman, AES-128-CBC and HMAC-SHA-256. */
export const TLS_DH_anon_WITH_AES_128_CBC_SHA256: CipherSuiteValue =
  weakCipherSuites.TLS_DH_anon_WITH_AES_128_CBC_SHA256;

/** Anonymous Diffie-Hellman, AES-256-CBC and HMAC-SHA-256. */
export const TLS_DH_anon_WITH_AES_256_CBC_SHA256: CipherSuiteValue =
  weakCipherSuites.TLS_DH_anon_WITH_AES_256_CBC_SHA256;

/** Anonymous Diffie-Hellman, AES-128-GCM. */
export const TLS_DH_anon_WITH_AES_128_GCM_SHA256: CipherSuiteValue =
  weakCipherSuites.TLS_DH_anon_WITH_AES_128_GCM_SHA256;

/** Anonymous Diffie-Hellman, AES-256-GCM. */
export const TLS_DH_anon_WITH_AES_256_GCM_SHA384: CipherSuiteValue =
  weakCipherSuites.TLS_DH_anon_WITH_AES_256_GCM_SHA384;

/** Anonymous elliptic-curve Diffie-Hellman, RC4 and HMAC-SHA-1. */
export const TLS_ECDH_anon_WITH_RC4_128_SHA: CipherSuiteValue =
  weakCipherSuites.TLS_ECDH_anon_WITH_RC4_128_SHA;

/** Anonymous elliptic-curve Diffie-Hellman, 3DES-CBC and HMAC-SHA-1. */
export const TLS_ECDH_anon_WITH_3DES_EDE_CBC_SHA: CipherSuiteValue =
  weakCipherSuites.TLS_ECDH_anon_WITH_3DES_EDE_CBC_SHA;

/** Anonymous elliptic-curve Diffie-Hellman, AES-128-CBC and HMAC-SHA-1. */
export const TLS_ECDH_anon_WITH_AES_128_CBC_SHA: CipherSuiteValue =
  weakCipherSuites.TLS_ECDH_anon_WITH_AES_128_CBC_SHA;

/** Anonymous elliptic-curve Diffie-Hellman, AES-256-CBC and HMAC-SHA-1. */
export const TLS_ECDH_anon_WITH_AES_256_CBC_SHA: CipherSuiteValue =
  weakCipherSuites.TLS_ECDH_anon_WITH_AES_256_CBC_SHA;
