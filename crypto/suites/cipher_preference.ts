/**
 * The order in which keywords of cipher strings select suites.
 *
 * @module
 */

import { ProtocolVersion } from "../../registry.ts";
import { macName } from "./cipher_keywords.ts";
import type { CipherSuite } from "./cipher_suite.ts";

/**
 * The order in which OpenSSL adds suites: ephemeral key exchange with an AEAD,
 * ephemeral, other AEADs, the rest; in each those that need TLS 1.2 first, the
 * stronger first; then what it thinks less of last, RC4 to MD5; then by cipher,
 * by key exchange, and the higher number first.
 */
export function byPreference(a: CipherSuite, b: CipherSuite): number {
  const left = ranksOf(a);
  const right = ranksOf(b);
  const at = left.findIndex((rank, index) => rank !== right[index]);
  return (left[at] ?? 0) - (right[at] ?? 0);
}

function ranksOf(suite: CipherSuite): number[] {
  const { keyExchange, authentication, cipher, encryption } = suite;
  const isEphemeral = keyExchange === "ECDHE" || keyExchange === "DHE";
  return [
    (isEphemeral ? 0 : 2) + (cipher.kind === "aead" ? 0 : 1),
    Number(suite.minVersion !== ProtocolVersion["TLSv1.2"]),
    -suite.strength,
    Number(encryption === "RC4"),
    Number(keyExchange === "PSK"),
    Number(keyExchange === "RSA"),
    Number(authentication === "anon"),
    Number(macName(suite) === "MD5"),
    cipherRank(encryption),
    keyExchange !== "ECDHE" ? 2 : authentication === "ECDSA" ? 0 : 1,
    -suite.id,
  ];
}

function cipherRank(encryption: string): number {
  if (encryption === "AESGCM") return 0;
  return encryption === "CHACHA20/POLY1305" ? 1 : 2;
}
