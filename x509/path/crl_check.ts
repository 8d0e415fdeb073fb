/**
 * Whether a certificate is on revocation lists: CRL validation of RFC 5280
 * section 6.3.
 *
 * @module
 */

import { equals } from "@std/bytes";
import type { SecurityPolicy } from "../../crypto/suites/security_level.ts";
import type { Certificate } from "../certificate/certificate.ts";
import type { Crl, RevokedCertificate } from "../status/crl.ts";
import { type CrlIssuers, crlSignerRefusal } from "./crl_issuer.ts";
import {
  ALL_REASONS,
  isIndirect,
  isListFor,
  scopeOf,
} from "../status/crl_scope.ts";
import type { ReasonFlag } from "../certificate/distribution_points.ts";
import { TlsCertificateError } from "../certificate/errors.ts";
import { ExtensionOid } from "../asn1/oids.ts";
import {
  CLOCK_TOLERANCE,
  type IssuedBy,
  type RevocationStatus,
} from "./revocation.ts";
import type { WorkBudget } from "../certificate/work_budget.ts";

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
  /** Who else may have signed lists; without them, the issuer's key alone. */
  readonly issuers?: CrlIssuers;
  /** What the signatures may cost. */
  readonly budget?: WorkBudget | undefined;
}

/** What lists say of a certificate. */
export interface CrlFindings {
  /** What came out. */
  readonly status: RevocationStatus;
  /** Lists that would have counted and cannot be used, each with why. */
  readonly warnings: readonly TlsCertificateError[];
}

/**
 * Finds out from CRLs whether a certificate is revoked.
 *
 * A list counts if the certificate's issuer signed it, or whom the issuer
 * appointed; covers such certificates; is current; and has nothing critical
 * that is not understood. What an authority has signed that it revoked stays
 * revoked, though: in a list that has expired, in a delta without its base, in
 * a list of another scope. Only a current delta takes a certificate off hold.
 */
export async function checkCrls(check: CrlCheck): Promise<CrlFindings> {
  const { certificate } = check;
  const lists: ListFinding[] = [];
  const strange: TlsCertificateError[] = [];
  for (const crl of check.crls) {
    if (isListFor(crl, certificate)) lists.push(await examine(crl, check));
    else if (isIndirect(crl) && entryIn(crl, certificate) !== undefined) {
      strange.push(unusable(crl, certificate, NOT_APPOINTED));
    }
  }
  const status = statusFrom(lists, check);
  const used = status.status === "unknown" ? status.list : undefined;
  const warnings = lists
    .filter((list) => list.crl !== used && !list.isBesideThePoint)
    .flatMap((list) => {
      const fact = misfitOf(list, lists, check);
      return fact === undefined ? [] : [unusable(list.crl, certificate, fact)];
    });
  return { status: status.result, warnings: [...warnings, ...strange] };
}

/** What there is to say of one list. */
interface ListFinding {
  readonly crl: Crl;
  /** What it says of the certificate. */
  readonly entry: RevokedCertificate | undefined;
  /** The reasons that it covers. */
  readonly reasons: readonly ReasonFlag[];
  /** Why it cannot be used, whatever the time. */
  readonly misfit: string | undefined;
  /** Whether what it lists counts all the same. */
  readonly isAuthentic: boolean;
  /** Whether it is about others, or by one that would vouch for itself. */
  readonly isBesideThePoint: boolean;
  /** Whether nothing follows from that it is there. */
  readonly isCircular: boolean;
}

async function examine(crl: Crl, check: CrlCheck): Promise<ListFinding> {
  const { certificate, strict = false } = check;
  const entry = entryIn(crl, certificate);
  const { reasons, misfit: scope } = scopeOf(crl, certificate);
  const structure = criticalMisfit(crl);
  const other = scope ?? structure ?? (strict ? crl.deviations[0] : undefined);
  // Megabytes need not be hashed for nothing.
  const signer = other !== undefined && entry === undefined
    ? undefined
    : await crlSignerRefusal(crl, check);
  return {
    crl,
    entry,
    reasons,
    misfit: other ?? signer?.fact,
    isAuthentic: entry !== undefined && signer === undefined &&
      !crl.extensionValues.issuingDistributionPoint
        ?.onlyContainsAttributeCerts,
    isBesideThePoint: entry === undefined && scope !== undefined ||
      signer?.isCircular === true,
    isCircular: signer?.isCircular === true,
  };
}

