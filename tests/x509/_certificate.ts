/**
 * Certificates put together field by field, for tests of reading: each field
 * may be whatever the test wants, and the signature is a string of zeros.
 *
 * @module
 */

import {
  bitString,
  boolean,
  explicit,
  integer,
  nullValue,
  octetString,
  oid,
  sequence,
  set,
  time,
  utf8String,
} from "../../x509/asn1/der.ts";

/** The fields of a certificate, each in DER. */
export interface Fields {
  /** Nothing leaves the field out: version 1. */
  version: Uint8Array | undefined;
  serialNumber: Uint8Array;
  signature: Uint8Array;
  issuer: Uint8Array;
  validity: Uint8Array;
  subject: Uint8Array;
  subjectPublicKeyInfo: Uint8Array;
  /** What stands between key and extensions: unique identifiers. */
  between: Uint8Array[];
  /** The list; nothing leaves the field out. */
  extensions: Uint8Array[] | undefined;
  /** What stands behind the last field of the TBSCertificate. */
  behind: Uint8Array[];
  signatureAlgorithm: Uint8Array;
  signatureValue: Uint8Array;
}

/** `ecdsa-with-SHA256`. */
const ECDSA_SHA256 = sequence(oid("1.2.840.10045.4.3.2"));

/** A certificate of those fields; the others are what is usual. */
export function certificateDer(
  fields: Partial<Fields> = {},
): Uint8Array<ArrayBuffer> {
  const all: Fields = { ...usual(), ...fields };
  const tbs = sequence(
    ...all.version ? [all.version] : [],
    all.serialNumber,
    all.signature,
    all.issuer,
    all.validity,
    all.subject,
    all.subjectPublicKeyInfo,
    ...all.between,
    ...all.extensions ? [explicit(3, sequence(...all.extensions))] : [],
    ...all.behind,
  );
  return sequence(tbs, all.signatureAlgorithm, all.signatureValue);
}

/** A name of one common name. */
export function commonName(text: string): Uint8Array<ArrayBuffer> {
  return nameOf(utf8String(text));
}

/** A name whose common name has that value. */
export function nameOf(value: Uint8Array): Uint8Array<ArrayBuffer> {
  return sequence(set(sequence(oid("2.5.4.3"), value)));
}

/** An extension. */
export function extension(
  type: string,
  value: Uint8Array,
  critical = false,
): Uint8Array<ArrayBuffer> {
  return sequence(
    oid(type),
    ...critical ? [boolean(true)] : [],
    octetString(value),
  );
}

/** A SubjectPublicKeyInfo of RSA. */
export function rsaKey(
  modulus: Uint8Array,
  exponent: Uint8Array = integer(65537),
  parameters: Uint8Array[] = [nullValue()],
): Uint8Array<ArrayBuffer> {
  return sequence(
    sequence(oid("1.2.840.113549.1.1.1"), ...parameters),
    bitString(sequence(modulus, exponent)),
  );
}

/** A SubjectPublicKeyInfo of a point on P-256. */
export function ecKey(
  point: Uint8Array = Uint8Array.of(4, ...new Uint8Array(64)),
): Uint8Array<ArrayBuffer> {
  return sequence(
    sequence(oid("1.2.840.10045.2.1"), oid("1.2.840.10045.3.1.7")),
    bitString(point),
  );
}

function usual(): Fields {
  return {
    version: explicit(0, integer(2)),
    serialNumber: integer(1),
    signature: ECDSA_SHA256,
    issuer: commonName("issuer"),
    validity: sequence(
      time(new Date("2024-01-01T00:00:00Z")),
      time(new Date("2034-01-01T00:00:00Z")),
    ),
    subject: commonName("subject"),
    subjectPublicKeyInfo: ecKey(),
    between: [],
    extensions: undefined,
    behind: [],
    signatureAlgorithm: ECDSA_SHA256,
    signatureValue: bitString(new Uint8Array(64)),
  };
}
