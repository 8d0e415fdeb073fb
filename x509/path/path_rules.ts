/**
 * The rules of one path, apart from signatures: RFC 5280 section 6.1, with the
 * constraints that an anchor carries (RFC 5937). All that is wrong is reported,
 * as a caller may choose to live with some of it.
 *
 * @module
 */

import { nameOf, refusal } from "../certificate/refusal.ts";
import {
  refusalOfKey,
  type SecurityPolicy,
} from "../../crypto/suites/security_level.ts";
import type { TlsCertificateErrorCode } from "../../errors.ts";
import type { Certificate } from "../certificate/certificate.ts";
import { constraintViolations } from "./constraints.ts";
import type { TlsCertificateError } from "../certificate/errors.ts";
import { extensionNames, KeyPurpose, keyPurposeNames } from "../asn1/oids.ts";
import {
  type CertificatePolicies,
  type PolicyInputs,
  type PolicyResult,
  validatePolicies,
} from "./policy.ts";
import { isCheck, signatureCheck } from "../certificate/signed_data.ts";
import { missingFeatures } from "./tls_feature.ts";
import { unsupportedKey } from "../certificate/signature_keys.ts";
import type { WorkBudget } from "../certificate/work_budget.ts";

/** Whose certificate it is, and so which extended key usage it needs. */
export type CertificateUsage = "server" | "client";

/** What is asked of a path. */
export interface PathRules {
  /**
   * What the leaf will be used for, or `undefined` if extended usages do not
   * count.
   */
  readonly usage: CertificateUsage | undefined;
  /** When it has to be valid, in whole seconds. */
  readonly now: Date;
  /** How many intermediates that are not self-issued it may have. */
  readonly maxDepth: number;
  /** Which keys and digests are strong enough. */
  readonly security: SecurityPolicy;
  /** Which policies it has to be good for. */
  readonly policies: PolicyInputs;
  /** What it may cost. */
  readonly budget: WorkBudget;
}

/**
 * Checks a path, from the leaf on.
 *
 * @param complete Whether it ends at an anchor.
 * @returns What is wrong with it.
 * @throws {TlsCertificateError} `path_too_complex`, if that takes too much
 * work.
 */
export function checkPath(
  path: readonly Certificate[],
  complete: boolean,
  rules: PathRules,
): TlsCertificateError[] {
  const errors: TlsCertificateError[] = [];
  const refuse: Refuse = (code, certificate, fact, hint) => {
    errors.push(refusal(code, certificate, fact, path, hint));
  };
  for (const [at, certificate] of path.entries()) {
    const isAnchor = complete && at === path.length - 1;
    checkValidity(certificate, rules.now, refuse);
    checkKey(path, at, rules.security, refuse);
    checkCriticalExtensions(certificate, refuse);
    if (rules.usage !== undefined) {
      checkExtendedKeyUsage(certificate, at, rules.usage, refuse);
    }
    if (at === 0) checkLeaf(certificate, refuse);
    else checkCa(path, at, isAnchor, refuse);
    // An anchor is trusted as it stands; its signature is not checked.
    if (!isAnchor) checkAlgorithm(path, at, rules.security, refuse);
  }
  checkFeatures(path, refuse);
  checkDepth(path, complete, rules.maxDepth, refuse);
  checkConstraints(path, rules.budget, refuse);
  if (complete) checkPolicies(path, rules, refuse);
  return errors;
}

type Refuse = (
  code: TlsCertificateErrorCode,
  certificate: Certificate,
  fact: string,
  hint?: string,
) => void;

/** Section 6.1.3 (a) (2); both ends belong to it (section 4.1.2.5). */
function checkValidity(
  certificate: Certificate,
  now: Date,
  refuse: Refuse,
): void {
  const { notBefore, notAfter } = certificate;
  if (now > notAfter) {
    refuse(
      "certificate_expired",
      certificate,
      `it expired at ${timeText(notAfter)}; it is ${timeText(now)}`,
      CLOCK_HINT,
    );
  } else if (now < notBefore) {
    refuse(
      "certificate_not_yet_valid",
      certificate,
      `it is valid from ${timeText(notBefore)} on; it is ${timeText(now)}`,
      CLOCK_HINT,
    );
  }
}