/** Section 6.3.3 steps (i) and (j); an indirect list may have it of anyone. */
function entryIn(
  crl: Crl,
  certificate: Certificate,
): RevokedCertificate | undefined {
  return crl.find(certificate.serialNumberBytes, certificate.issuerName);
}

/** What came out, and of which list an error speaks. */
type Outcome =
  | { readonly status: "good" | "revoked"; readonly result: RevocationStatus }
  | {
    readonly status: "unknown";
    readonly result: RevocationStatus;
    readonly list: Crl | undefined;
  };

function statusFrom(lists: readonly ListFinding[], check: CrlCheck): Outcome {
  const { certificate } = check;
  // Section 6.3.3 step (k): removeFromCRL is not revoked.
  const listing = lists.filter((list) =>
    list.isAuthentic && list.entry?.reason !== "removeFromCRL" &&
    !isLifted(list, lists, check)
  );
  // "MUST NOT use that CRL to determine the status": so it is not known.
  const doubtful = listing.find(({ crl }) => criticalMisfit(crl) !== undefined);
  const certain = listing.find(({ crl }) => criticalMisfit(crl) === undefined)
    ?.entry;
  if (certain !== undefined) {
    const { revocationDate, reason } = certain;
    const result = revoked(certificate, revocationDate, reason);
    return { status: "revoked", result };
  }
  if (doubtful !== undefined) {
    const fact = `it lists the certificate, but ${doubtful.misfit}`;
    return unknown(certificate, "crl_unusable", fact, doubtful.crl);
  }
  const covered = new Set(
    lists.filter((list) => misfitOf(list, lists, check) === undefined)
      .flatMap(({ reasons }) => reasons),
  );
  // Section 6.3.3 step (l): only all reasons together say that it is good.
  if (ALL_REASONS.every((reason) => covered.has(reason))) {
    return { status: "good", result: { status: "good" } };
  }
  const bad = lists.filter((list) =>
    !list.isCircular && misfitOf(list, lists, check) !== undefined
  );
  const worst = bad.find((list) => !list.isBesideThePoint) ?? bad[0];
  const fact = worst && misfitOf(worst, lists, check);
  if (fact !== undefined) {
    return unknown(certificate, "crl_unusable", fact, worst?.crl);
  }
  return unknown(
    certificate,
    "revocation_unknown",
    covered.size > 0
      ? `the CRLs of its issuer cover ${[...covered].join(", ")} alone`
      : `there is no CRL of its issuer "${certificate.issuer}"`,
  );
}

/** Why a list does not say that a certificate is good that it does not have. */
function misfitOf(
  list: ListFinding,
  lists: readonly ListFinding[],
  check: CrlCheck,
): string | undefined {
  const { crl, misfit } = list;
  if (misfit !== undefined) return misfit;
  if (!crl.isDelta) {
    const time = timeMisfit(crl, check.now);
    // Section 5.2.4: a delta makes a new complete list of an old one.
    return time !== undefined && isUpdated(list, lists, check)
      ? undefined
      : time;
  }
  if (timeMisfit(crl, check.now) !== undefined) {
    return timeMisfit(crl, check.now);
  }
  return lists.some((complete) =>
      !complete.crl.isDelta && complete.misfit === undefined &&
      hasBegun(complete.crl, check.now) && changes(crl, complete.crl)
    )
    ? undefined
    : "it is a delta CRL (RFC 5280 section 5.2.4), and the complete list that it has the changes to is not there";
}

/** Whether a current delta fits a complete list. */
function isUpdated(
  { crl }: ListFinding,
  lists: readonly ListFinding[],
  { now }: CrlCheck,
): boolean {
  return hasBegun(crl, now) &&
    lists.some((delta) =>
      delta.misfit === undefined &&
      timeMisfit(delta.crl, now) === undefined && changes(delta.crl, crl)
    );
}

