/**
 * Which certificates a revocation list is about: RFC 5280 section 6.3.3 steps
 * (b) and (d).
 *
 * @module
 */

import { TlsError } from "../../errors.ts";
import type { Certificate } from "../certificate/certificate.ts";
import type { Crl, IssuingDistributionPoint } from "./crl.ts";
import { derContext, DerReader, sequence, Tag } from "../asn1/der.ts";
import {
  type DistributionPoint,
  type DistributionPointName,
  type ReasonFlag,
  reasonFlags,
} from "../certificate/distribution_points.ts";
import type { GeneralName } from "../certificate/general_name.ts";
import { DistinguishedName } from "../certificate/name.ts";

/** What a list covers of one certificate: reasons, or why none. */
export interface CrlScope {
  /** `interim_reasons_mask` (section 6.3.3 step (d)). */
  readonly reasons: readonly ReasonFlag[];
  /** Why it covers none, to follow "the CRL". */
  readonly misfit: string | undefined;
}

/**
 * Whether a list covers certificates of an issuer at all: it is the
 * issuer's own, or one that a distribution point of the certificate names
 * (section 6.3.3 step (b) (1)).
 */
export function isListFor(crl: Crl, certificate: Certificate): boolean {
  return crl.issuerName.equals(certificate.issuerName) ||
    isIndirect(crl) &&
      pointsOf(certificate).some((point) => namesIssuer(point, crl.issuerName));
}

/** Whether its entries may be of several issuers (section 5.2.5). */
export function isIndirect(crl: Crl): boolean {
  return crl.extensionValues.issuingDistributionPoint?.indirectCrl ?? false;
}

/** Which reasons a list covers for a certificate that it is for. */
export function scopeOf(crl: Crl, certificate: Certificate): CrlScope {
  const { issuingDistributionPoint: idp } = crl.extensionValues;
  const kind = idp && kindMisfit(idp, certificate);
  if (kind !== undefined) return { reasons: [], misfit: kind };
  const covered = idp?.onlySomeReasons ?? ALL_REASONS;
  const points = pointsOf(certificate).filter((point) =>
    isListOfPoint(crl, point, certificate)
  );
  if (points.length === 0) {
    return {
      reasons: [],
      misfit: "its distribution point is not one of the certificate's",
    };
  }
  return {
    reasons: covered.filter((reason) =>
      points.some(({ reasons }) => reasons?.includes(reason) ?? true)
    ),
    misfit: undefined,
  };
}

/** Section 6.3.3 steps (b) (2) (ii) to (iv). */
function kindMisfit(
  idp: IssuingDistributionPoint,
  certificate: Certificate,
): string | undefined {
  if (idp.onlyContainsAttributeCerts) {
    return "it is about attribute certificates alone";
  }
  if (idp.onlyContainsUserCerts && certificate.isCa) {
    return "it is not about certificates of CAs";
  }
  return idp.onlyContainsCaCerts && !certificate.isCa
    ? "it is about certificates of CAs alone"
    : undefined;
}

/**
 * The distribution points of a certificate, and the one of section 6.3.3 for
 * other lists: its issuer's name.
 */
function pointsOf(certificate: Certificate): readonly DistributionPoint[] {
  return [
    ...certificate.extensionValues.crlDistributionPoints ?? [],
    { name: undefined, reasons: undefined, crlIssuer: undefined },
  ];
}

/** Steps (b) (1) and (b) (2) (i). */
function isListOfPoint(
  crl: Crl,
  point: DistributionPoint,
  { issuerName }: Certificate,
): boolean {
  const isOfIssuer = point.crlIssuer === undefined
    ? crl.issuerName.equals(issuerName)
    : isIndirect(crl) && namesIssuer(point, crl.issuerName);
  if (!isOfIssuer) return false;
  const name = crl.extensionValues.issuingDistributionPoint?.name;
  if (name === undefined) return true;
  const names = fullNames(name, crl.issuerName);
  const wanted = point.name === undefined
    ? point.crlIssuer ?? [directoryName(issuerName)]
    : fullNames(point.name, relativeTo(point) ?? issuerName);
  return names.some((one) => wanted.some((other) => isSameName(one, other)));
}

function namesIssuer(
  { crlIssuer }: DistributionPoint,
  issuer: DistinguishedName,
): boolean {
  return crlIssuer?.some((name) =>
    name.type === "directoryName" && name.name.equals(issuer)
  ) ?? false;
}

/** Section 4.2.1.13: cRLIssuer, where there is one, has one name then. */
function relativeTo(
  { crlIssuer }: DistributionPoint,
): DistinguishedName | undefined {
  const [name] = crlIssuer ?? [];
  return name?.type === "directoryName" ? name.name : undefined;
}

/**
 * The names of a distribution point: one that is relative is a directoryName
 * below that of the issuer of the list.
 */
function fullNames(
  { fullName, nameRelativeToCrlIssuer: relative }: DistributionPointName,
  issuer: DistinguishedName,
): readonly GeneralName[] {
  if (fullName !== undefined) return fullName;
  const name = relative && below(issuer, relative);
  return name === undefined ? [] : [directoryName(name)];
}

/**
 * `relative` is `[1] IMPLICIT RelativeDistinguishedName`, which has not been
 * read yet. If it is malformed, it names no list.
 */
function below(
  issuer: DistinguishedName,
  relative: Uint8Array,
): DistinguishedName | undefined {
  const rdns: Uint8Array[] = [];
  const reader = DerReader.of(issuer.raw, NAME).sequence("");
  while (!reader.done) rdns.push(reader.raw("RelativeDistinguishedName"));
  const rdn = relative.slice();
  rdn[0] = Tag.SET;
  const name = DerReader.of(sequence(...rdns, rdn), NAME);
  try {
    return DistinguishedName.read(name, "nameRelativeToCRLIssuer");
  } catch (error) {
    if (error instanceof TlsError) return undefined;
    throw error;
  }
}

function directoryName(
  name: DistinguishedName,
): GeneralName & { type: "directoryName" } {
  return {
    type: "directoryName",
    name,
    get value() {
      return name.toString();
    },
  };
}

function isSameName(a: GeneralName, b: GeneralName): boolean {
  if (a.type === "directoryName" && b.type === "directoryName") {
    return a.name.equals(b.name);
  }
  return a.type === b.type && a.value === b.value;
}

/** Section 6.3.2, `all-reasons`. */
export const ALL_REASONS: readonly ReasonFlag[] = reasonFlags
  .filter((reason) => reason !== "unused");

const NAME = derContext("the distribution point", "malformed_crl");
