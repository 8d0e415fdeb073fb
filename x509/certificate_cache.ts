/**
 * Certificates that peers showed lately, read: most come again with the next
 * connection, and what was found out about one (its key, imported; that its
 * issuer signed it) hangs on the object.
 *
 * @module
 */

import { equals } from "@std/bytes";
import { Certificate } from "./certificate.ts";

/**
 * Reads a certificate, or gives the one that was read of the same bytes.
 *
 * @throws {TlsCertificateError} `malformed_certificate`, as `Certificate.parse()`.
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
 * The end of the signature tells certificates apart. Where it does not, as a
 * peer may contrive, the bytes do, and one of them is read again each time.
 */
function keyOf(der: Uint8Array): string {
  return String.fromCharCode(...der.subarray(-KEY_LENGTH));
}

/** The one that was not shown for the longest time is the first. */
const cache = new Map<string, Certificate>();

/** The chains of some dozens of servers; what peers send can fill no more. */
const MAX_CERTIFICATES = 64;

/** In bytes: larger ones are rare, and would be what fills it. */
const MAX_LENGTH = 8192;

const KEY_LENGTH = 24;
