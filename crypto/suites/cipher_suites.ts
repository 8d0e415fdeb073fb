/**
 * The cipher suites, one row each, and the lists of those that are on by
 * default. The suites with 3DES, with RC4 and with anonymous key exchange are
 * not here: `legacy.ts` has them, with the ciphers that only they need.
 *
 * @module
 */

import { ProtocolVersion } from "../../registry.ts";
import {
  agreement,
  type CipherSuite,
  isTls13CipherSuite,
  protection,
  tls12Suite,
  type Tls13CipherSuite,
  tls13Suite,
} from "./cipher_suite.ts";
import { pskCipherSuites } from "./psk_cipher_suites.ts";

export type {
  Authentication,
  CipherSuite,
  KeyExchangeMethod,
  Tls13CipherSuite,
} from "./cipher_suite.ts";
export { isTls13CipherSuite };
export { pskCipherSuites };

/** The suites of TLS 1.3 that are on by default, in order of preference. */
const defaultTls13CipherSuites: readonly Tls13CipherSuite[] = [
  tls13Suite("TLS_AES_128_GCM_SHA256", protection.AES_128_GCM_SHA256),
  tls13Suite("TLS_AES_256_GCM_SHA384", protection.AES_256_GCM_SHA384),
  tls13Suite(
    "TLS_CHACHA20_POLY1305_SHA256",
    protection.CHACHA20_POLY1305_SHA256,
  ),
];

/** All suites of TLS 1.3, those that are off by default last. */
export const tls13CipherSuites: readonly Tls13CipherSuite[] = [
  ...defaultTls13CipherSuites,
  tls13Suite("TLS_AES_128_CCM_SHA256", protection.AES_128_CCM),
  tls13Suite("TLS_AES_128_CCM_8_SHA256", protection.AES_128_CCM_8),
];

/**
 * The suites of TLS 1.2 that are on by default, in order of preference: those
 * with forward secrecy and an AEAD (RFC 9325 section 4.2).
 */
export const defaultTls12CipherSuites: readonly CipherSuite[] = [
  tls12Suite(
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    agreement.ECDHE_ECDSA,
    protection.AES_128_GCM_SHA256,
  ),
  tls12Suite(
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256",
    agreement.ECDHE_RSA,
    protection.AES_128_GCM_SHA256,
  ),
  tls12Suite(
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    agreement.ECDHE_ECDSA,
    protection.AES_256_GCM_SHA384,
  ),
  tls12Suite(
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384",
    agreement.ECDHE_RSA,
    protection.AES_256_GCM_SHA384,
  ),
  tls12Suite(
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    "ECDHE-ECDSA-CHACHA20-POLY1305",
    agreement.ECDHE_ECDSA,
    protection.CHACHA20_POLY1305_SHA256,
  ),
  tls12Suite(
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
    "ECDHE-RSA-CHACHA20-POLY1305",
    agreement.ECDHE_RSA,
    protection.CHACHA20_POLY1305_SHA256,
  ),
];

/** The suites that are on by default if TLS 1.1 or 1.0 is on. */
export const oldVersionCipherSuites: readonly CipherSuite[] = [
  tls12Suite(
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
    "ECDHE-ECDSA-AES128-SHA",
    agreement.ECDHE_ECDSA,
    protection.AES_128_CBC_SHA,
  ),
  tls12Suite(
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
    "ECDHE-RSA-AES128-SHA",
    agreement.ECDHE_RSA,
    protection.AES_128_CBC_SHA,
  ),
  tls12Suite(
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
    "ECDHE-ECDSA-AES256-SHA",
    agreement.ECDHE_ECDSA,
    protection.AES_256_CBC_SHA,
  ),
  tls12Suite(
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
    "ECDHE-RSA-AES256-SHA",
    agreement.ECDHE_RSA,
    protection.AES_256_CBC_SHA,
  ),
];

