/**
 * The subject's attributes in any certificate: RFC 5280 appendix A, BR 7.1.4.
 *
 * @module
 */

import { Tag } from "../asn1/der.ts";
import type { NameAttribute } from "../certificate/name.ts";
import {
  ATTRIBUTE_ORDER,
  attributeForms,
  attributeName,
  SINGLE_ATTRIBUTES,
} from "./attributes.ts";
import { isCountryCode } from "./countries.ts";
import { BR_1_0, BR_2_0, RFC_2459 } from "./dates.ts";
import type { CertificateRule, Facts } from "./rule.ts";
import { EVERY, type LintSubject, NOT_ROOT } from "./subject.ts";
import { listed, quoted } from "./text.ts";

/** Rules on attributes of the subject. */
export const subjectRules: readonly CertificateRule[] = [
  {
    id: "subject_attribute_length",
    source: "RFC 5280",
    section: "A.1",
    since: RFC_2459,
    roles: EVERY,
    requirement:
      "Attributes keep their upper bounds, as 64 characters for commonName and organizationName and 128 for localityName.",
    check: attributes(
      ({ value, oid }) =>
        Array.from(value).length > (attributeForms.get(oid)?.maximum ?? 32768),
      (attribute) =>
        `the ${attributeName(attribute)} of its subject has ${
          Array.from(attribute.value).length
        } characters`,
    ),
  },
  {
    id: "subject_name_length",
    source: "BR",
    section: "7.1.4.2",
    since: BR_2_0,
    roles: EVERY,
    requirement: "surname and givenName have 64 characters or less.",
    check: attributes(
      ({ value, type }) =>
        (type === "SN" || type === "GN") && Array.from(value).length > 64,
      (attribute) =>
        `the ${attributeName(attribute)} of its subject is too long`,
    ),
  },
  {
    id: "subject_printable_string",
    source: "RFC 5280",
    section: "A.1",
    roles: EVERY,
    requirement:
      "countryName, serialNumber and dnQualifier are of type PrintableString.",
    check: attributes(
      ({ type, raw }) => PRINTABLE.has(type) && raw[0] !== Tag.PRINTABLE_STRING,
      (attribute) =>
        `the ${
          attributeName(attribute)
        } of its subject is not of type PrintableString`,
    ),
  },
  {
    id: "issuer_printable_string",
    source: "RFC 5280",
    section: "A.1",
    roles: NOT_ROOT,
    requirement: "countryName of the issuer is of type PrintableString.",
    check: ({ certificate }) =>
      certificate.issuerName.rdns.flat().some(({ type, raw }) =>
        type === "C" && raw[0] !== Tag.PRINTABLE_STRING
      ) && "the countryName of its issuer is not of type PrintableString",
  },
  {
    id: "subject_string_type",
    source: "BR",
    section: "7.1.4.2",
    since: BR_2_0,
    roles: EVERY,
    requirement:
      "Attributes are of type UTF8String or PrintableString, domainComponent of IA5String.",
    check: attributes(
      ({ oid, raw, type }) =>
        attributeForms.has(oid) && !PRINTABLE.has(type) &&
        !attributeForms.get(oid)?.tags.includes(raw[0] ?? 0),
      (attribute) =>
        `the ${
          attributeName(attribute)
        } of its subject is of a string type that is not for it`,
    ),
  },
  {
    id: "subject_control_characters",
    source: "RFC 5280",
    section: "A.1",
    roles: EVERY,
    requirement: "Attributes have no control characters.",
    check: attributes(
      // deno-lint-ignore no-control-regex
      ({ value }) => /[\x00-\x1f\x7f-\x9f]/.test(value),
      (attribute) =>
        `the ${
          attributeName(attribute)
        } of its subject has control characters: ${quoted(attribute.value)}`,
    ),
  },
  {
    id: "subject_metadata",
    source: "BR",
    section: "7.1.2.7.4",
    since: BR_1_0,
    roles: EVERY,
    requirement:
      "Attributes hold more than '.', '-', ' ' and the like, which say that there is no value.",
    check: attributes(
      ({ value }) => !/[a-z\d\u0080-\u{10ffff}]/iu.test(value),
      (attribute) =>
        `the ${attributeName(attribute)} of its subject is ${
          quoted(attribute.value)
        }`,
    ),
  },
  {
    id: "subject_country",
    source: "BR",
    section: "7.1.4.2",
    since: BR_1_0,
    roles: EVERY,
    requirement:
      "countryName is a code of ISO 3166-1 alpha-2 in upper case, or XX.",
    check: attributes(
      ({ type, value }) =>
        type === "C" && !isCountryCode(value.toUpperCase()) ||
        type === "C" && value.length === 2 && value !== value.toUpperCase(),
      ({ value }) => `${quoted(value)} is not a country code`,
    ),
  },
  {
    id: "subject_email",
    source: "RFC 5280",
    section: "4.1.2.6",
    since: RFC_2459,
    roles: NOT_ROOT,
    requirement:
      "A mailbox in the subject is in subjectAltName too, as rfc822Name.",
    check: checkMailboxes,
  },
  {
    id: "subject_rdn_attributes",
    source: "BR",
    section: "7.1.4.1",
    since: BR_2_0,
    roles: EVERY,
    requirement: "Each RelativeDistinguishedName has one attribute.",
    check: ({ certificate }) =>
      certificate.subjectName.rdns.some(({ length }) => length > 1) &&
      "its subject has a RelativeDistinguishedName of several attributes",
  },
  {
    id: "subject_order",
    source: "BR",
    section: "7.1.4.2",
    since: BR_2_0,
    roles: EVERY,
    requirement:
      "Attributes are in this order: domainComponent, countryName, stateOrProvinceName, localityName, postalCode, streetAddress, organizationName, surname, givenName, organizationalUnitName, commonName.",
    check: checkOrder,
  },
  {
    id: "subject_repeated_attribute",
    source: "BR",
    section: "7.1.4.1",
    since: BR_2_0,
    roles: EVERY,
    requirement:
      "No attribute but domainComponent and streetAddress is there twice.",
    check: checkRepeated,
  },
];

