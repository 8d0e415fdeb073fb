/**
 * Who a server's certificate says that its subject is, whatever its type, and
 * the common name (BR 7.1.4.3).
 *
 * @module
 */

import { BR_1_0, BR_1_4_1, BR_1_8, BR_2_0, NO_UNITS } from "./dates.ts";
import type { CertificateRule } from "./rule.ts";
import { LEAF, type LintSubject, ReservedPolicy } from "./subject.ts";
import { quoted } from "./text.ts";

const individualValidated = ReservedPolicy.individualValidated;

/** Rules on the subject of a server's certificate. */
export const identityRules: readonly CertificateRule[] = [
  {
    id: "personal_name_policy",
    source: "BR",
    section: "7.1.2.7.3",
    since: BR_1_4_1,
    roles: LEAF,
    requirement:
      "A certificate with surname or givenName is individual validated.",
    check: ({ attributes, policies }) =>
      attributes.some(({ type }) => PERSON.includes(type)) &&
      !policies.includes(individualValidated) &&
      "its subject has a personal name, and its policies have no individual validation",
  },
  {
    id: "subject_unit",
    source: "BR",
    section: "7.1.2.7.4",
    since: NO_UNITS,
    roles: LEAF,
    requirement: "There is no organizationalUnitName.",
    check: ({ attributes }) =>
      attributes.some(({ type }) => type === "OU") &&
      "its subject has organizationalUnitName",
  },
  {
    id: "subject_unit_alone",
    source: "BR",
    section: "7.1.2.7.4",
    since: "2021-08-16",
    until: NO_UNITS,
    roles: LEAF,
    requirement: "organizationalUnitName goes with organizationName.",
    check: ({ attributes }) =>
      attributes.some(({ type }) => type === "OU") &&
      !attributes.some(({ type }) => type === "O") &&
      "its subject has organizationalUnitName and no organizationName",
  },
  {
    id: "subject_identity_country",
    source: "BR",
    section: "7.1.2.7.4",
    since: BR_1_4_1,
    until: BR_2_0,
    roles: LEAF,
    requirement: "The name of an organization or person goes with countryName.",
    check: ({ attributes }) =>
      attributes.some(({ type }) => IDENTITY.includes(type)) &&
      !attributes.some(({ type }) => type === "C") &&
      "its subject has a name and no countryName",
  },
  {
    id: "subject_identity_locality",
    source: "BR",
    section: "7.1.2.7.4",
    since: BR_1_4_1,
    until: BR_2_0,
    roles: LEAF,
    requirement:
      "The name of an organization or person goes with localityName or stateOrProvinceName.",
    check: ({ attributes }) =>
      attributes.some(({ type }) => IDENTITY.includes(type)) &&
      !attributes.some(({ type }) => type === "L" || type === "ST") &&
      "its subject has a name and neither localityName nor stateOrProvinceName",
  },
  {
    id: "subject_address_alone",
    source: "BR",
    section: "7.1.2.7.4",
    since: BR_1_4_1,
    until: BR_2_0,
    roles: LEAF,
    requirement: "An address goes with the name of an organization or person.",
    check: ({ attributes }) =>
      !attributes.some(({ type }) => IDENTITY.includes(type)) &&
      attributes.some(({ type }) => ADDRESS.includes(type)) &&
      "its subject has an address and no name",
  },
  {
    id: "several_common_names",
    source: "BR",
    section: "7.1.4.3",
    since: BR_2_0,
    roles: LEAF,
    undated: true,
    requirement: "There is one commonName or none.",
    check: ({ attributes }) =>
      attributes.filter(({ type }) => type === "CN").length > 1 &&
      "it has several common names",
  },
  {
    id: "common_name",
    source: "BR",
    section: "7.1.4.3",
    since: BR_1_0,
    roles: LEAF,
    undated: true,
    requirement:
      "commonName is one of the names of subjectAltName, character for character; until August 2021 in lower or upper case.",
    check: checkCommonName,
  },
];

function checkCommonName({ certificate, attributes, names }: LintSubject) {
  // Ballot SC48 requires a copy; before, names were compared as names.
  const isExact = certificate.notBefore >= EXACT_COMMON_NAME ||
    certificate.notBefore < UNDATED;
  const form = (name: string) => isExact ? name : name.toLowerCase();
  const known = new Set(names.map(({ value }) => form(value)));
  return attributes.filter(({ type, value }) =>
    type === "CN" && !known.has(form(value))
  ).map(({ value }) =>
    `its common name ${
      quoted(value)
    } is not in its subjectAltName, character for character`
  );
}

const PERSON: readonly string[] = ["SN", "GN"];
const IDENTITY: readonly string[] = ["O", ...PERSON];
const ADDRESS: readonly string[] = ["L", "ST", "street", "postalCode"];

const EXACT_COMMON_NAME = new Date(BR_1_8);

/** A notBefore that says nothing: what is asked for today holds. */
const UNDATED = new Date("1995-01-01");