/** Section 6.3.3 step (k): whether a newer delta takes it off hold. */
function isLifted(
  { crl, entry }: ListFinding,
  lists: readonly ListFinding[],
  { now }: CrlCheck,
): boolean {
  return entry?.reason === "certificateHold" &&
    lists.some((delta) =>
      delta.misfit === undefined && delta.entry?.reason === "removeFromCRL" &&
      timeMisfit(delta.crl, now) === undefined && changes(delta.crl, crl)
    );
}

/**
 * Section 5.2.4 (a) to (d), and 6.3.3 step (c): whether a list is a delta that
 * can be combined with another list, which may be a delta too.
 */
function changes(delta: Crl, list: Crl): boolean {
  const { deltaCrlIndicator: base, crlNumber } = delta.extensionValues;
  const { crlNumber: number } = list.extensionValues;
  return base !== undefined && crlNumber !== undefined &&
    number !== undefined && base <= number && number < crlNumber &&
    delta.issuerName.equals(list.issuerName) &&
    ALIKE.every((oid) => equals(valueOf(delta, oid), valueOf(list, oid)));
}

function valueOf({ extensions }: Crl, oid: string): Uint8Array {
  return extensions.find((extension) => extension.oid === oid)?.value ??
    new Uint8Array(0);
}

/** Sections 5.2 and 5.3: what is critical and not understood. */
function criticalMisfit(crl: Crl): string | undefined {
  const [extension] = crl.unhandledCriticalExtensions;
  if (extension !== undefined) {
    return `its critical extension ${extension} is not known (RFC 5280 section 5.2)`;
  }
  const [entryExtension] = crl.unhandledCriticalEntryExtensions;
  return entryExtension &&
    `the critical extension ${entryExtension} of its entries is not known (RFC 5280 section 5.3)`;
}

/** Section 5.1.2.4 and 5.1.2.5. */
function timeMisfit(
  { thisUpdate, nextUpdate }: Crl,
  now: Date,
): string | undefined {
  if (!hasBegun({ thisUpdate }, now)) {
    return `it is not valid before ${thisUpdate.toISOString()}`;
  }
  if (nextUpdate === undefined) {
    return "it has no nextUpdate (RFC 5280 section 5.1.2.5)";
  }
  return nextUpdate < now
    ? `it expired at ${nextUpdate.toISOString()}`
    : undefined;
}

function hasBegun({ thisUpdate }: Pick<Crl, "thisUpdate">, now: Date): boolean {
  return thisUpdate.getTime() <= now.getTime() + CLOCK_TOLERANCE;
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
  list?: Crl,
): Outcome {
  const what = list === undefined
    ? fact
    : `${describe(list)} cannot be relied on: ${fact}`;
  const error = new TlsCertificateError(
    code,
    `Cannot tell whether the certificate "${certificate.subject}" is revoked: ${what}`,
    { certificate },
  );
  return { status: "unknown", result: { status: "unknown", error }, list };
}

function unusable(
  list: Crl,
  certificate: Certificate,
  fact: string,
): TlsCertificateError {
  return new TlsCertificateError(
    "crl_unusable",
    `Cannot rely on ${
      describe(list)
    } for the certificate "${certificate.subject}": ${fact}`,
    { certificate },
  );
}

/** Which of the lists it is. */
function describe({ issuer, crlNumber, thisUpdate, isDelta }: Crl): string {
  const number = crlNumber === undefined ? "" : ` number ${crlNumber}`;
  return `the ${
    isDelta ? "delta CRL" : "CRL"
  }${number} of "${issuer}" of ${thisUpdate.toISOString()}`;
}

/** What a delta has in common with its base. */
const ALIKE = [
  ExtensionOid.issuingDistributionPoint,
  ExtensionOid.authorityKeyIdentifier,
];

const NOT_APPOINTED =
  "it lists the certificate, and no distribution point of the certificate names its issuer (RFC 5280 section 6.3.3 (b) (1))";
