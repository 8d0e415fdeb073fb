/**
 * Whether a certificate is on its issuer's revocation lists: CRL validation of
 * RFC 5280 section 6.3, for complete lists that the issuer signed itself.
 *
 * @module
 */

import { equals } from "@std/bytes";
import type { SecurityPolicy } from "../crypto/security_level.ts";
import type { Certificate } from "./certificate.ts";
import type { Crl, IssuingDistributionPoint } from "./crl.ts";
import {
  type DistributionPointName,
  type ReasonFlag,
  reasonFlags,
} from "./distribution_points.ts";
import { TlsCertificateError } from "./errors.ts";
import type { GeneralName } from "./general_name.ts";
import {
  CLOCK_TOLERANCE,
  type IssuedBy,
  type KnownSignatures,
  type RevocationStatus,
  signatureRefusal,
} from "./revocation.ts";

/** What a certificate is checked with. */
export interface CrlCheck extends IssuedBy {
  /** Lists of any issuers. */
  readonly crls: readonly Crl[];
  /** The time. */
  readonly now: Date;
  /** How strong signatures have to be. */
  readonly security: SecurityPolicy;
  /** Whether lists have to keep all rules of RFC 5280 section 5. */
  readonly strict?: boolean;
}

/**
 * Finds out from CRLs whether a certificate is revoked.
 *
 * A list that names the certificate's issuer counts if the issuer signed it, it
 * is complete and direct, covers such certificates, is current and has nothing
 * critical that is not understood. Of what has expired, only what it lists
 * counts.
 */
export async function checkCrls(check: CrlCheck): Promise<RevocationStatus> {
  const { certificate, crls } = check;
  const ours = crls.filter((crl) =>
    crl.issuerName.equals(certificate.issuerName)
  );
  const covered = new Set<ReasonFlag>();
  let unusable: string | undefined;
  for (const crl of ours) {
    const finding = await checkCrl(crl, check);
    if (typeof finding === "string") unusable ??= finding;
    else if (finding.status !== "covered") return finding;
    else finding.reasons.forEach((reason) => covered.add(reason));
  }
  // Section 6.3.3 step (l): only all reasons together say that it is good.
  if (ALL_REASONS.every((reason) => covered.has(reason))) {
    return { status: "good" };
  }
  if (unusable !== undefined) {
    return unknown(certificate, "crl_unusable", unusable);
  }
  return unknown(
    certificate,
    "revocation_unknown",
    covered.size > 0
      ? `the CRLs of its issuer cover ${[...covered].join(", ")} alone`
      : `there is no CRL of its issuer "${certificate.issuer}"`,
  );
}

/** That one list does not have the certificate, for reasons that it covers. */
interface Covered {
  readonly status: "covered";
  readonly reasons: readonly ReasonFlag[];
}

/** What one list says; or, as a sentence, why it cannot be relied on. */
async function checkCrl(
  crl: Crl,
  check: CrlCheck,
): Promise<Covered | RevocationStatus | string> {
  const { certificate, issuer, now, security } = check;
  const misfit = scopeMisfit(crl, check) ?? structureMisfit(crl, check) ??
    issuerMisfit(issuer) ??
    await signatureMisfit(crl, issuer, security);
  if (misfit !== undefined) return misfit;
  const entry = crl.find(certificate.serialNumberBytes);
  // Section 6.3.3 step (k): removeFromCRL is not revoked.
  if (entry !== undefined && entry.reason !== "removeFromCRL") {
    const { revocationDate, reason } = entry;
    return revoked(certificate, revocationDate, reason);
  }
  const reasons = crl.extensionValues.issuingDistributionPoint
    ?.onlySomeReasons ?? ALL_REASONS;
  return timeMisfit(crl, now) ?? { status: "covered", reasons };
}

/** Section 6.3.3 step (b): whether the list is about such certificates. */
function scopeMisfit(
  { extensionValues: { issuingDistributionPoint: scope } }: Crl,
  { certificate }: CrlCheck,
): string | undefined {
  if (scope === undefined) return undefined;
  if (scope.onlyContainsAttributeCerts) {
    return "it is about attribute certificates alone";
  }
  if (scope.onlyContainsUserCerts && certificate.isCa) {
    return "it is not about certificates of CAs";
  }
  if (scope.onlyContainsCaCerts && !certificate.isCa) {
    return "it is about certificates of CAs alone";
  }
  if (scope.name !== undefined && !hasPoint(certificate, scope)) {
    return "its distribution point is none of the certificate's";
  }
  return undefined;
}

/**
 * Step (b)(2)(i): one of the names of the list is one of the certificate's. A
 * certificate without distribution points has its issuer's name for one.
 */
function hasPoint(
  certificate: Certificate,
  { name }: IssuingDistributionPoint,
): boolean {
  const points = certificate.extensionValues.crlDistributionPoints;
  if (points === undefined) {
    return name?.fullName?.some((one) =>
      one.type === "directoryName" && one.name.equals(certificate.issuerName)
    ) ?? false;
  }
  return points.some((point) =>
    // cRLIssuer stands for lists of others, which are not relied on.
    point.crlIssuer === undefined && sharesName(point.name, name)
  );
}

