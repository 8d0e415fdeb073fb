/**
 * The cipher suites of the matrices, and what other programs call them. All of
 * it follows from the IANA names, and from nothing of this module.
 *
 * @module
 */

import type { KeyType } from "./material.ts";
import type { Version } from "./peer.ts";

/** The suites of TLS 1.3: the first three are for everyone. */
export const SUITES_TLS13: readonly string[] = [
  "TLS_AES_128_GCM_SHA256",
  "TLS_AES_256_GCM_SHA384",
  "TLS_CHACHA20_POLY1305_SHA256",
  "TLS_AES_128_CCM_SHA256",
  "TLS_AES_128_CCM_8_SHA256",
];

const EXCHANGES = ["ECDHE_ECDSA", "ECDHE_RSA", "DHE_RSA", "RSA"];

const CIPHERS = [
  "AES_128_GCM_SHA256",
  "AES_256_GCM_SHA384",
  "CHACHA20_POLY1305_SHA256",
  "AES_128_CCM",
  "AES_256_CCM",
  "AES_128_CCM_8",
  "AES_256_CCM_8",
  "AES_128_CBC_SHA256",
  "AES_256_CBC_SHA256",
  "AES_256_CBC_SHA384",
  "AES_128_CBC_SHA",
  "AES_256_CBC_SHA",
  "3DES_EDE_CBC_SHA",
  "RC4_128_SHA",
];

/** The suites before TLS 1.3 that authenticate the server. */
export const SUITES_TLS12: readonly string[] = EXCHANGES
  .flatMap((exchange) =>
    CIPHERS.map((cipher) => `TLS_${exchange}_WITH_${cipher}`)
  )
  .filter(isRegistered);

/** The anonymous ones. */
export const SUITES_ANONYMOUS: readonly string[] = [
  "TLS_DH_anon_WITH_AES_128_GCM_SHA256",
  "TLS_DH_anon_WITH_AES_256_GCM_SHA384",
  "TLS_DH_anon_WITH_AES_128_CBC_SHA256",
  "TLS_DH_anon_WITH_AES_256_CBC_SHA256",
  "TLS_DH_anon_WITH_AES_128_CBC_SHA",
  "TLS_DH_anon_WITH_AES_256_CBC_SHA",
  "TLS_ECDH_anon_WITH_AES_128_CBC_SHA",
  "TLS_ECDH_anon_WITH_AES_256_CBC_SHA",
];

/** All of them. */
export const SUITES: readonly string[] = [
  ...SUITES_TLS13,
  ...SUITES_TLS12,
  ...SUITES_ANONYMOUS,
];

/** Those that most programs have left, or never had. */
export function isRare(suite: string): boolean {
  return /CCM|3DES|RC4|anon/.test(suite);
}

function isRegistered(suite: string): boolean {
  const { exchange, cipher } = suiteParts(suite);
  const ecdhe = exchange.startsWith("ECDHE");
  switch (cipher) {
    case "AES_256_CBC_SHA384":
      return ecdhe;
    case "AES_256_CBC_SHA256":
      return !ecdhe;
    case "CHACHA20_POLY1305_SHA256":
      return exchange !== "RSA";
    case "RC4_128_SHA":
      return exchange !== "DHE_RSA";
    default:
      return !cipher.includes("CCM") || exchange !== "ECDHE_RSA";
  }
}

/** The halves of a name before TLS 1.3. */
export function suiteParts(
  suite: string,
): { exchange: string; cipher: string } {
  const [, exchange = "", cipher = ""] = suite.match(/^TLS_(.*)_WITH_(.*)$/) ??
    [];
  return { exchange, cipher };
}

/** The versions that a suite is for. */
export function suiteVersions(suite: string): Version[] {
  if (SUITES_TLS13.includes(suite)) return ["TLSv1.3"];
  const old = /_SHA$/.test(suite);
  return old ? ["TLSv1.2", "TLSv1.1", "TLSv1"] : ["TLSv1.2"];
}

/** The server's certificate that a suite needs. */
export function suiteCertificate(suite: string): KeyType {
  return /_RSA_WITH/.test(suite) ? "RSA" : "P-256";
}

/** OpenSSL's name, which Node.js takes too. */
export function opensslName(suite: string): string {
  const { exchange, cipher } = suiteParts(suite);
  if (exchange === "") return suite;
  const prefix: Record<string, string> = {
    RSA: "",
    DH_anon: "ADH-",
    ECDH_anon: "AECDH-",
  };
  return (prefix[exchange] ?? `${exchange.replace("_", "-")}-`) + cipher
    .replace("3DES_EDE_CBC", "DES-CBC3")
    .replace("RC4_128", "RC4")
    .replace("CHACHA20_POLY1305_SHA256", "CHACHA20-POLY1305")
    .replace(/AES_(\d+)_CBC/, "AES$1")
    .replace(/AES_(\d+)_/, "AES$1-")
    .replace("CCM_8", "CCM8")
    .replaceAll("_", "-");
}