function checkKey(
  path: readonly Certificate[],
  at: number,
  security: SecurityPolicy,
  refuse: Refuse,
): void {
  const certificate = path[at] as Certificate; // at is within
  const { publicKey } = certificate;
  const unsupported = unsupportedKey(publicKey);
  if (unsupported !== undefined) {
    const below = path[at - 1];
    refuse(
      "unsupported_key",
      certificate,
      below === undefined
        ? unsupported
        : `${unsupported}, so that the signature of ${
          nameOf(below)
        } cannot be checked`,
    );
    return;
  }
  const weak = refusalOfKey(publicKey, security);
  if (weak !== undefined) refuse("weak_key", certificate, weak);
}

/** Section 4.2: who does not know a critical extension must refuse. */
function checkCriticalExtensions(
  certificate: Certificate,
  refuse: Refuse,
): void {
  const unhandled = certificate.unhandledCriticalExtensions;
  for (const oid of unhandled.slice(0, MAX_LISTED)) {
    const name = extensionNames.get(oid);
    refuse(
      "unhandled_critical_extension",
      certificate,
      `its extension ${
        name === undefined ? oid : `${name} (${oid})`
      } is critical and not understood`,
    );
  }
}

/**
 * Section 4.2.1.12. Purposes of CAs restrict those of the certificates below,
 * as in the CA/Browser Forum's rules and in all implementations, though no RFC
 * says so.
 */
function checkExtendedKeyUsage(
  certificate: Certificate,
  at: number,
  usage: CertificateUsage,
  refuse: Refuse,
): void {
  const purposes = certificate.extensionValues.extendedKeyUsage;
  const wanted = usage === "server"
    ? KeyPurpose.serverAuth
    : KeyPurpose.clientAuth;
  if (
    purposes === undefined || purposes.includes(wanted) ||
    purposes.includes(KeyPurpose.anyExtendedKeyUsage)
  ) return;
  refuse(
    "wrong_key_usage",
    certificate,
    `${at === 0 ? "it is" : "what it issues is"} for ${
      certificate.extendedKeyUsage.slice(0, MAX_LISTED).join(", ")
    } and not for ${keyPurposeNames.get(wanted)}`,
    purposes.includes(KeyPurpose.serverAuth)
      ? `Public authorities issue for servers alone: usage: "any" lets clients show such certificates`
      : undefined,
  );
}

function checkLeaf(certificate: Certificate, refuse: Refuse): void {
  if (certificate.extensionValues.nameConstraints && !certificate.isCa) {
    refuse(
      "malformed_certificate",
      certificate,
      "it has nameConstraints and is not a CA (RFC 5280 section 4.2.1.10)",
    );
  }
}

/** Sections 6.1.4 (k), (l), (m) and (n): whether it may issue what is below. */
function checkCa(
  path: readonly Certificate[],
  at: number,
  isAnchor: boolean,
  refuse: Refuse,
): void {
  const certificate = path[at] as Certificate; // at is within
  const { basicConstraints, keyUsage } = certificate.extensionValues;
  // Versions 1 and 2 have no way to say that they are CAs: an anchor is one.
  if (!certificate.isCa && !(isAnchor && certificate.version < 3)) {
    refuse(
      "not_a_ca",
      certificate,
      `it issued ${nameOf(path[at - 1] as Certificate)} and is not a CA (${
        basicConstraints === undefined
          ? "it has no basicConstraints"
          : "its basicConstraints say so"
      })`,
    );
  }
  if (keyUsage !== undefined && !keyUsage.includes("keyCertSign")) {
    refuse(
      "wrong_key_usage",
      certificate,
      "it issued a certificate and its keyUsage has no keyCertSign",
    );
  }
  const limit = basicConstraints?.pathLength;
  const below = countIntermediates(path.slice(1, at));
  if (limit !== undefined && below > limit) {
    refuse(
      "path_too_long",
      certificate,
      `${below} CAs follow below it and its pathLenConstraint is ${limit}`,
    );
  }
}