/** The suites that are on only if they are named. */
const namedCipherSuites: readonly CipherSuite[] = [
  tls12Suite(
    "TLS_ECDHE_ECDSA_WITH_AES_128_CCM",
    "ECDHE-ECDSA-AES128-CCM",
    agreement.ECDHE_ECDSA,
    protection.AES_128_CCM,
  ),
  tls12Suite(
    "TLS_ECDHE_ECDSA_WITH_AES_256_CCM",
    "ECDHE-ECDSA-AES256-CCM",
    agreement.ECDHE_ECDSA,
    protection.AES_256_CCM,
  ),
  tls12Suite(
    "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8",
    "ECDHE-ECDSA-AES128-CCM8",
    agreement.ECDHE_ECDSA,
    protection.AES_128_CCM_8,
  ),
  tls12Suite(
    "TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8",
    "ECDHE-ECDSA-AES256-CCM8",
    agreement.ECDHE_ECDSA,
    protection.AES_256_CCM_8,
  ),
  tls12Suite(
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
    "ECDHE-ECDSA-AES128-SHA256",
    agreement.ECDHE_ECDSA,
    protection.AES_128_CBC_SHA256,
  ),
  tls12Suite(
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384",
    "ECDHE-ECDSA-AES256-SHA384",
    agreement.ECDHE_ECDSA,
    protection.AES_256_CBC_SHA384,
  ),
  tls12Suite(
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256",
    "ECDHE-RSA-AES128-SHA256",
    agreement.ECDHE_RSA,
    protection.AES_128_CBC_SHA256,
  ),
  tls12Suite(
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384",
    "ECDHE-RSA-AES256-SHA384",
    agreement.ECDHE_RSA,
    protection.AES_256_CBC_SHA384,
  ),
  tls12Suite(
    "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256",
    "DHE-RSA-AES128-GCM-SHA256",
    agreement.DHE_RSA,
    protection.AES_128_GCM_SHA256,
  ),
  tls12Suite(
    "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384",
    "DHE-RSA-AES256-GCM-SHA384",
    agreement.DHE_RSA,
    protection.AES_256_GCM_SHA384,
  ),
  tls12Suite(
    "TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
    "DHE-RSA-CHACHA20-POLY1305",
    agreement.DHE_RSA,
    protection.CHACHA20_POLY1305_SHA256,
  ),
  tls12Suite(
    "TLS_DHE_RSA_WITH_AES_128_CCM",
    "DHE-RSA-AES128-CCM",
    agreement.DHE_RSA,
    protection.AES_128_CCM,
  ),
  tls12Suite(
    "TLS_DHE_RSA_WITH_AES_256_CCM",
    "DHE-RSA-AES256-CCM",
    agreement.DHE_RSA,
    protection.AES_256_CCM,
  ),
  tls12Suite(
    "TLS_DHE_RSA_WITH_AES_128_CCM_8",
    "DHE-RSA-AES128-CCM8",
    agreement.DHE_RSA,
    protection.AES_128_CCM_8,
  ),
  tls12Suite(
    "TLS_DHE_RSA_WITH_AES_256_CCM_8",
    "DHE-RSA-AES256-CCM8",
    agreement.DHE_RSA,
    protection.AES_256_CCM_8,
  ),
  tls12Suite(
    "TLS_DHE_RSA_WITH_AES_128_CBC_SHA256",
    "DHE-RSA-AES128-SHA256",
    agreement.DHE_RSA,
    protection.AES_128_CBC_SHA256,
  ),
  tls12Suite(
    "TLS_DHE_RSA_WITH_AES_256_CBC_SHA256",
    "DHE-RSA-AES256-SHA256",
    agreement.DHE_RSA,
    protection.AES_256_CBC_SHA256,
  ),
  tls12Suite(
    "TLS_DHE_RSA_WITH_AES_128_CBC_SHA",
    "DHE-RSA-AES128-SHA",
    agreement.DHE_RSA,
    protection.AES_128_CBC_SHA,
  ),
  tls12Suite(
    "TLS_DHE_RSA_WITH_AES_256_CBC_SHA",
    "DHE-RSA-AES256-SHA",
    agreement.DHE_RSA,
    protection.AES_256_CBC_SHA,
  ),
  tls12Suite(
    "TLS_RSA_WITH_AES_128_GCM_SHA256",
    "AES128-GCM-SHA256",
    agreement.RSA,
    protection.AES_128_GCM_SHA256,
  ),
  tls12Suite(
    "TLS_RSA_WITH_AES_256_GCM_SHA384",
    "AES256-GCM-SHA384",
    agreement.RSA,
    protection.AES_256_GCM_SHA384,
  ),
  tls12Suite(
    "TLS_RSA_WITH_AES_128_CCM",
    "AES128-CCM",
    agreement.RSA,
    protection.AES_128_CCM,
  ),
  tls12Suite(
    "TLS_RSA_WITH_AES_256_CCM",
    "AES256-CCM",
    agreement.RSA,
    protection.AES_256_CCM,
  ),
  tls12Suite(
    "TLS_RSA_WITH_AES_128_CCM_8",
    "AES128-CCM8",
    agreement.RSA,
    protection.AES_128_CCM_8,
  ),
  tls12Suite(
    "TLS_RSA_WITH_AES_256_CCM_8",
    "AES256-CCM8",
    agreement.RSA,
    protection.AES_256_CCM_8,
  ),
  tls12Suite(
    "TLS_RSA_WITH_AES_128_CBC_SHA256",
    "AES128-SHA256",
    agreement.RSA,
    protection.AES_128_CBC_SHA256,
  ),
  tls12Suite(
    "TLS_RSA_WITH_AES_256_CBC_SHA256",
    "AES256-SHA256",
    agreement.RSA,
    protection.AES_256_CBC_SHA256,
  ),
  tls12Suite(
    "TLS_RSA_WITH_AES_128_CBC_SHA",
    "AES128-SHA",
    agreement.RSA,
    protection.AES_128_CBC_SHA,
  ),
  tls12Suite(
    "TLS_RSA_WITH_AES_256_CBC_SHA",
    "AES256-SHA",
    agreement.RSA,
    protection.AES_256_CBC_SHA,
  ),
];

