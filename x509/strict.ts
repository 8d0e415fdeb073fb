/**
 * What a strict verification asks for on top: the rules of `lint/`, held to all
 * certificates of a path.
 *
 * @module
 */

import type { Certificate } from "./certificate.ts";
import type { TlsCertificateError } from "./errors.ts";
import { notedIds } from "./lint/encoding_rules.ts";
import { type CertificateRule, violationsOf } from "./lint/rule.ts";
import { rules } from "./lint/rules.ts";
import {
  describeSubject,
  isReservedPolicy,
  type LintSubject,
} from "./lint/subject.ts";
import { type CertificateUsage, refusal } from "./path_rules.ts";
import { ANY_POLICY } from "./policy.ts";

/**
 * Checks a path, from the leaf to its anchor.
 *
 * @returns What is not as the rules have it, under the code `not_strict`, each
 * with the rule that it breaks.
 */
export function checkStrict(
  path: readonly Certificate[],
  usage: CertificateUsage,
): TlsCertificateError[] {
  const subjects = path.map((certificate, at) =>
    describeSubject(certificate, {
      role: at === 0 ? "leaf" : certificate.isSelfIssued ? "root" : "subCa",
      issuer: path[at + 1],
    })
  );
  const isPublic = subjects.some(claimsToBePublic);
  return subjects.flatMap((subject) =>
    violationsOf(
      subject,
      rules,
      (rule) => (isPublic || !rule.claimed) && isHeld(rule, subject, usage),
    ).map(({ rule, fact }) =>
      refusal("not_strict", subject.certificate, fact, path, undefined, rule.id)
    )
  );
}

/**
 * BR 7.1.6.1: the reserved identifiers are "a means of asserting that a
 * Certificate complies with these Requirements"; CAs may have anyPolicy in
 * their place (BR 7.1.2.10.5). Without either it is a private path, of which
 * nothing is asked that only public ones have.
 */
function claimsToBePublic({ policies, role }: LintSubject): boolean {
  return policies.some(isReservedPolicy) ||
    role === "subCa" && policies.includes(ANY_POLICY);
}

function isHeld(
  { id, source }: CertificateRule,
  { role }: LintSubject,
  usage: CertificateUsage,
): boolean {
  // Roots older than the rules are trusted as they stand.
  if (role === "root") return !notedIds.has(id);
  // The Baseline Requirements are about servers.
  return role !== "leaf" || usage === "server" ||
    !(source === "BR" || source === "EVG");
}
