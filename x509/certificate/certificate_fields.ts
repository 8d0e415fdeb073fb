/**
 * Fields of TBSCertificate (RFC 5280 section 4.1.2), with what deployed
 * certificates do to them.
 *
 * @module
 */

import { contextTag, type DerReader, Tag } from "../asn1/der.ts";

/** Reads `version` (section 4.1.2.1). */
export function readVersion(tbs: DerReader): number {
  const explicit = tbs.optionalExplicit(0, "version");
  if (explicit === undefined) return 1;
  const version = explicit.integer("") + 1;
  explicit.end();
  if (version > 3) {
    tbs.fail("version", `${version} (RFC 5280 section 4.1.2.1)`);
  }
  if (version === 1) {
    tbs.deviation("version", "v1 is spelt out (X.690 section 11.5)");
  }
  return version;
}

/** Reads `serialNumber` (section 4.1.2.2). */
export function readSerialNumber(tbs: DerReader): Uint8Array {
  const bytes = tbs.integerBytes("serialNumber");
  const first = bytes[0] as number;
  if (first >= 0x80) tbs.deviation("serialNumber", `negative ${SERIAL}`);
  if (bytes.length === 1 && first === 0) {
    tbs.deviation("serialNumber", `zero ${SERIAL}`);
  }
  if (bytes.length > 20) {
    tbs.deviation("serialNumber", `longer than 20 octets ${SERIAL}`);
  }
  return bytes;
}

/** Reads one `Time` of `validity` (section 4.1.2.5). */
function readTime(validity: DerReader, field: string): Date {
  const generalized = validity.has(Tag.GENERALIZED_TIME);
  const date = validity.time(field);
  if (generalized && date.getUTCFullYear() < 2050) {
    validity.deviation(
      field,
      "a GeneralizedTime before 2050 (RFC 5280 section 4.1.2.5)",
    );
  }
  return date;
}

/** Reads `validity`: two times (section 4.1.2.5). */
export function readValidity(tbs: DerReader): readonly [Date, Date] {
  const validity = tbs.sequence("validity");
  const notBefore = likelyTime(validity, "notBefore");
  const notAfter = likelyTime(validity, "notAfter");
  validity.end();
  return [notBefore, notAfter];
}

/** What no time can be made of. */
export function unreadTime(): Date {
  return new Date(NaN);
}

function likelyTime(validity: DerReader, field: string): Date {
  return validity.collects
    ? validity.attempt(field, () => readTime(validity, field), lenientTime)
    : readTime(validity, field);
}

/**
 * What a time that breaks the rules most likely says: without seconds, or with
 * fractions of them or an offset, as X.680 has it.
 */
function lenientTime(raw: Uint8Array): Date {
  const text = String.fromCharCode(...raw.subarray(2, 40));
  const digits = raw[0] === Tag.UTC_TIME ? 2 : 4;
  const match = new RegExp(
    `^(\\d{${digits}})(\\d\\d)(\\d\\d)(\\d\\d)(\\d\\d)?(\\d\\d)?(?:[.,]\\d+)?(Z|[+-]\\d{4})?$`,
  ).exec(text);
  if (match === null) return unreadTime();
  const [, y = "", month, day, hour, minute = "00", second = "00", zone] =
    match;
  const year = digits === 4 ? y : Number(y) >= 50 ? `19${y}` : `20${y}`;
  const offset = zone === undefined || zone === "Z"
    ? "Z"
    : `${zone.slice(0, 3)}:${zone.slice(3)}`;
  return new Date(
    `${year}-${month}-${day}T${hour}:${minute}:${second}${offset}`,
  );
}

/**
 * Reads over the unique identifiers: section 4.1.2.8 says that they are neither
 * made nor compared.
 */
export function readUniqueIdentifiers(tbs: DerReader, version: number): void {
  const fields = ["issuerUniqueID", "subjectUniqueID"];
  for (const [at, field] of fields.entries()) {
    if (!tbs.has(contextTag(at + 1))) continue;
    tbs.bitString(field, contextTag(at + 1));
    tbs.deviation(field, `present in version ${version} ${UNIQUE}`);
  }
}

const SERIAL = "(RFC 5280 section 4.1.2.2)";
const UNIQUE = "(RFC 5280 section 4.1.2.8)";
