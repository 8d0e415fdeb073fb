/**
 * Who CAs say that they are (BR 7.1.2.10.2), and the certificates of OCSP
 * responders (BR 7.1.2.8).
 *
 * @module
 */

import { BR_1_0, BR_1_4_8, BR_2_0, RFC_2459 } from "./dates.ts";
import type { CertificateRule, Facts } from "./rule.ts";
import { CAS, type LintSubject, type Role } from "./subject.ts";
import { listed } from "./text.ts";

const RESPONDER: readonly Role[] = ["ocspResponder"];

/** Rules on CAs and on what signs OCSP responses. */
export const authorityRules: readonly CertificateRule[] = [
  {
    id: "ca_subject_empty",
    source: "RFC 5280",
    section: "4.1.2.6",
    since: RFC_2459,
    roles: CAS,
    requirement: "The subject of a CA is not empty.",
    check: ({ certificate }) =>
      certificate.subjectName.isEmpty && "it is a CA without a name",
  },
  {
    id: "ca_country",
    source: "BR",
    section: "7.1.2.10.2",
    since: BR_1_0,
    roles: CAS,
    claimed: true,
    requirement: "The subject of a CA has countryName.",
    check: lacks("C", "countryName"),
  },
  {
    id: "ca_organization",
    source: "BR",
    section: "7.1.2.10.2",
    since: BR_1_0,
    roles: CAS,
    claimed: true,
    requirement: "The subject of a CA has organizationName.",
    check: lacks("O", "organizationName"),
  },
  {
    id: "ca_common_name",
    source: "BR",
    section: "7.1.2.10.2",
    since: BR_1_4_8,
    roles: CAS,
    claimed: true,
    requirement: "The subject of a CA has commonName.",
    check: lacks("CN", "commonName"),
  },
  {
    id: "ca_unit",
    source: "BR",
    section: "7.1.2.10.2",
    since: BR_2_0,
    roles: CAS,
    claimed: true,
    requirement: "The subject of a CA has no organizationalUnitName.",
    check: ({ attributes }) =>
      attributes.some(({ type }) => type === "OU") &&
      "its subject has organizationalUnitName",
  },
  {
    id: "responder_no_check",
    source: "BR",
    section: "7.1.2.8.6",
    since: BR_1_0,
    roles: RESPONDER,
    requirement: "An OCSP responder has id-pkix-ocsp-nocheck.",
    check: ({ values }) =>
      values.ocspNoCheck === undefined && "it has no id-pkix-ocsp-nocheck",
  },
  {
    id: "responder_crl",
    source: "BR",
    section: "7.1.2.8.2",
    since: BR_2_0,
    roles: RESPONDER,
    requirement: "An OCSP responder has no cRLDistributionPoints.",
    check: ({ values }) =>
      values.crlDistributionPoints !== undefined &&
      "it has cRLDistributionPoints",
  },
  {
    id: "responder_key_usage",
    source: "BR",
    section: "7.1.2.8.7",
    since: BR_2_0,
    roles: RESPONDER,
    requirement: "keyUsage of an OCSP responder has digitalSignature alone.",
    check: ({ values: { keyUsage = [] } }) =>
      keyUsage.length > 0 && keyUsage.join() !== "digitalSignature" &&
      `its keyUsage has ${listed(keyUsage)}`,
  },
];

function lacks(wanted: string, name: string) {
  return ({ attributes }: LintSubject): Facts =>
    !attributes.some(({ type, value }) => type === wanted && value !== "") &&
    `it is a CA and its subject has no ${name}`;
}
