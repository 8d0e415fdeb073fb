/**
 * The subject of a server's certificate, by the type that its policy names: BR
 * 7.1.2.7.2 to 7.1.2.7.5.
 *
 * @module
 */

import { attributeName } from "./attributes.ts";
import { BR_1_0, BR_1_3_1, BR_2_0 } from "./dates.ts";
import type { CertificateRule, Facts } from "./rule.ts";
import { LEAF, type LintSubject, ReservedPolicy } from "./subject.ts";
import { listed } from "./text.ts";

const domainValidated = ReservedPolicy.domainValidated;
const organizationValidated = ReservedPolicy.organizationValidated;
const individualValidated = ReservedPolicy.individualValidated;

/** Ids of rules, short names of attributes, and their names. */
const EV_ATTRIBUTES = [
  ["ev_organization", "O", "organizationName"],
  ["ev_business_category", "businessCategory", "businessCategory"],
  ["ev_serial_number", "serialNumber", "serialNumber"],
  ["ev_country", "C", "countryName"],
] as const;

/** Rules on the subject of a server's certificate, by its type. */
export const validationRules: readonly CertificateRule[] = [
  {
    id: "dv_subject",
    source: "BR",
    section: "7.1.2.7.2",
    since: BR_2_0,
    roles: LEAF,
    requirement:
      "A domain validated certificate has no attributes but countryName and commonName.",
    check: (subject) =>
      forbids(
        subject,
        domainValidated,
        ({ type }) => type !== "C" && type !== "CN",
      ),
  },
  {
    id: "dv_organization",
    source: "BR",
    section: "7.1.2.7.2",
    since: BR_1_0,
    until: BR_2_0,
    roles: LEAF,
    requirement:
      "A domain validated certificate has no organizationName and no address.",
    check: (subject) =>
      forbids(
        subject,
        domainValidated,
        ({ type }) => ["O", ...ADDRESS].includes(type),
      ),
  },
  {
    id: "ov_organization",
    source: "BR",
    section: "7.1.2.7.4",
    since: BR_1_0,
    roles: LEAF,
    requirement: "An organization validated certificate has organizationName.",
    check: (subject) => requires(subject, organizationValidated, ["O"]),
  },
  {
    id: "ov_country",
    source: "BR",
    section: "7.1.2.7.4",
    since: BR_1_0,
    roles: LEAF,
    requirement: "An organization validated certificate has countryName.",
    check: (subject) => requires(subject, organizationValidated, ["C"]),
  },
  {
    id: "ov_locality",
    source: "BR",
    section: "7.1.2.7.4",
    since: BR_1_0,
    roles: LEAF,
    requirement:
      "An organization validated certificate has localityName or stateOrProvinceName.",
    check: (subject) => requires(subject, organizationValidated, ["L", "ST"]),
  },
  {
    id: "iv_name",
    source: "BR",
    section: "7.1.2.7.3",
    since: BR_1_3_1,
    roles: LEAF,
    requirement:
      "An individual validated certificate has surname and givenName; until September 2023 organizationName would do.",
    check: checkIndividual,
  },
  {
    id: "iv_country",
    source: "BR",
    section: "7.1.2.7.3",
    since: BR_1_3_1,
    roles: LEAF,
    requirement: "An individual validated certificate has countryName.",
    check: (subject) => requires(subject, individualValidated, ["C"]),
  },
  {
    id: "iv_locality",
    source: "BR",
    section: "7.1.2.7.3",
    since: BR_1_3_1,
    roles: LEAF,
    requirement:
      "An individual validated certificate has localityName or stateOrProvinceName.",
    check: (subject) => requires(subject, individualValidated, ["L", "ST"]),
  },
  ...EV_ATTRIBUTES.map(([id, type, name]): CertificateRule => ({
    id,
    source: "EVG",
    section: "7.1.4.2",
    since: BR_1_0,
    roles: LEAF,
    requirement: `An extended validation certificate has ${name}.`,
    check: (subject) =>
      requires(subject, ReservedPolicy.extendedValidation, [type], name),
  })),
  {
    id: "ev_locality",
    source: "EVG",
    section: "7.1.4.2",
    since: BR_1_0,
    roles: LEAF,
    requirement:
      "An extended validation certificate has localityName or stateOrProvinceName.",
    check: (subject) =>
      requires(subject, ReservedPolicy.extendedValidation, ["L", "ST"]),
  },
];

function checkIndividual(subject: LintSubject): Facts {
  const { attributes, policies, certificate } = subject;
  if (!policies.includes(individualValidated)) return undefined;
  const has = (wanted: string) =>
    attributes.some(({ type }) => type === wanted);
  if (has("SN") && has("GN")) return undefined;
  if (certificate.notBefore < new Date(BR_2_0) && has("O")) return undefined;
  return "it is individual validated and its subject lacks surname or givenName";
}

function requires(
  { attributes, policies }: LintSubject,
  policy: string,
  types: readonly string[],
  name = types.map((type) => NAMES[type] ?? type).join(" and no "),
): Facts {
  return policies.includes(policy) &&
    !attributes.some(({ type, value }) =>
      types.includes(type) && value !== ""
    ) &&
    `it is ${KINDS[policy]} and its subject has no ${name}`;
}

function forbids(
  { attributes, policies }: LintSubject,
  policy: string,
  isForbidden: (attribute: LintSubject["attributes"][number]) => boolean,
): Facts {
  const found = policies.includes(policy)
    ? attributes.filter(isForbidden).map(attributeName)
    : [];
  return found.length > 0 &&
    `it is ${KINDS[policy]} and its subject has ${listed(found)}`;
}

const KINDS: Readonly<Record<string, string>> = {
  [domainValidated]: "domain validated",
  [organizationValidated]: "organization validated",
  [individualValidated]: "individual validated",
  [ReservedPolicy.extendedValidation]: "extended validation",
};

const NAMES: Readonly<Record<string, string>> = {
  O: "organizationName",
  C: "countryName",
  L: "localityName",
  ST: "stateOrProvinceName",
};

const ADDRESS: readonly string[] = ["L", "ST", "street", "postalCode"];
