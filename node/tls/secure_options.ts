/**
 * `secureOptions`: the bits of OpenSSL's SSL_CTX_set_options(3).
 *
 * @module
 */

import { invalidArgValue, requireInteger } from "./errors.ts";

/** What the bits say about a context, besides its versions. */
export interface SecureBits {
  /** A server sends no tickets. */
  readonly noTickets: boolean;
  /** A server's order of suites decides. */
  readonly prefersOurs: boolean;
  /** Nobody renegotiates. */
  readonly noRenegotiation: boolean;
  /** A server does not name the authorities that it trusts. */
  readonly hidesAuthorities: boolean;
}

/**
 * Reads the bits.
 *
 * @throws {TypeError} If one of them cannot be honoured, or is unknown.
 */
export function readSecureOptions(
  value: number | null | undefined,
): SecureBits {
  const given = value ?? 0;
  requireInteger(given, "secureOptions", -(2 ** 31), 2 ** 32 - 1);
  const has = (bit: number) => (given & bit) !== 0;
  for (const [name, bit, reason] of REFUSED) {
    if (has(bit)) throw unusable(given, `must not have ${name}: ${reason}`);
  }
  const unknown = (given & ~KNOWN) >>> 0;
  if (unknown !== 0) {
    throw unusable(given, `has unknown bits: 0x${unknown.toString(16)}`);
  }
  return {
    noTickets: has(SSL_OP_NO_TICKET),
    prefersOurs: has(SSL_OP_CIPHER_SERVER_PREFERENCE),
    noRenegotiation: has(SSL_OP_NO_RENEGOTIATION),
    hidesAuthorities: has(SSL_OP_DISABLE_TLSEXT_CA_NAMES),
  };
}

function unusable(value: number, reason: string): TypeError {
  return invalidArgValue("options.secureOptions", value, reason);
}

/** What would take a protection away, or is not there. */
const REFUSED: readonly (readonly [name: string, bit: number, why: string])[] =
  [
    [
      "SSL_OP_NO_EXTENDED_MASTER_SECRET",
      0x1,
      "RFC 7627 protects every connection",
    ],
    ["SSL_OP_CLEANSE_PLAINTEXT", 0x2, "JavaScript cannot erase memory"],
    ["SSL_OP_ALLOW_NO_DHE_KEX", 0x400, "every resumption has forward secrecy"],
    [
      "SSL_OP_ALLOW_UNSAFE_LEGACY_RENEGOTIATION",
      0x40000,
      "SSL_OP_LEGACY_SERVER_CONNECT is enough to reach servers without RFC 5746",
    ],
    ["SSL_OP_NO_ENCRYPT_THEN_MAC", 0x80000, "RFC 7366 protects CBC suites"],
    [
      "SSL_OP_TLS_ROLLBACK_BUG",
      0x800000,
      "it would let a connection fall back to an old version",
    ],
  ];

const SSL_OP_NO_TICKET = 0x4000;
const SSL_OP_CIPHER_SERVER_PREFERENCE = 0x400000;
const SSL_OP_NO_RENEGOTIATION = 0x40000000;
const SSL_OP_DISABLE_TLSEXT_CA_NAMES = 0x200;

/** What is so in any case, is about DTLS, or works around faults of old peers. */
const WITHOUT_EFFECT = [
  0x4, // SSL_OP_LEGACY_SERVER_CONNECT: such servers are accepted
  0x8, // SSL_OP_ENABLE_KTLS: a matter of speed
  0x10, // SSL_OP_TLSEXT_PADDING
  0x40, // SSL_OP_SAFARI_ECDHE_ECDSA_BUG
  0x80, // SSL_OP_IGNORE_UNEXPECTED_EOF: the end is an end, as in Node
  0x100, // SSL_OP_ALLOW_CLIENT_RENEGOTIATION: Node allows it
  0x800, // SSL_OP_DONT_INSERT_EMPTY_FRAGMENTS: there are none
  0x1000, // SSL_OP_NO_QUERY_MTU
  0x2000, // SSL_OP_COOKIE_EXCHANGE
  0x8000, // SSL_OP_CISCO_ANYCONNECT
  0x10000, // SSL_OP_NO_SESSION_RESUMPTION_ON_RENEGOTIATION: it never is
  0x20000, // SSL_OP_NO_COMPRESSION: there is none
  0x100000, // SSL_OP_ENABLE_MIDDLEBOX_COMPAT: it is on
  0x200000, // SSL_OP_PRIORITIZE_CHACHA: a server does so
  0x1000000, // SSL_OP_NO_ANTI_REPLAY: there is no early data
  0x2000000, // SSL_OP_NO_SSLv3: there is none
  0x80000000, // SSL_OP_CRYPTOPRO_TLSEXT_BUG
];

/** SSL_OP_NO_TLSv1 and its kin, which protocols.ts reads. */
const VERSIONS = [0x4000000, 0x8000000, 0x10000000, 0x20000000];

const KNOWN = [
  SSL_OP_NO_TICKET,
  SSL_OP_CIPHER_SERVER_PREFERENCE,
  SSL_OP_NO_RENEGOTIATION,
  SSL_OP_DISABLE_TLSEXT_CA_NAMES,
  ...WITHOUT_EFFECT,
  ...VERSIONS,
].reduce((all, bit) => all | bit, 0);
