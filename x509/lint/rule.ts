/**
 * What one rule for certificates is: a row with an id, where it stands, from
 * when on it holds, whom it is about, and the check itself.
 *
 * @module
 */

import type { Certificate } from "../certificate/certificate.ts";
import type { LintSubject, Role } from "./subject.ts";

/**
 * Where a rule stands: an RFC, or the CA/Browser Forum's Baseline Requirements.
 */
export type RuleSource =
  | "BR"
  | "EVG"
  | "RFC 3279"
  | "RFC 4055"
  | "RFC 5280"
  | "RFC 5480"
  | "RFC 6960"
  | "RFC 6962"
  | "RFC 8813"
  | "X.690";

/** A rule for certificates. */
export interface CertificateRule {
  /** Its stable name, such as `"internal_name"`. */
  readonly id: string;
  /** Where it stands. */
  readonly source: RuleSource;
  /** The section there: of version 2.2.6 of the Baseline Requirements. */
  readonly section: string;
  /** The first day on which it was in force, as `"2023-09-15"`. */
  readonly since?: string;
  /** The first day on which it was not in force any more. */
  readonly until?: string;
  /** Whom it is about. */
  readonly roles: readonly Role[];
  /** What it asks for: a sentence for the documentation. */
  readonly requirement: string;
  /**
   * Whether it is about what sets public CAs apart, so that a private one has
   * no reason to follow it: policies of the Forum, public names. A path is held
   * to it only if it claims to be public.
   */
  readonly claimed?: true;
  /**
   * Whether paths are held to it whose certificates have no true date of issue,
   * but the one at which clocks start.
   */
  readonly undated?: true;
  /** Whether it looks at the issuer's certificate too. */
  readonly comparesIssuer?: true;
  /** Returns the facts that break it, to follow the name of the certificate. */
  readonly check: (subject: LintSubject) => Facts;
}

/** Nothing, one fact or several: "it has no keyUsage". */
export type Facts = string | undefined | false | readonly string[];

/** A rule and the sentence that says how a certificate breaks it. */
export interface Violation {
  /** The rule. */
  readonly rule: CertificateRule;
  /** The fact with its citation: "it has no keyUsage (BR 7.1.2.10.7)". */
  readonly fact: string;
}

/** Whether the CA/Browser Forum made it, for certificates of servers. */
export function isOfForum({ source }: CertificateRule): boolean {
  return source === "BR" || source === "EVG";
}

/** Whether a rule was in force when a certificate was issued. */
export function wasInForce(
  { since, until }: CertificateRule,
  { notBefore }: Certificate,
): boolean {
  // A certificate that was read leniently may have no date: it is as of today.
  const issued = Number.isNaN(notBefore.getTime())
    ? new Date().toISOString()
    : notBefore.toISOString();
  return (since === undefined || issued >= since) &&
    (until === undefined || issued < until);
}

/** Where a rule stands, as messages have it: `"RFC 5280 section 4.2.1.9"`. */
export function citationOf({ source, section }: CertificateRule): string {
  const link = source.startsWith("RFC") || source === "X.690" ? "section " : "";
  return `${source} ${link}${section}`;
}

/** Checks a certificate against those rules of a list that are about it. */
export function violationsOf(
  subject: LintSubject,
  rules: readonly CertificateRule[],
): Violation[] {
  return rules.filter((rule) => isAbout(rule, subject))
    .flatMap((rule) => factsOf(rule, subject));
}

/**
 * Every broken rule, and what breaks the same ones again as long as the list is
 * short: a certificate can break one rule many thousand times.
 */
export function shortened(violations: readonly Violation[]): Violation[] {
  const isFirst = ({ rule }: Violation, at: number) =>
    violations.findIndex((other) => other.rule === rule) === at;
  const first = violations.filter(isFirst);
  const others = violations.filter((violation, at) => !isFirst(violation, at));
  return [
    ...first,
    ...others.slice(0, Math.max(0, MAX_FACTS - first.length)),
  ];
}

function factsOf(rule: CertificateRule, subject: LintSubject): Violation[] {
  const facts = rule.check(subject) || [];
  const all = typeof facts === "string" ? [facts] : facts;
  return all.slice(0, MAX_FACTS).map((fact) => ({
    rule,
    fact: `${fact} (${citationOf(rule)})`,
  }));
}

function isAbout(rule: CertificateRule, subject: LintSubject): boolean {
  return rule.roles.includes(subject.role) &&
    (subject.isForServers || !isOfForum(rule));
}

/** How many facts about one certificate are given, beyond one a rule. */
export const MAX_FACTS = 10;
