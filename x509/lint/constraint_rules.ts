/**
 * What CAs may issue: pathLenConstraint and nameConstraints (RFC 5280 sections
 * 4.2.1.9 and 4.2.1.10, BR 7.1.2.10.8).
 *
 * @module
 */

import { addressBytes } from "../certificate/general_name.ts";
import { isDnsName } from "../certificate/name_match.ts";
import {
  BR_1_0,
  NO_INTERNAL_NAMES,
  RFC_2459,
  RFC_3280,
  RFC_5280,
} from "./dates.ts";
import { meetsReservedAddresses } from "./reserved_addresses.ts";
import type { CertificateRule, Facts } from "./rule.ts";
import { CAS, EVERY, type LintSubject } from "./subject.ts";
import { quoted } from "./text.ts";

/** Rules on constraints. */
export const constraintRules: readonly CertificateRule[] = [
  {
    id: "path_length_without_cert_sign",
    source: "RFC 5280",
    section: "4.2.1.9",
    since: RFC_3280,
    roles: CAS,
    requirement: "pathLenConstraint goes with keyCertSign.",
    check: ({ values: { basicConstraints, keyUsage } }) =>
      basicConstraints?.pathLength !== undefined && keyUsage !== undefined &&
      !keyUsage.includes("keyCertSign") &&
      "it has pathLenConstraint and its keyUsage has no keyCertSign",
  },
  {
    id: "leaf_name_constraints",
    source: "RFC 5280",
    section: "4.2.1.10",
    since: RFC_2459,
    roles: ["leaf", "ocspResponder"],
    requirement: "nameConstraints are for CAs.",
    check: ({ certificate, values }) =>
      values.nameConstraints !== undefined && !certificate.isCa &&
      "it has nameConstraints and is not a CA",
  },
  {
    id: "name_constraints_host",
    source: "RFC 5280",
    section: "4.2.1.10",
    since: RFC_5280,
    roles: EVERY,
    requirement:
      "nameConstraints on URIs are fully qualified domain names, also with a period before them.",
    check: (subject) =>
      subtrees(subject).flatMap((base) =>
        base.type === "uri" && !isHost(base.value)
          ? [`its name constraint ${quoted(base.value)} is not a domain name`]
          : []
      ),
  },
  {
    id: "name_constraints_address",
    source: "BR",
    section: "7.1.2.10.8",
    since: BR_1_0,
    roles: CAS,
    requirement: "No subtree that is permitted has Reserved IP Addresses.",
    check: checkConstraintAddresses,
  },
];

function checkConstraintAddresses(
  { certificate, values }: LintSubject,
): Facts {
  if (certificate.notAfter < NO_INTERNAL_NAMES) return undefined;
  return values.nameConstraints?.permittedSubtrees?.flatMap(({ base }) =>
    base.type === "ip" && meetsReservedAddresses(addressBytes(base))
      ? [`it permits ${base.value}, which has reserved IP addresses`]
      : []
  );
}

function subtrees({ values: { nameConstraints } }: LintSubject) {
  return [
    ...nameConstraints?.permittedSubtrees ?? [],
    ...nameConstraints?.excludedSubtrees ?? [],
  ].map(({ base }) => base);
}

function isHost(constraint: string): boolean {
  const host = constraint.replace(/^\./, "");
  return isDnsName(host) && host.includes(".");
}
