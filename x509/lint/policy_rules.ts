/**
 * certificatePolicies and policyMappings: RFC 5280 sections 4.2.1.4 and 4.2.1.5,
 * BR 7.1.2.7.9 for servers, 7.1.2.10.5 for CAs.
 *
 * @module
 */

import { ANY_POLICY } from "../asn1/oids.ts";
import { BR_1_0, BR_2_0, RFC_3280, RFC_6818 } from "./dates.ts";
import {
  CPS,
  type Qualifier,
  qualifiersOf,
  USER_NOTICE,
} from "./qualifiers.ts";
import type { CertificateRule, Facts } from "./rule.ts";
import {
  CAS,
  EVERY,
  isReservedPolicy,
  LEAF,
  type LintSubject,
  SUB_CA,
} from "./subject.ts";
import { quoted } from "./text.ts";

/** Rules on policies. */
export const policyRules: readonly CertificateRule[] = [
  {
    id: "leaf_policies_missing",
    source: "BR",
    section: "7.1.2.7.6",
    since: BR_1_0,
    roles: LEAF,
    claimed: true,
    requirement: "A server has certificatePolicies.",
    check: missing,
  },
  {
    id: "leaf_policy_reserved",
    source: "BR",
    section: "7.1.2.7.9",
    since: BR_2_0,
    roles: LEAF,
    claimed: true,
    requirement:
      "certificatePolicies of a server have one Reserved Certificate Policy Identifier.",
    check: ({ values, policies }) => {
      if (values.certificatePolicies === undefined) return undefined;
      const { length } = policies.filter(isReservedPolicy);
      return length !== 1 &&
        `its certificatePolicies have ${
          length === 0 ? "none" : length
        } of the reserved identifiers and not one`;
    },
  },
  {
    id: "leaf_policy_any",
    source: "BR",
    section: "7.1.2.7.9",
    since: BR_2_0,
    roles: LEAF,
    requirement: "certificatePolicies of a server have no anyPolicy.",
    check: ({ policies }) =>
      policies.includes(ANY_POLICY) &&
      "its certificatePolicies have anyPolicy",
  },
  {
    id: "sub_ca_policies_missing",
    source: "BR",
    section: "7.1.2.6.1",
    since: BR_1_0,
    roles: SUB_CA,
    claimed: true,
    requirement: "A CA that is not a root has certificatePolicies.",
    check: missing,
  },
  {
    id: "sub_ca_policy_any",
    source: "BR",
    section: "7.1.2.10.5",
    since: BR_2_0,
    roles: SUB_CA,
    requirement: "anyPolicy in a CA stands alone.",
    check: ({ policies }) =>
      policies.length > 1 && policies.includes(ANY_POLICY) &&
      "its certificatePolicies have anyPolicy beside others",
  },
  {
    id: "sub_ca_policy_reserved",
    source: "BR",
    section: "7.1.2.10.5",
    since: BR_2_0,
    roles: SUB_CA,
    claimed: true,
    requirement:
      "certificatePolicies of a CA have anyPolicy or one Reserved Certificate Policy Identifier.",
    check: ({ values, policies }) => {
      if (
        values.certificatePolicies === undefined ||
        policies.includes(ANY_POLICY)
      ) return undefined;
      const { length } = policies.filter(isReservedPolicy);
      return length !== 1 &&
        `its certificatePolicies have ${
          length === 0 ? "none" : length
        } of the reserved identifiers and not one`;
    },
  },
  {
    id: "policy_qualifier",
    source: "BR",
    section: "7.1.2.7.9",
    since: BR_2_0,
    roles: EVERY,
    requirement: "Policies have no qualifiers but id-qt-cps.",
    check: qualifiers(
      ({ oid }) => oid !== CPS,
      ({ oid }) =>
        `its certificatePolicies have the qualifier ${
          oid === USER_NOTICE ? "id-qt-unotice" : oid
        }`,
    ),
  },
  {
    id: "policy_cps_uri",
    source: "BR",
    section: "7.1.2.7.9",
    since: BR_2_0,
    roles: EVERY,
    requirement: "The CPS URI of a policy is an HTTP or HTTPS URL.",
    check: qualifiers(
      ({ oid, uri }) => oid === CPS && !/^https?:\/\/[^/]/i.test(uri ?? ""),
      ({ uri = "" }) => `the CPS URI ${quoted(uri)} is not an HTTP URL`,
    ),
  },
  {
    id: "policy_any_qualifier",
    source: "RFC 5280",
    section: "4.2.1.4",
    since: RFC_3280,
    roles: EVERY,
    requirement:
      "Qualifiers of anyPolicy are those of RFC 5280: CPS pointer and user notice.",
    check: qualifiers(
      ({ policy, oid }) =>
        policy === ANY_POLICY && oid !== CPS && oid !== USER_NOTICE,
      ({ oid }) => `its anyPolicy has the qualifier ${oid}`,
    ),
  },
  {
    id: "policy_text_type",
    source: "RFC 5280",
    section: "4.2.1.4",
    since: RFC_6818,
    roles: EVERY,
    requirement: "explicitText of a user notice is not an IA5String.",
    check: qualifiers(
      ({ isIa5Text }) => isIa5Text ?? false,
      () => "the explicitText of a policy is an IA5String",
    ),
  },
  {
    id: "policy_text_length",
    source: "RFC 5280",
    section: "4.2.1.4",
    since: RFC_6818,
    roles: EVERY,
    requirement: "explicitText of a user notice has 200 characters or less.",
    check: qualifiers(
      ({ text = "" }) => Array.from(text).length > 200,
      () => "the explicitText of a policy is longer than 200 characters",
    ),
  },
  {
    id: "policy_qualifier_encoding",
    source: "RFC 5280",
    section: "4.2.1.4",
    since: RFC_3280,
    roles: EVERY,
    requirement: "Qualifiers of policies can be read.",
    check: ({ values }) =>
      qualifiersOf(values) === undefined &&
      "the qualifiers of its policies cannot be read",
  },
  {
    id: "policy_mapping_any",
    source: "RFC 5280",
    section: "4.2.1.5",
    since: RFC_3280,
    roles: CAS,
    requirement: "No policy is mapped from or to anyPolicy.",
    check: ({ values }) =>
      values.policyMappings?.some((mapping) =>
        mapping.issuerDomainPolicy === ANY_POLICY ||
        mapping.subjectDomainPolicy === ANY_POLICY
      ) && "its policyMappings map from or to anyPolicy",
  },
];

function missing({ values }: LintSubject): Facts {
  return values.certificatePolicies === undefined &&
    "it has no certificatePolicies";
}

/** A check of all qualifiers, by what is wrong with one. */
function qualifiers(
  isWrong: (qualifier: Qualifier) => boolean,
  fact: (qualifier: Qualifier) => string,
): (subject: LintSubject) => Facts {
  return ({ values }) => qualifiersOf(values)?.filter(isWrong).map(fact);
}
