/**
 * PFX files put together bag by bag.
 *
 * @module
 */

import {
  explicit,
  integer,
  octetString,
  oid,
  sequence,
} from "../../x509/asn1/der.ts";
import { parsePem } from "../../x509/asn1/pem.ts";

/** A file without encryption and MAC, of the given bags. */
export function plainPfx(
  bags: Uint8Array[],
  macData: (safe: Uint8Array) => Uint8Array[] = () => [],
): Uint8Array {
  const data = (content: Uint8Array) =>
    sequence(oid("1.2.840.113549.1.7.1"), explicit(0, octetString(content)));
  const safe = sequence(data(sequence(...bags)));
  return sequence(integer(3), data(safe), ...macData(safe));
}

/** A bag of a private key. */
export function keyBag(pkcs8: Uint8Array): Uint8Array {
  return sequence(oid("1.2.840.113549.1.12.10.1.1"), explicit(0, pkcs8));
}

/** A bag of a certificate. */
export function certBag(der: Uint8Array): Uint8Array {
  const bag = sequence(
    oid("1.2.840.113549.1.9.22.1"),
    explicit(0, octetString(der)),
  );
  return sequence(oid("1.2.840.113549.1.12.10.1.3"), explicit(0, bag));
}

/** The bytes of the first block. */
export function derOf(pem: string): Uint8Array {
  return parsePem(pem)[0]?.der ?? new Uint8Array(0);
}
