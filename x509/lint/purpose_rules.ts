/**
 * extKeyUsage: RFC 5280 section 4.2.1.12, BR 7.1.2.7.10 for servers, 7.1.2.10.6
 * for CAs.
 *
 * @module
 */

import { KeyPurpose, keyPurposeNames } from "../asn1/oids.ts";
import { BR_1_0, BR_1_7_1, BR_2_0, RFC_5280 } from "./dates.ts";
import { areConsistent } from "./purposes.ts";
import type { CertificateRule, Facts } from "./rule.ts";
import { EVERY, LEAF, type LintSubject, ROOT, SUB_CA } from "./subject.ts";
import { listed } from "./text.ts";

/** Rules on extKeyUsage. */
export const purposeRules: readonly CertificateRule[] = [
  {
    id: "purpose_missing",
    source: "BR",
    section: "7.1.2.7.6",
    since: BR_1_0,
    roles: LEAF,
    undated: true,
    requirement: "A server has extKeyUsage.",
    check: ({ values }) =>
      values.extendedKeyUsage === undefined && "it has no extKeyUsage",
  },
  {
    id: "purpose_server",
    source: "BR",
    section: "7.1.2.7.10",
    since: BR_1_0,
    roles: LEAF,
    requirement:
      "extKeyUsage of a server has serverAuth; until September 2023 clientAuth would do.",
    check: checkServerPurpose,
  },
  {
    id: "purpose_any",
    source: "BR",
    section: "7.1.2.7.10",
    since: BR_2_0,
    roles: LEAF,
    undated: true,
    requirement: "extKeyUsage of a server has no anyExtendedKeyUsage.",
    check: (subject) => forbids(subject, [KeyPurpose.anyExtendedKeyUsage]),
  },
  {
    id: "purpose_forbidden",
    source: "BR",
    section: "7.1.2.7.10",
    since: BR_2_0,
    roles: LEAF,
    requirement:
      "extKeyUsage of a server has no codeSigning, emailProtection, timeStamping, OCSPSigning, and no signing of precertificates.",
    check: (subject) => forbids(subject, NOT_FOR_SERVERS),
  },
  {
    id: "sub_ca_purpose_forbidden",
    source: "BR",
    section: "7.1.2.10.6",
    since: BR_1_7_1,
    roles: SUB_CA,
    requirement:
      "extKeyUsage of a servers' CA has no codeSigning, emailProtection, timeStamping and OCSPSigning.",
    check: (subject) => forbids(subject, NOT_FOR_SERVERS),
  },
  {
    id: "sub_ca_purpose_any",
    source: "BR",
    section: "7.1.2.2.4",
    since: BR_1_7_1,
    roles: SUB_CA,
    requirement: "anyExtendedKeyUsage in a CA stands alone.",
    check: ({ values: { extendedKeyUsage: purposes = [] } }) =>
      purposes.length > 1 &&
      purposes.includes(KeyPurpose.anyExtendedKeyUsage) &&
      "its extKeyUsage has anyExtendedKeyUsage beside others",
  },
  {
    id: "root_purpose",
    source: "BR",
    section: "7.1.2.1.2",
    since: BR_1_0,
    roles: ROOT,
    undated: true,
    requirement: "A root has no extKeyUsage.",
    check: ({ values }) =>
      values.extendedKeyUsage !== undefined && "it is a root with extKeyUsage",
  },
  {
    id: "purpose_inconsistent",
    source: "RFC 5280",
    section: "4.2.1.12",
    since: RFC_5280,
    roles: EVERY.filter((role) => role !== "root" && role !== "subCa"),
    requirement:
      "The bits of keyUsage are consistent with the purposes of extKeyUsage.",
    check: ({ values: { keyUsage, extendedKeyUsage } }) =>
      keyUsage !== undefined && extendedKeyUsage !== undefined &&
      !areConsistent(keyUsage, extendedKeyUsage) &&
      `its keyUsage (${
        listed(keyUsage)
      }) is not consistent with its extKeyUsage`,
  },
];

/** BR 7.1.2.7.10 as it stood in version 1: one of two. */
function checkServerPurpose({ certificate, values }: LintSubject): Facts {
  const purposes = values.extendedKeyUsage;
  if (
    purposes === undefined || purposes.includes(KeyPurpose.serverAuth) ||
    purposes.includes(KeyPurpose.anyExtendedKeyUsage)
  ) return undefined;
  const isOld = certificate.notBefore < new Date(BR_2_0);
  return !(isOld && purposes.includes(KeyPurpose.clientAuth)) &&
    "its extKeyUsage has no serverAuth";
}

function forbids(
  { values }: LintSubject,
  forbidden: readonly string[],
): Facts {
  return values.extendedKeyUsage?.filter((oid) => forbidden.includes(oid))
    .map((oid) => `its extKeyUsage has ${keyPurposeNames.get(oid) ?? oid}`);
}

const NOT_FOR_SERVERS: readonly string[] = [
  KeyPurpose.codeSigning,
  KeyPurpose.emailProtection,
  KeyPurpose.timeStamping,
  KeyPurpose.OCSPSigning,
  // Precertificate Signing Certificate (RFC 6962 section 3.1)
  "1.3.6.1.4.1.11129.2.4.4",
];
