/**
 * Attributes of names: their full names, string types, lengths and order (RFC
 * 5280 appendix A.1, BR 7.1.4.2).
 *
 * @module
 */

import { Tag } from "../asn1/der.ts";
import type { NameAttribute } from "../certificate/name.ts";

/** What an attribute may hold. */
export interface AttributeForm {
  /** Its name in its standard. */
  readonly name: string;
  /** Identifier octets of its string types. */
  readonly tags: readonly number[];
  /** How many characters it may have. */
  readonly maximum: number;
}

/** The name that an attribute has in its standard, or its object identifier. */
export function attributeName({ oid, type }: NameAttribute): string {
  return attributeForms.get(oid)?.name ?? type;
}

const TEXT: readonly number[] = [Tag.UTF8_STRING, Tag.PRINTABLE_STRING];
const IA5: readonly number[] = [Tag.IA5_STRING];
const PRINTABLE: readonly number[] = [Tag.PRINTABLE_STRING];

/** By object identifier. Where BR 7.1.4.2 is stricter there is a rule for it. */
export const attributeForms: ReadonlyMap<string, AttributeForm> = new Map([
  ["0.9.2342.19200300.100.1.25", form("domainComponent", 63, IA5)],
  ["2.5.4.6", form("countryName", Infinity, PRINTABLE)],
  ["2.5.4.8", form("stateOrProvinceName", 128)],
  ["2.5.4.7", form("localityName", 128)],
  ["2.5.4.17", form("postalCode", 40)],
  ["2.5.4.9", form("streetAddress", 128)],
  ["2.5.4.10", form("organizationName", 64)],
  ["2.5.4.4", form("surname", 32768)],
  ["2.5.4.42", form("givenName", 32768)],
  ["2.5.4.11", form("organizationalUnitName", 64)],
  ["2.5.4.3", form("commonName", 64)],
  ["2.5.4.15", form("businessCategory", 128)],
  ["1.3.6.1.4.1.311.60.2.1.3", form("jurisdictionCountry", 2, PRINTABLE)],
  ["1.3.6.1.4.1.311.60.2.1.2", form("jurisdictionStateOrProvince", 128)],
  ["1.3.6.1.4.1.311.60.2.1.1", form("jurisdictionLocality", 128)],
  ["2.5.4.5", form("serialNumber", 64, PRINTABLE)],
  ["2.5.4.97", form("organizationIdentifier", Infinity)],
  ["1.2.840.113549.1.9.1", form("emailAddress", 255, IA5)],
]);

/** The order of BR 7.1.4.2, by short names. */
export const ATTRIBUTE_ORDER: readonly string[] = [
  "DC",
  "C",
  "ST",
  "L",
  "postalCode",
  "street",
  "O",
  "SN",
  "GN",
  "OU",
  "CN",
];

/** Attributes of which BR 7.1.4.1 allows one. */
export const SINGLE_ATTRIBUTES: ReadonlySet<string> = new Set([
  "C",
  "ST",
  "L",
  "postalCode",
  "O",
  "SN",
  "GN",
  "CN",
  "serialNumber",
  "businessCategory",
  "organizationIdentifier",
  "jurisdictionC",
  "jurisdictionST",
  "jurisdictionL",
]);

function form(
  name: string,
  maximum: number,
  tags: readonly number[] = TEXT,
): AttributeForm {
  return { name, tags, maximum };
}