function sharesName(
  a: DistributionPointName | undefined,
  b: DistributionPointName | undefined,
): boolean {
  const relative = a?.nameRelativeToCrlIssuer;
  if (relative !== undefined) {
    const other = b?.nameRelativeToCrlIssuer;
    return other !== undefined && equals(relative, other);
  }
  return a?.fullName?.some((one) =>
    b?.fullName?.some((other) => isSameName(one, other))
  ) ?? false;
}

function isSameName(a: GeneralName, b: GeneralName): boolean {
  if (a.type === "directoryName" && b.type === "directoryName") {
    return a.name.equals(b.name);
  }
  return a.type === b.type && a.value === b.value;
}

/** What the list is, as opposed to what it is about. */
function structureMisfit(crl: Crl, { strict }: CrlCheck): string | undefined {
  if (crl.isDelta) {
    return "it is a delta CRL (RFC 5280 section 5.2.4), and those are not supported: give the complete one";
  }
  if (crl.extensionValues.issuingDistributionPoint?.indirectCrl) {
    return "it is an indirect CRL (RFC 5280 section 5.2.5), and those are not supported: give the issuer's own";
  }
  const [extension] = crl.unhandledCriticalExtensions;
  if (extension !== undefined) {
    return `its critical extension ${extension} is not known (RFC 5280 section 5.2)`;
  }
  const [entryExtension] = crl.unhandledCriticalEntryExtensions;
  if (entryExtension !== undefined) {
    return `the critical extension ${entryExtension} of its entries is not known (RFC 5280 section 5.3)`;
  }
  return strict ? crl.deviations[0] : undefined;
}

/** Step (f): whether the issuer signs CRLs at all. */
function issuerMisfit(issuer: Certificate): string | undefined {
  const { keyUsage } = issuer.extensionValues;
  return keyUsage === undefined || keyUsage.includes("cRLSign")
    ? undefined
    : `the keyUsage of "${issuer.subject}" has no cRLSign (RFC 5280 section 6.3.3)`;
}

/** Step (g). What was found right stays known for as long as the list is. */
async function signatureMisfit(
  crl: Crl,
  issuer: Certificate,
  security: SecurityPolicy,
): Promise<string | undefined> {
  const known = signedBy.get(crl) ?? new Set();
  signedBy.set(crl, known);
  const signed = {
    data: crl.tbsCertList,
    algorithm: crl.signatureAlgorithmIdentifier,
    signature: crl.signature,
  };
  const { publicKey } = issuer;
  const fact = await signatureRefusal(signed, publicKey, security, known);
  const wanted = crl.extensionValues.authorityKeyIdentifier?.keyIdentifier;
  const own = issuer.extensionValues.subjectKeyIdentifier;
  return fact && wanted && own && !equals(wanted, own)
    ? `${fact}: it names another key of the issuer than the certificate`
    : fact;
}

/** Section 5.1.2.4 and 5.1.2.5. */
function timeMisfit(
  { thisUpdate, nextUpdate }: Crl,
  now: Date,
): string | undefined {
  if (thisUpdate.getTime() > now.getTime() + CLOCK_TOLERANCE) {
    return `it is not valid before ${thisUpdate.toISOString()}`;
  }
  if (nextUpdate === undefined) {
    return "it has no nextUpdate (RFC 5280 section 5.1.2.5)";
  }
  return nextUpdate < now
    ? `it has expired at ${nextUpdate.toISOString()}`
    : undefined;
}

/** The verdict on a certificate that is revoked. */
export function revoked(
  certificate: Certificate,
  revocationDate: Date,
  reason: (RevocationStatus & { status: "revoked" })["reason"],
): RevocationStatus {
  const error = new TlsCertificateError(
    "certificate_revoked",
    `Cannot accept the certificate "${certificate.subject}": it was revoked at ${revocationDate.toISOString()}${
      reason === undefined ? "" : ` (${reason})`
    }`,
    { certificate },
  );
  return { status: "revoked", error, revocationDate, reason };
}

function unknown(
  certificate: Certificate,
  code: "crl_unusable" | "revocation_unknown",
  fact: string,
): RevocationStatus {
  const what = code === "crl_unusable"
    ? `the CRL of "${certificate.issuer}" cannot be relied on: ${fact}`
    : fact;
  const error = new TlsCertificateError(
    code,
    `Cannot tell whether the certificate "${certificate.subject}" is revoked: ${what}`,
    { certificate },
  );
  return { status: "unknown", error };
}

const signedBy = new WeakMap<Crl, KnownSignatures>();

/** Section 6.3.2, `all-reasons`. */
const ALL_REASONS: readonly ReasonFlag[] = reasonFlags
  .filter((reason) => reason !== "unused");
