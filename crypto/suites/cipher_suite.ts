/**
 * The type of a cipher suite, and the parts of the rows of `cipher_suites.ts`:
 * key agreement and record protection.
 *
 * @module
 */

import {
  CipherSuite as CipherSuiteId,
  ProtocolVersion,
} from "../../registry.ts";
import { aes128gcm, aes256gcm, chacha20poly1305 } from "../primitives/aead.ts";
import { aes128cbc, aes256cbc } from "../primitives/aes_cbc.ts";
import {
  aes128ccm,
  aes128ccm8,
  aes256ccm,
  aes256ccm8,
} from "../primitives/aes_ccm.ts";
import { sha1, sha256, sha384 } from "../primitives/hash.ts";
import type {
  AeadAlgorithm,
  BlockCipher,
  HashAlgorithm,
  StreamCipher,
} from "../primitives/provider.ts";

/** A cipher suite as a value, which is accepted wherever its name is. */
export interface CipherSuiteValue {
  /** Its number in the TLS Cipher Suites registry. */
  readonly id: number;
  /** IANA's name. */
  readonly name: string;
  /** OpenSSL's name. */
  readonly opensslName: string;
}

/**
 * Cipher suites in order of preference: names of IANA or OpenSSL, and values of
 * `./legacy`. Suites in a nested list have equal preference.
 */
export type CipherSuiteList = readonly (
  | string
  | CipherSuiteValue
  | readonly (string | CipherSuiteValue)[]
)[];

/** A cipher suite and its properties. */
export interface CipherSuite
  extends CipherSuiteValue, KeyAgreement, Protection {
  /**
   * The first version that has it, as in the registry. That may be SSL 3.0's,
   * which does not mean that SSL 3.0 is there.
   */
  readonly minVersion: number;
  /** The last version that has it. */
  readonly maxVersion: number;
}

/** A suite of TLS 1.3: an AEAD and a hash (RFC 9846 section B.4). */
export interface Tls13CipherSuite extends CipherSuite {
  readonly cipher: AeadCipher;
}

/** How a suite of TLS 1.2 or below agrees on keys. */
export interface KeyAgreement {
  /** How the premaster secret is made; `"any"` in TLS 1.3. */
  readonly keyExchange: KeyExchangeMethod;
  /**
   * What authenticates the server; `"any"` in TLS 1.3. `"ECDSA"` admits
   * Ed25519 and Ed448 certificates too (RFC 8422 section 5.3).
   */
  readonly authentication: Authentication;
}

/** The hash and the cipher of a suite. */
export interface Protection {
  /** The hash of HKDF in TLS 1.3, of the PRF in TLS 1.2. */
  readonly hash: HashAlgorithm;
  /** What protects records. */
  readonly cipher: RecordCipher;
  /** OpenSSL's word for the cipher, such as `"AESGCM"`. */
  readonly encryption: string;
  /** Length of the encryption key in bits, as OpenSSL shows it. */
  readonly keyBits: number;
  /** Strength of the encryption in bits, as OpenSSL 3.0 rates it. */
  readonly strength: number;
}

/** How a premaster secret is made. */
export type KeyExchangeMethod =
  | "any"
  | "ECDHE"
  | "DHE"
  | "RSA"
  | "PSK"
  | "DHE_PSK"
  | "ECDHE_PSK"
  | "RSA_PSK";

/** What authenticates a server. */
export type Authentication = "any" | "RSA" | "ECDSA" | "PSK" | "anon";

/** RFC 5246's `CipherType`, each kind with what it needs. */
export type RecordCipher = AeadCipher | CbcCipher | StreamMacCipher;

/** RFC 5246 section 6.2.3.3, `GenericAEADCipher`, and all of TLS 1.3. */
export interface AeadCipher {
  readonly kind: "aead";
  /** The algorithm. */
  readonly aead: AeadAlgorithm;
  /**
   * `SecurityParameters.fixed_iv_length`, in bytes, in TLS 1.2: 4, a salt
   * before what the record carries (RFC 5288 section 3), or 12, XORed with the
   * sequence number (RFC 7905 section 2).
   */
  readonly fixedIvLength: 4 | 12;
  /** `SecurityParameters.record_iv_length`, in bytes, in TLS 1.2. */
  readonly recordIvLength: 8 | 0;
}

/** RFC 5246 section 6.2.3.2, `GenericBlockCipher`. */
export interface CbcCipher {
  readonly kind: "cbc";
  /** The block cipher. */
  readonly cipher: BlockCipher;
  /** The hash of the HMAC. */
  readonly mac: HashAlgorithm;
}

/** RFC 5246 section 6.2.3.1, `GenericStreamCipher`. */
export interface StreamMacCipher {
  readonly kind: "stream";
  /** The stream cipher. */
  readonly cipher: StreamCipher;
  /** The hash of the HMAC. */
  readonly mac: HashAlgorithm;
}

/** Whether a value is one of the rows, which none but this module can make. */
export function isCipherSuite(value: unknown): value is CipherSuite {
  // Of what is not an object this makes a new one, which is not a row.
  return rows.has(Object(value));
}

/** Whether a suite belongs to TLS 1.3. */
export function isTls13CipherSuite(
  suite: CipherSuite,
): suite is Tls13CipherSuite {
  return suite.minVersion === ProtocolVersion["TLSv1.3"];
}

/** Makes a row of TLS 1.3. OpenSSL has IANA's names for these. */
export function tls13Suite(
  name: keyof typeof CipherSuiteId,
  protection: Protection & { cipher: AeadCipher },
): Tls13CipherSuite {
  return row({
    id: CipherSuiteId[name],
    name,
    opensslName: name,
    minVersion: ProtocolVersion["TLSv1.3"],
    maxVersion: ProtocolVersion["TLSv1.3"],
    keyExchange: "any",
    authentication: "any",
    ...protection,
  });
}

