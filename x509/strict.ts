/**
 * What a strict verification asks for on top: the rules of `lint/`, held to all
 * certificates of a path.
 *
 * @module
 */

import type { Certificate } from "./certificate.ts";
import type { TlsCertificateError } from "./errors.ts";
import { notedIds } from "./lint/encoding_rules.ts";
import {
  type CertificateRule,
  isOfForum,
  violationsOf,
  wasInForce,
} from "./lint/rule.ts";
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
      rules.filter((rule) =>
        (isPublic || !rule.claimed) && isHeld(rule, subject, usage)
      ),
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
  rule: CertificateRule,
  { certificate, role }: LintSubject,
  usage: CertificateUsage,
): boolean {
  // Roots older than the rules are trusted as they stand.
  if (role === "root" && notedIds.has(rule.id)) return false;
  // The Baseline Requirements are about servers.
  if (role === "leaf" && usage !== "server" && isOfForum(rule)) return false;
  return hasDate(certificate)
    ? wasInForce(rule, certificate)
    : rule.undated ?? !isOfForum(rule);
}

/**
 * Whether notBefore can be when it was issued. No certificate of version 3 is
 * as old as clocks that nobody set, and as who writes 1970 for "always" says.
 */
function hasDate({ notBefore }: Certificate): boolean {
  return notBefore >= VERSION_3 || notBefore < UTC_TIME;
}

/** Nothing before can be written as UTCTime (RFC 5280 section 4.1.2.5.1). */
const UTC_TIME = new Date("1950-01-01");

/** ISO/IEC 9594-8 with version 3 of certificates is of 1995. */
const VERSION_3 = new Date("1995-01-01");
