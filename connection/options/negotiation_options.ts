/**
 * The options that say what a handshake may agree on.
 *
 * @module
 */

import type { CipherSuiteList } from "../../crypto/suites/cipher_suite.ts";
import type { LegacyPermit } from "../../crypto/suites/security_level.ts";
import type { CertificateCompressor } from "../../handshake/common/certificate_compressor.ts";

/** A version by its name. */
export type TlsVersion = "TLSv1.3" | "TLSv1.2" | "TLSv1.1" | "TLSv1";

/** An algorithm of RFC 8879 by its name. */
export type CertificateCompressionName = "zlib" | "brotli" | "zstd";

/** The options of both sides that say what a handshake may agree on. */
export interface NegotiationOptions {
  /** The lowest version. @default {"TLSv1.2"} */
  minVersion?: TlsVersion | undefined;
  /** The highest version. @default {"TLSv1.3"} */
  maxVersion?: TlsVersion | undefined;
  /**
   * All versions that are on, in any order, in place of `minVersion` and
   * `maxVersion`: there may be one in the middle that is off.
   *
   * A server selects the highest that it and the client have. A client sends its
   * versions in supported_versions, which servers of TLS 1.3 go by (RFC 9846
   * section 4.3.1). Others know only of a highest version: one that selects a
   * version in the middle that is off is refused with `protocol_version`. The
   * mark of a server that supports a higher version than it selects (section
   * 4.2.3) is heeded as ever.
   */
  versions?: readonly TlsVersion[] | undefined;
  /**
   * The enabled suites, in order of preference: names of IANA or OpenSSL,
   * values of `./legacy`, or one OpenSSL cipher string. A version without a
   * suite is off. A nested list is an equal-preference group: the
   * server takes the client's favourite among them.
   */
  cipherSuites?: string | CipherSuiteList | undefined;
  /**
   * Groups for the key exchange, in order of preference. secp521r1 is the last
   * of the defaults, for certificates and servers with nothing else; it is not
   * in Mozilla's "intermediate" profile: leave it out to fulfil that.
   *
   * `"pq"` stands for the groups that resist a quantum computer, and for no
   * others: hybrids with ML-KEM, and behind them ML-KEM alone. A peer that has
   * none of them is refused, and so is TLS 1.2, which has none.
   *
   * @default {["X25519MLKEM768", "x25519", "secp256r1", "secp384r1",
   * "secp521r1"]}
   */
  groups?: string | readonly string[] | undefined;
  /**
   * Signature schemes to accept from the peer, in order of preference.
   *
   * `"rsa_pkcs1_sha256_legacy"` and its kin (RFC 9963) let a client of TLS 1.3
   * sign with PKCS #1 v1.5, for keys in hardware that cannot make RSA-PSS. They
   * are off by default: a server that has them here accepts such signatures, and
   * a client that has them makes them if the server asks for them and the key
   * has nothing better.
   */
  signatureSchemes?: string | readonly string[] | undefined;
  /**
   * Signature schemes to accept in certificates, if they differ from
   * `signatureSchemes`.
   */
  certificateSignatureSchemes?: string | readonly string[] | undefined;
  /**
   * OpenSSL's security level, 0 to 5: how strong keys, digests, groups and
   * suites must be, and above 2 also forward secrecy, no session ticket below
   * TLS 1.3 and no TLS 1.1 or 1.0. A named item below the level is a
   * `TypeError`; defaults, and what a cipher string selects, are left out
   * instead. Without this option the level is that of `@SECLEVEL` in
   * `cipherSuites`, or 2.
   */
  securityLevel?: number | undefined;
  /**
   * Exceptions from `./legacy`, which permit keys, groups and digests below the
   * security level, and sessions without the extended master secret.
   *
   * @default {[]}
   */
  legacy?: readonly LegacyPermit[] | undefined;
  /** The smallest DHE group to accept, in bits. @default {2048} */
  minDhSize?: number | undefined;
  /**
   * ALPN protocols, in order of preference (RFC 7301): a string is its UTF-8.
   *
   * @default {[]}
   */
  alpnProtocols?: readonly (string | Uint8Array)[] | undefined;
  /**
   * Algorithms that compress certificates in TLS 1.3 (RFC 8879), in order of
   * preference. The peer is offered all of them, and our own certificate is
   * compressed with the first that the peer has. The result is kept for the next
   * handshake. `"zlib"` works in every runtime; `"brotli"` and `"zstd"` need a
   * `node:zlib` that has them. An object brings an algorithm of yours.
   *
   * Off by default: it saves 10 to 30 % of a chain of RSA or ECDSA certificates
   * and nothing of a post-quantum one, takes time on both sides, and lets
   * strangers feed a decompressor.
   *
   * @default {[]}
   */
  certificateCompression?:
    | readonly (CertificateCompressionName | CertificateCompressor)[]
    | undefined;
  /**
   * Sends reserved values without meaning (RFC 8701), so that peers keep
   * ignoring unknown values: a client in its ClientHello, a server in its
   * tickets and its requests for a certificate of TLS 1.3. Without them, ClientHellos of the same options differ
   * in their random fields only.
   *
   * @default {true}
   */
  grease?: boolean | undefined;
}