function checkAlgorithm(
  path: readonly Certificate[],
  at: number,
  security: SecurityPolicy,
  refuse: Refuse,
): void {
  const certificate = path[at] as Certificate; // at is within
  const check = signatureCheck(
    certificate.signatureAlgorithmIdentifier,
    path[at + 1]?.publicKey,
    security,
  );
  if (!isCheck(check)) refuse(check.code, certificate, check.fact);
}

function checkDepth(
  path: readonly Certificate[],
  complete: boolean,
  maxDepth: number,
  refuse: Refuse,
): void {
  const intermediates = path.slice(1, complete ? -1 : undefined);
  const depth = countIntermediates(intermediates);
  if (depth <= maxDepth) return;
  refuse(
    "path_too_long",
    path[0] as Certificate, // a path has one at the least
    `${depth} intermediate CAs lie between it and the trust anchor, and maxDepth is ${maxDepth}`,
  );
}

/** Section 4.2.1.9: self-issued certificates do not count. */
function countIntermediates(certificates: readonly Certificate[]): number {
  return certificates.filter((certificate) => !certificate.isSelfIssued).length;
}

function checkFeatures(path: readonly Certificate[], refuse: Refuse): void {
  for (const { certificate, issuer, features } of missingFeatures(path)) {
    refuse(
      "missing_tls_feature",
      certificate,
      `it does not ask for the TLS features ${
        features.join(", ")
      }, which the tlsFeature extension of its issuer ${
        nameOf(issuer)
      } demands (RFC 7633 section 4.2.2)`,
    );
  }
}

function checkConstraints(
  path: readonly Certificate[],
  budget: WorkBudget,
  refuse: Refuse,
): void {
  for (const violation of constraintViolations(path, budget)) {
    refuse(
      "name_constraints",
      violation.certificate,
      `${violation.reason}, which is a name constraint of ${
        nameOf(violation.ca)
      }`,
    );
  }
}

function checkPolicies(
  path: readonly Certificate[],
  rules: PathRules,
  refuse: Refuse,
): void {
  const result = pathPolicies(path, rules);
  if (result.valid) return;
  const certificate = path.at(-2 - result.index) ?? path.at(-1);
  if (certificate) refuse("invalid_policy", certificate, result.reason);
}

/** The policies that a path up to an anchor is good for. */
export function pathPolicies(
  path: readonly Certificate[],
  { policies, budget }: Pick<PathRules, "policies" | "budget">,
): PolicyResult {
  const issued = path.slice(0, -1).toReversed();
  const anchor = path.at(-1);
  return validatePolicies(
    issued.map(policiesOf),
    { ...policies, anchor: anchor && policiesOf(anchor) },
    budget,
  );
}

function policiesOf(certificate: Certificate): CertificatePolicies {
  const values = certificate.extensionValues;
  return {
    isSelfIssued: certificate.isSelfIssued,
    policies: values.certificatePolicies?.map(({ oid }) => oid),
    policyMappings: values.policyMappings,
    requireExplicitPolicy: values.policyConstraints?.requireExplicitPolicy,
    inhibitPolicyMapping: values.policyConstraints?.inhibitPolicyMapping,
    inhibitAnyPolicy: values.inhibitAnyPolicy,
  };
}

function timeText(date: Date): string {
  return date.toISOString().replace(".000Z", "Z");
}

const CLOCK_HINT = "Is the clock of this machine right?";

/** Of how many things of one kind messages speak. */
const MAX_LISTED = 10;
