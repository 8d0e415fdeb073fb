/**
 * The rules for who issues public certificates, held to one certificate without
 * a path.
 *
 * @module
 */

import { Certificate } from "../certificate.ts";
import {
  citationOf,
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
   * The first day on which it was in force, as `"2023-09-15"`; nothing, if it is
   * as old as certificates are.
   */
  readonly since: string | undefined;
  /** The fact: `"it has no keyUsage"`, with the source behind it. */
  readonly message: string;
}

/** Options of {@linkcode lintCertificate}. */
export interface LintCertificateOptions {
  /**
   * The certificate of the CA that signed it, for the rules that compare both.
   *
   * @default {those rules are left out}
   */
  issuer?: Certificate | undefined;
}

/**
 * Holds a certificate to the rules for those who issue public ones: RFC 5280 and
 * the CA/Browser Forum's Baseline Requirements ("BR"), as they were in force on
 * the day of its `notBefore`. `docs/certificate_rules.md` lists them.
 *
 * The certificate is taken for a root, another CA, a server or an OCSP responder
 * by what it says of itself; rules of the Baseline Requirements are for those of
 * TLS servers alone. Whether the signature is right, the certificate is valid
 * now or anybody trusts it is not looked at: that is
 * {@linkcode verifyChain}'s part, whose option `strict` holds a path to the
 * same rules.
 *
 * @param certificate The certificate.
 * @param options Its issuer.
 * @returns The rules that it breaks; none, if all is well.
 * @throws {TypeError} If it is given something else than certificates.
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
  const { issuer } = options;
  for (
    const one of issuer === undefined ? [certificate] : [certificate, issuer]
  ) {
    if (one instanceof Certificate) continue;
    throw new TypeError(
      "Cannot lint the certificate: expected a Certificate; Certificate.fromPem() gives one",
    );
  }
  const inForce = rules.filter((rule) => wasInForce(rule, certificate));
  return violationsOf(describeSubject(certificate, { issuer }), inForce)
    .map(describe);
}

function describe({ rule, fact }: Violation): CertificateViolation {
  return {
    rule: rule.id,
    source: citationOf(rule),
    since: rule.since,
    message: fact,
  };
}