/** All suites of TLS 1.2 and below that may be named by strings. */
export const tls12CipherSuites: readonly CipherSuite[] = [
  ...defaultTls12CipherSuites,
  ...oldVersionCipherSuites,
  ...namedCipherSuites,
  ...pskCipherSuites,
];

/** All suites that may be named by strings. */
export const cipherSuites: readonly CipherSuite[] = [
  ...tls13CipherSuites,
  ...tls12CipherSuites,
];

/**
 * The suites that are on by default, in order of preference.
 *
 * @param minVersion The lowest version to be negotiated: below TLS 1.2 the
 * list also has what those versions need.
 */
export function defaultCipherSuites(
  minVersion: number,
): readonly CipherSuite[] {
  const suites = [
    ...defaultTls13CipherSuites,
    ...defaultTls12CipherSuites,
    ...(minVersion < ProtocolVersion["TLSv1.2"] ? oldVersionCipherSuites : []),
  ];
  return prefersChaCha20() ? chaCha20First(suites) : suites;
}

/**
 * Deno has AES-GCM on another thread only (WebCrypto), at 27 µs of CPU for a
 * record of 16 KiB, and ChaCha20-Poly1305 on this one (`node:crypto`) at 13 µs.
 * As Go does for machines without AES instructions, the order of the defaults
 * follows. A caller's own list of suites keeps its order.
 */
function prefersChaCha20(): boolean {
  const { navigator } = globalThis as { navigator?: { userAgent?: string } };
  return navigator?.userAgent?.startsWith("Deno/") ?? false;
}

/** Those of TLS 1.3, then the others; in both those with ChaCha20 first. */
function chaCha20First(suites: readonly CipherSuite[]): CipherSuite[] {
  const rank = (suite: CipherSuite) =>
    (isTls13CipherSuite(suite) ? 0 : 2) +
    (suite.encryption === "CHACHA20/POLY1305" ? 0 : 1);
  return suites.toSorted((a, b) => rank(a) - rank(b));
}