/** A check of all attributes, by what is wrong with one. */
function attributes(
  isWrong: (attribute: NameAttribute) => boolean,
  fact: (attribute: NameAttribute) => string,
): (subject: LintSubject) => Facts {
  return ({ attributes }) => attributes.filter(isWrong).map(fact);
}

function checkMailboxes({ attributes, names }: LintSubject): Facts {
  const mailboxes = new Set(
    names.filter(({ type }) => type === "email")
      .map(({ value }) => value.toLowerCase()),
  );
  return attributes.filter(({ type, value }) =>
    type === "emailAddress" && !mailboxes.has(value.toLowerCase())
  ).map(({ value }) =>
    `the emailAddress ${quoted(value)} is not in its subjectAltName`
  );
}

function checkOrder({ attributes }: LintSubject): Facts {
  const order = attributes.filter(({ type }) => ATTRIBUTE_ORDER.includes(type))
    .map((attribute) => ({
      name: attributeName(attribute),
      rank: ATTRIBUTE_ORDER.indexOf(attribute.type),
    }));
  const wrong = order.find(({ rank }, at) => rank < (order[at - 1]?.rank ?? 0));
  return wrong && `its subject has ${wrong.name} out of order`;
}

function checkRepeated({ attributes }: LintSubject): Facts {
  const repeated = attributes.filter(({ type, oid }, at) =>
    SINGLE_ATTRIBUTES.has(type) &&
    attributes.findIndex((other) => other.oid === oid) < at
  ).map(attributeName);
  return repeated.length > 0 &&
    `its subject has several of ${listed([...new Set(repeated)])}`;
}

const PRINTABLE: ReadonlySet<string> = new Set([
  "C",
  "serialNumber",
  "dnQualifier",
]);
