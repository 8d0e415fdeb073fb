/**
 * Where CRLs, OCSP responders and issuers are: cRLDistributionPoints (BR
 * 7.1.2.11.2) and authorityInfoAccess (BR 7.1.2.7.7 and 7.1.2.10.3).
 *
 * @module
 */

import type { AccessDescription } from "../certificate/extensions.ts";
import { AccessMethod } from "../asn1/oids.ts";
import { BR_1_0, BR_2_0, BR_2_0_1, BR_2_2 } from "./dates.ts";
import type { CertificateRule, Facts } from "./rule.ts";
import { EVERY, LEAF, type LintSubject, type Role, SUB_CA } from "./subject.ts";
import { quoted } from "./text.ts";

const SUBJECTS: readonly Role[] = ["subCa", "leaf"];

/** Rules on addresses. */
export const addressRules: readonly CertificateRule[] = [
  {
    id: "sub_ca_crl_missing",
    source: "BR",
    section: "7.1.2.11.2",
    since: BR_1_0,
    roles: SUB_CA,
    claimed: true,
    requirement: "A CA that is not a root has cRLDistributionPoints.",
    check: ({ values }) =>
      values.crlDistributionPoints === undefined &&
      "it has no cRLDistributionPoints",
  },
  {
    id: "leaf_crl_missing",
    source: "BR",
    section: "7.1.2.11.2",
    since: BR_2_0_1,
    roles: LEAF,
    claimed: true,
    requirement:
      "A server has cRLDistributionPoints or the address of an OCSP responder, unless it is valid for 7 days or less (10 days until March 2026).",
    check: (subject) =>
      subject.values.crlDistributionPoints === undefined &&
      accesses(subject, AccessMethod.ocsp).length === 0 &&
      !isShortLived(subject) &&
      "it has neither cRLDistributionPoints nor an OCSP responder",
  },
  {
    id: "crl_url",
    source: "BR",
    section: "7.1.2.11.2",
    since: BR_1_0,
    roles: SUBJECTS,
    requirement: "cRLDistributionPoints have the HTTP URL of a CRL.",
    check: ({ values: { crlDistributionPoints: points } }) =>
      points !== undefined && !crlNames(points).some(isHttp) &&
      "its cRLDistributionPoints have no HTTP URL",
  },
  {
    id: "crl_scheme",
    source: "BR",
    section: "7.1.2.11.2",
    since: BR_2_0,
    roles: EVERY,
    requirement:
      "Names in cRLDistributionPoints are URIs whose scheme is http.",
    check: ({ values: { crlDistributionPoints: points = [] } }) =>
      crlNames(points).filter((name) => !isHttp(name)).map(({ value }) =>
        `${quoted(value)} in its cRLDistributionPoints is not an HTTP URL`
      ),
  },
  {
    id: "crl_point",
    source: "BR",
    section: "7.1.2.11.2",
    since: BR_2_0,
    roles: EVERY,
    requirement:
      "A DistributionPoint has a fullName, no reasons and no cRLIssuer.",
    check: ({ values: { crlDistributionPoints: points = [] } }) =>
      points.some(({ name, reasons, crlIssuer }) =>
        name?.fullName === undefined || reasons !== undefined ||
        crlIssuer !== undefined
      ) &&
      "its cRLDistributionPoints have reasons or cRLIssuer, or no fullName",
  },
  {
    id: "leaf_aia_missing",
    source: "BR",
    section: "7.1.2.7.6",
    since: BR_1_0,
    roles: LEAF,
    claimed: true,
    requirement: "A server has authorityInfoAccess.",
    check: ({ values }) =>
      values.authorityInfoAccess === undefined &&
      "it has no authorityInfoAccess",
  },
  {
    id: "leaf_ocsp_missing",
    source: "BR",
    section: "7.1.2.7.7",
    since: BR_1_0,
    until: BR_2_0,
    roles: LEAF,
    claimed: true,
    requirement: "A server has the address of an OCSP responder.",
    check: (subject) =>
      subject.values.authorityInfoAccess !== undefined &&
      !accesses(subject, AccessMethod.ocsp).some(({ accessLocation }) =>
        isHttp(accessLocation)
      ) && "its authorityInfoAccess has no HTTP URL of an OCSP responder",
  },
  {
    id: "sub_ca_aia_missing",
    source: "BR",
    section: "7.1.2.6.1",
    since: BR_1_0,
    until: "2020-08-20",
    roles: SUB_CA,
    claimed: true,
    requirement: "A CA that is not a root has authorityInfoAccess.",
    check: ({ values }) =>
      values.authorityInfoAccess === undefined &&
      "it has no authorityInfoAccess",
  },
  {
    id: "aia_method",
    source: "BR",
    section: "7.1.2.7.7",
    since: BR_2_0,
    roles: SUBJECTS,
    requirement:
      "authorityInfoAccess has id-ad-ocsp and id-ad-caIssuers alone.",
    check: ({ values: { authorityInfoAccess: access = [] } }) =>
      access.filter(({ accessMethod }) => !METHODS.has(accessMethod))
        .map(({ accessMethod }) =>
          `its authorityInfoAccess has the method ${accessMethod}`
        ),
  },
  {
    id: "aia_url",
    source: "BR",
    section: "7.1.2.7.7",
    since: BR_2_0,
    roles: SUBJECTS,
    requirement: "Locations in authorityInfoAccess are HTTP URLs.",
    check: ({ values: { authorityInfoAccess: access = [] } }) =>
      access.filter(({ accessMethod, accessLocation }) =>
        METHODS.has(accessMethod) && !isHttp(accessLocation)
      ).map(({ accessLocation }) =>
        `${
          quoted(accessLocation.value)
        } in its authorityInfoAccess is not an HTTP URL`
      ),
  },
  {
    id: "aia_repeated",
    source: "BR",
    section: "7.1.2.7.7",
    since: BR_2_0,
    roles: SUBJECTS,
    requirement:
      "authorityInfoAccess has no location twice for the same method.",
    check: checkRepeated,
  },
];

function checkRepeated({ values }: LintSubject): Facts {
  const access = values.authorityInfoAccess ?? [];
  const key = ({ accessMethod, accessLocation }: AccessDescription) =>
    `${accessMethod} ${accessLocation.type} ${accessLocation.value}`;
  const keys = new Set(access.map(key));
  return keys.size < access.length &&
    "its authorityInfoAccess has a location twice";
}

/** BR 1.6.1, Short-lived Subscriber Certificate. */
function isShortLived(
  { certificate: { notBefore, notAfter } }: LintSubject,
): boolean {
  const seconds = (notAfter.getTime() - notBefore.getTime()) / 1000;
  return seconds <= (notBefore < new Date(BR_2_2) ? 864_000 : 604_800);
}

function accesses(
  { values }: LintSubject,
  method: string,
): readonly AccessDescription[] {
  return values.authorityInfoAccess?.filter(({ accessMethod }) =>
    accessMethod === method
  ) ?? [];
}

function crlNames(
  points: NonNullable<LintSubject["values"]["crlDistributionPoints"]>,
) {
  return points.flatMap(({ name }) => name?.fullName ?? []);
}

function isHttp({ type, value }: { type: string; value: string }): boolean {
  return type === "uri" && /^http:\/\/[^/]/i.test(value);
}

const METHODS: ReadonlySet<string> = new Set(Object.values(AccessMethod));
