/**
 * What a strict verification asks for on top: the rules of `lint/`, held to all
 * certificates of a path.
 *
 * @module
 */

import type { Certificate } from "../certificate/certificate.ts";
import type { TlsCertificateError } from "../certificate/errors.ts";
import { BR_2_0 } from "../lint/dates.ts";
import { notedIds } from "../lint/encoding_rules.ts";
import {
  type CertificateRule,
  isOfForum,
  shortened,
  type Violation,
  violationsOf,
  wasInForce,
} from "../lint/rule.ts";
import { rules } from "../lint/rules.ts";
import {
  describeSubject,
  isReservedPolicy,
  type LintSubject,
} from "../lint/subject.ts";
import { refusal } from "../certificate/refusal.ts";
import type { CertificateUsage } from "./path_rules.ts";
import { ANY_POLICY } from "../asn1/oids.ts";

/** The strict checks of one verification, whose paths share certificates. */
export class StrictChecks {
  readonly #usage: CertificateUsage;
  readonly #known = new Map<Certificate, Map<string, readonly Violation[]>>();

  /** What the leaf will be used for decides which rules it is held to. */
  constructor(usage: CertificateUsage) {
    this.#usage = usage;
  }

  /**
   * Checks a path, from the leaf to its anchor.
   *
   * @returns What is not as the rules have it, under the code `not_strict`, each
   * with the rule that it breaks.
   */
  check(path: readonly Certificate[]): TlsCertificateError[] {
    const subjects = path.map((certificate, at) =>
      describeSubject(certificate, {
        role: at === 0 ? "leaf" : certificate.isSelfIssued ? "root" : "subCa",
        issuer: path[at + 1],
      })
    );
    const isPublic = subjects.some(claimsToBePublic);
    return subjects.flatMap((subject) => {
      const { certificate } = subject;
      return this.#violations(subject, isPublic).map(({ rule, fact }) =>
        refusal("not_strict", certificate, fact, path, undefined, rule.id)
      );
    });
  }

  #violations(subject: LintSubject, isPublic: boolean): Violation[] {
    const find = (some: readonly CertificateRule[]) =>
      violationsOf(
        subject,
        some.filter((rule) =>
          (isPublic || !rule.claimed) && isHeld(rule, subject, this.#usage)
        ),
      );
    return shortened([
      ...find(comparing),
      ...this.#once(subject, isPublic, () => find(others)),
    ]);
  }

  /** What is wrong with a certificate, whatever its issuer: found once. */
  #once(
    { certificate, role }: LintSubject,
    isPublic: boolean,
    find: () => readonly Violation[],
  ): readonly Violation[] {
    const known = this.#known.get(certificate) ?? new Map();
    this.#known.set(certificate, known);
    const key = `${role} ${isPublic}`;
    const found = known.get(key) ?? find();
    known.set(key, found);
    return found;
  }
}

/**
 * BR 7.1.6.1: the reserved identifiers are "a means of asserting that a
 * Certificate complies with these Requirements"; CAs may have anyPolicy in
 * their place (BR 7.1.2.10.5). Without either it is a private path, which may have
 * internal names and needs no policy.
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
  // Roots that are older than their profile are trusted as they stand: deployed
  // ones have no countryName and their keyUsage is not critical.
  if (role === "root") {
    if (notedIds.has(rule.id)) return false;
    if (rule.claimed && certificate.notBefore < ROOT_PROFILE) return false;
  }
  // The Baseline Requirements are about servers.
  if (role === "leaf" && usage !== "server" && isOfForum(rule)) return false;
  return hasDate(certificate)
    ? wasInForce(rule, certificate)
    : rule.undated ?? !isOfForum(rule);
}

/**
 * Whether notBefore can be the time of issue. Clocks that were never set, and
 * issuers that write 1970 for "always", give dates before version 3 existed.
 */
function hasDate({ notBefore }: Certificate): boolean {
  return notBefore >= VERSION_3 || notBefore < UTC_TIME;
}

/** Nothing before can be written as UTCTime (RFC 5280 section 4.1.2.5.1). */
const UTC_TIME = new Date("1950-01-01");

/** ISO/IEC 9594-8 with version 3 of certificates is of 1995. */
const VERSION_3 = new Date("1995-01-01");

/** BR 7.1.2.1 is of version 2.0. */
const ROOT_PROFILE = new Date(BR_2_0);

const comparing = rules.filter(({ comparesIssuer }) => comparesIssuer);
const others = rules.filter(({ comparesIssuer }) => !comparesIssuer);
