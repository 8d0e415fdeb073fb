/**
 * Where CRLs are (RFC 5280 section 4.2.1.13): DistributionPoint, and its parts,
 * which CRLs have too.
 *
 * @module
 */

import { constructedTag, contextTag, type DerReader } from "../asn1/der.ts";
import { readList, readNamedBits } from "./extension_lists.ts";
import { type GeneralName, readGeneralNames } from "./general_name.ts";

/** DistributionPoint (RFC 5280 section 4.2.1.13). */
export interface DistributionPoint {
  /** Where the CRL is. */
  readonly name: DistributionPointName | undefined;
  /** Reasons that the CRL covers, or `undefined` if it covers all. */
  readonly reasons: readonly ReasonFlag[] | undefined;
  /** Who signs it, if it is not the certificate's issuer. */
  readonly crlIssuer: readonly GeneralName[] | undefined;
}

/** DistributionPointName: one of the two (RFC 5280 section 4.2.1.13). */
export interface DistributionPointName {
  /** Names, each for the same CRL. */
  readonly fullName: readonly GeneralName[] | undefined;
  /** A RelativeDistinguishedName in DER. */
  readonly nameRelativeToCrlIssuer: Uint8Array | undefined;
}

/** Reasons of revocation (RFC 5280 section 4.2.1.13). */
export type ReasonFlag =
  | "unused"
  | "keyCompromise"
  | "cACompromise"
  | "affiliationChanged"
  | "superseded"
  | "cessationOfOperation"
  | "certificateHold"
  | "privilegeWithdrawn"
  | "aACompromise";

/** Reads `CRLDistributionPoints`. */
export function readDistributionPoints(
  reader: DerReader,
): DistributionPoint[] {
  return readList(reader, "", readDistributionPoint);
}

function readDistributionPoint(reader: DerReader): DistributionPoint {
  const sequence = reader.sequence("DistributionPoint");
  const name = readDistributionPointName(sequence);
  const reasons = readReasonFlags(sequence, 1, "reasons");
  const crlIssuer = sequence.has(constructedTag(2))
    ? readGeneralNames(sequence, "cRLIssuer", constructedTag(2))
    : undefined;
  sequence.end();
  if (name === undefined && crlIssuer === undefined) {
    sequence.deviation(
      "",
      "neither distributionPoint nor cRLIssuer (RFC 5280 section 4.2.1.13)",
    );
  }
  return { name, reasons, crlIssuer };
}

/** Reads `distributionPoint [0] DistributionPointName OPTIONAL`. */
export function readDistributionPointName(
  reader: DerReader,
): DistributionPointName | undefined {
  const choice = reader.optionalExplicit(0, "distributionPoint");
  if (choice === undefined) return undefined;
  const full = choice.has(constructedTag(0));
  const name = {
    fullName: full
      ? readGeneralNames(choice, "fullName", constructedTag(0))
      : undefined,
    nameRelativeToCrlIssuer: full
      ? undefined
      : choice.raw("nameRelativeToCRLIssuer", constructedTag(1)),
  };
  choice.end();
  return name;
}

/** Reads `[n] ReasonFlags OPTIONAL`. */
export function readReasonFlags(
  reader: DerReader,
  n: number,
  field: string,
): ReasonFlag[] | undefined {
  return reader.has(contextTag(n))
    ? readNamedBits(reader, field, contextTag(n), reasonFlags)
    : undefined;
}

/** ReasonFlags, by bit number. */
export const reasonFlags: readonly ReasonFlag[] = [
  "unused",
  "keyCompromise",
  "cACompromise",
  "affiliationChanged",
  "superseded",
  "cessationOfOperation",
  "certificateHold",
  "privilegeWithdrawn",
  "aACompromise",
];