/** Makes a row of TLS 1.2 and below. */
export function tls12Suite(
  name: keyof typeof CipherSuiteId,
  opensslName: string,
  { keyExchange, authentication, ...since }: DatedKeyAgreement,
  protection: Protection,
): CipherSuite {
  return row({
    id: CipherSuiteId[name],
    name,
    opensslName,
    minVersion: minVersionOf(since, protection),
    maxVersion: ProtocolVersion["TLSv1.2"],
    keyExchange,
    authentication,
    ...protection,
  });
}

function row<Row extends CipherSuite>(suite: Row): Row {
  rows.add(suite);
  return Object.freeze(suite);
}

const rows = new WeakSet<object>();

function minVersionOf(
  { sha1Since, sha2Since }: Pick<DatedKeyAgreement, "sha1Since" | "sha2Since">,
  { cipher }: Protection,
): number {
  // RFC 5246 section 6.2.3.3: AEAD ciphers came with TLS 1.2.
  if (cipher.kind === "aead") return ProtocolVersion["TLSv1.2"];
  return cipher.mac.name === "SHA-256" || cipher.mac.name === "SHA-384"
    ? sha2Since
    : sha1Since;
}

/** A key agreement with the versions that its CBC suites came with. */
export interface DatedKeyAgreement extends KeyAgreement {
  /** The first version of its suites with HMAC-SHA-1 or HMAC-MD5. */
  readonly sha1Since: number;
  /** The first version of its suites with HMAC-SHA-256 or HMAC-SHA-384. */
  readonly sha2Since: number;
}

/** The key agreements. */
export const agreement = {
  RSA: dated("RSA", "RSA", "SSLv3", "TLSv1.2"),
  DHE_RSA: dated("DHE", "RSA", "SSLv3", "TLSv1.2"),
  DH_anon: dated("DHE", "anon", "SSLv3", "TLSv1.2"),
  // RFC 8422 section 2 has no elliptic curves in SSL 3.0.
  ECDHE_RSA: dated("ECDHE", "RSA", "TLSv1", "TLSv1.2"),
  ECDHE_ECDSA: dated("ECDHE", "ECDSA", "TLSv1", "TLSv1.2"),
  ECDH_anon: dated("ECDHE", "anon", "TLSv1", "TLSv1.2"),
  // RFC 5487 section 3.1, RFC 5489 section 3.2: these hashes in all versions.
  PSK: dated("PSK", "PSK", "SSLv3", "TLSv1"),
  DHE_PSK: dated("DHE_PSK", "PSK", "SSLv3", "TLSv1"),
  RSA_PSK: dated("RSA_PSK", "RSA", "SSLv3", "TLSv1"),
  ECDHE_PSK: dated("ECDHE_PSK", "PSK", "TLSv1", "TLSv1"),
} as const;

function dated(
  keyExchange: KeyExchangeMethod,
  authentication: Authentication,
  sha1Since: keyof typeof ProtocolVersion,
  sha2Since: keyof typeof ProtocolVersion,
): DatedKeyAgreement {
  return {
    keyExchange,
    authentication,
    sha1Since: ProtocolVersion[sha1Since],
    sha2Since: ProtocolVersion[sha2Since],
  };
}

/** What protects records, by the last part of IANA's names. */
export const protection = {
  AES_128_GCM_SHA256: aead("AESGCM", explicitNonce(aes128gcm), sha256),
  AES_256_GCM_SHA384: aead("AESGCM", explicitNonce(aes256gcm), sha384),
  AES_128_CCM: aead("AESCCM", explicitNonce(aes128ccm), sha256),
  AES_256_CCM: aead("AESCCM", explicitNonce(aes256ccm), sha256),
  AES_128_CCM_8: aead("AESCCM8", explicitNonce(aes128ccm8), sha256),
  AES_256_CCM_8: aead("AESCCM8", explicitNonce(aes256ccm8), sha256),
  CHACHA20_POLY1305_SHA256: aead("CHACHA20/POLY1305", {
    kind: "aead",
    aead: chacha20poly1305,
    fixedIvLength: 12,
    recordIvLength: 0,
  }, sha256),
  AES_128_CBC_SHA: aesCbc(aes128cbc, sha1, sha256),
  AES_256_CBC_SHA: aesCbc(aes256cbc, sha1, sha256),
  AES_128_CBC_SHA256: aesCbc(aes128cbc, sha256, sha256),
  AES_256_CBC_SHA256: aesCbc(aes256cbc, sha256, sha256),
  AES_256_CBC_SHA384: aesCbc(aes256cbc, sha384, sha384),
} as const;

function aead(
  encryption: string,
  cipher: AeadCipher,
  hash: HashAlgorithm,
): Protection & { cipher: AeadCipher } {
  const keyBits = cipher.aead.keyLength * 8;
  return { hash, cipher, encryption, keyBits, strength: keyBits };
}

function explicitNonce(algorithm: AeadAlgorithm): AeadCipher {
  return { kind: "aead", aead: algorithm, fixedIvLength: 4, recordIvLength: 8 };
}

function aesCbc(
  cipher: BlockCipher,
  mac: HashAlgorithm,
  hash: HashAlgorithm,
): Protection {
  const keyBits = cipher.keyLength * 8;
  return {
    hash,
    cipher: { kind: "cbc", cipher, mac },
    encryption: "AES",
    keyBits,
    strength: keyBits,
  };
}
