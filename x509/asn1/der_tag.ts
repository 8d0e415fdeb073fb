/**
 * Identifier octets of ASN.1's types (X.680 section 8.4, X.690 section 8.1.2).
 *
 * @module
 */

/** The identifier octet of each universal type that occurs in X.509. */
export const Tag = {
  BOOLEAN: 0x01,
  INTEGER: 0x02,
  BIT_STRING: 0x03,
  OCTET_STRING: 0x04,
  NULL: 0x05,
  OBJECT_IDENTIFIER: 0x06,
  ENUMERATED: 0x0a,
  UTF8_STRING: 0x0c,
  NUMERIC_STRING: 0x12,
  PRINTABLE_STRING: 0x13,
  T61_STRING: 0x14,
  IA5_STRING: 0x16,
  UTC_TIME: 0x17,
  GENERALIZED_TIME: 0x18,
  VISIBLE_STRING: 0x1a,
  UNIVERSAL_STRING: 0x1c,
  BMP_STRING: 0x1e,
  SEQUENCE: 0x30,
  SET: 0x31,
} as const;

const names: ReadonlyMap<number, string> = new Map([
  [Tag.BOOLEAN, "BOOLEAN"],
  [Tag.INTEGER, "INTEGER"],
  [Tag.BIT_STRING, "BIT STRING"],
  [Tag.OCTET_STRING, "OCTET STRING"],
  [Tag.NULL, "NULL"],
  [Tag.OBJECT_IDENTIFIER, "OBJECT IDENTIFIER"],
  [Tag.ENUMERATED, "ENUMERATED"],
  [Tag.UTF8_STRING, "UTF8String"],
  [Tag.NUMERIC_STRING, "NumericString"],
  [Tag.PRINTABLE_STRING, "PrintableString"],
  [Tag.T61_STRING, "T61String"],
  [Tag.IA5_STRING, "IA5String"],
  [Tag.UTC_TIME, "UTCTime"],
  [Tag.GENERALIZED_TIME, "GeneralizedTime"],
  [Tag.VISIBLE_STRING, "VisibleString"],
  [Tag.UNIVERSAL_STRING, "UniversalString"],
  [Tag.BMP_STRING, "BMPString"],
  [Tag.SEQUENCE, "SEQUENCE"],
  [Tag.SET, "SET"],
]);

/** The identifier octet of the primitive context tag `[n]`: IMPLICIT ones. */
export function contextTag(n: number): number {
  return 0x80 | n;
}

/** The identifier octet of `[n]` constructed: EXPLICIT, or a SEQUENCE inside. */
export function constructedTag(n: number): number {
  return 0xa0 | n;
}

/** A tag as a reader of the standard would write it. */
export function tagName(tag: number): string {
  const name = names.get(tag);
  if (name !== undefined) return name;
  const kind = (tag & 0x20) === 0 ? "" : " (constructed)";
  if ((tag & 0xc0) === 0x80) return `[${tag & 0x1f}]${kind}`;
  return `tag 0x${tag.toString(16).padStart(2, "0")}`;
}
