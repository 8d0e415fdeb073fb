/**
 * Recently received certificates, parsed: most come again with the next
 * connection, and the object keeps what was found out about it (its imported
 * key; that its issuer signed it).
 *
 * @module
 */

import { equals } from "@std/bytes";
import { bytesKey } from "../asn1/bytes.ts";
import { Certificate } from "./certificate.ts";
import { TlsCertificateError } from "./errors.ts";

/** The certificates that a peer showed. */
export interface ShownChain {
  /** Those that can be parsed, the leaf first. */
  readonly certificates: readonly Certificate[];
  /** The errors of those that cannot be parsed. */
  readonly unreadable: readonly TlsCertificateError[];
}

/**
 * Reads the certificates that a peer showed. Behind the leaf they may be
 * anything: "implementations SHOULD be prepared to handle potentially
 * extraneous certificates" (RFC 9846 section 4.5.1, Certificate). A malformed
 * one is read as far as possible, and no path through it is accepted.
 *
 * @throws {TlsCertificateError} `malformed_certificate`, if the leaf is, with
 * its place and subject.
 */
export function readChain(chain: readonly Uint8Array[]): ShownChain {
  const certificates: Certificate[] = [];
  const unreadable: TlsCertificateError[] = [];
  for (const [at, der] of chain.entries()) {
    try {
      certificates.push(cachedCertificate(der));
    } catch (error) {
      if (!(error instanceof TlsCertificateError)) throw error;
      if (at === 0) throw chain.length === 1 ? error : errorAt(at, der, error);
      const lenient = readLeniently(der);
      if (lenient !== undefined) certificates.push(lenient);
      else unreadable.push(errorAt(at, der, error));
    }
  }
  return { certificates, unreadable };
}

function readLeniently(der: Uint8Array): Certificate | undefined {
  try {
    return Certificate.parse(der, { lenient: true });
  } catch (error) {
    if (error instanceof TlsCertificateError) return undefined;
    throw error;
  }
}

/** The error of one that is malformed, with its place and subject. */
function errorAt(
  index: number,
  der: Uint8Array,
  known: TlsCertificateError,
): TlsCertificateError {
  try {
    Certificate.parseAt(index, der);
  } catch (error) {
    if (error instanceof TlsCertificateError) return error;
    throw error;
  }
  return known;
}

/**
 * Reads a certificate, or returns the cached one of the same bytes.
 *
 * @throws {TlsCertificateError} `malformed_certificate`, as
 * `Certificate.parse()`.
 */
export function cachedCertificate(der: Uint8Array): Certificate {
  const key = keyOf(der);
  const known = cache.get(key);
  if (known !== undefined && equals(known.raw, der)) {
    // A Map keeps the order of insertion: this one is the latest again.
    cache.delete(key);
    cache.set(key, known);
    return known;
  }
  const certificate = Certificate.parse(der);
  if (der.length <= MAX_LENGTH) keep(key, certificate);
  return certificate;
}

function keep(key: string, certificate: Certificate): void {
  cache.delete(key);
  cache.set(key, certificate);
  if (cache.size <= MAX_CERTIFICATES) return;
  for (const oldest of cache.keys()) {
    cache.delete(oldest);
    return;
  }
}

/**
 * The end of the signature tells certificates apart. If a peer contrives two
 * with the same end, the bytes are compared, and one of them is parsed each
 * time.
 */
function keyOf(der: Uint8Array): string {
  return bytesKey(der.subarray(-KEY_LENGTH));
}

/** The one that was not shown for the longest time is the first. */
const cache = new Map<string, Certificate>();

/** The chains of some dozens of servers; what peers send cannot fill more. */
const MAX_CERTIFICATES = 64;

/** In bytes: larger ones are rare, and would be what fills it. */
const MAX_LENGTH = 8192;

const KEY_LENGTH = 24;
