/**
 * Checks one certificate, without a path, against the rules for public CAs.
 *
 * @module
 */

import { Certificate } from "../certificate/certificate.ts";
import { checkOptionTypes, type OptionType } from "../asn1/known_options.ts";
import {
  citationOf,
  shortened,
  type Violation,
  violationsOf,
  wasInForce,
} from "./rule.ts";
import { rules } from "./rules.ts";
import { describeSubject } from "./subject.ts";

/** A rule that a certificate breaks. */
export interface CertificateViolation {
  /** The stable name of the rule, such as `"internal_name"`. */
  readonly rule: string;
  /** Where it stands: `"BR 7.1.2.7.12"`, `"RFC 5280 section 4.2.1.9"`. */
  readonly source: string;
  /**
   * The first day on which it was in force, as `"2023-09-15"`; `undefined` for
   * rules that apply to certificates of any age.
   */
  readonly since: string | undefined;
  /** What breaks the rule, with its source: `"it is a CA (BR 7.1.2.7.8)"`. */
  readonly message: string;
}

/** Options of {@linkcode lintCertificate}. */
export interface LintCertificateOptions {
  /**
   * The certificate of the CA that signed it, for rules that compare the two.
   *
   * @default {such rules are not checked}
   */
  issuer?: Certificate | undefined;
}

/**
 * Checks a certificate against the rules for CAs that issue public
 * certificates: RFC 5280 and the CA/Browser Forum's Baseline Requirements
 * ("BR"), as they were in force at its `notBefore`. `docs/certificate_rules.md`
 * lists all rules.
 *
 * What the certificate says of itself decides whether it counts as a root,
 * another CA, a server or an OCSP responder. The Baseline Requirements apply to
 * certificates of TLS servers and of their CAs only.
 *
 * It does not check signatures, trust, names or whether the certificate is
 * valid now: {@linkcode verifyChain} does, and with its option `strict` checks
 * every certificate of the path against the same rules.
 *
 * @param certificate The certificate.
 * @param options The certificate of its issuer.
 * @returns The violations; an empty list if there are none. The list is
 * bounded: each broken rule is in it, and at most 10 further violations of the
 * same rules.
 * @throws {TypeError} If `certificate` is no `Certificate`, or an option is
 * unknown or of the wrong type.
 *
 * @example What a public CA would not issue
 * ```ts
 * import { Certificate, issueCertificate, lintCertificate } from "@x/tls/x509";
 * import { assert } from "@std/assert";
 *
 * const { cert } = await issueCertificate({ names: ["db.internal"] });
 * const [certificate] = Certificate.fromPem(cert);
 * assert(certificate !== undefined);
 * const found = lintCertificate(certificate);
 * assert(found.some(({ rule }) => rule === "internal_name"));
 * ```
 */
export function lintCertificate(
  certificate: Certificate,
  options: LintCertificateOptions = {},
): CertificateViolation[] {
  if (!(certificate instanceof Certificate)) {
    throw new TypeError(
      "Cannot lint the certificate: expected a Certificate; Certificate.fromPem() returns one",
    );
  }
  checkOptionTypes("Cannot lint the certificate", options, OPTIONS);
  const { issuer } = options;
  const inForce = rules.filter((rule) => wasInForce(rule, certificate));
  const subject = describeSubject(certificate, { issuer });
  return shortened(violationsOf(subject, inForce)).map(describe);
}

function describe({ rule, fact }: Violation): CertificateViolation {
  return {
    rule: rule.id,
    source: citationOf(rule),
    since: rule.since,
    message: fact,
  };
}

const OPTIONS: Readonly<Record<keyof LintCertificateOptions, OptionType>> = {
  issuer: [
    "a Certificate; Certificate.fromPem() makes one",
    (v) => v instanceof Certificate,
  ],
};
