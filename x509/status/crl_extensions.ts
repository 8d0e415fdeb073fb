/**
 * Extensions of CRLs (RFC 5280 section 5.2).
 *
 * @module
 */

import { contextTag, type DerReader } from "../asn1/der.ts";
import {
  type DistributionPointName,
  readDistributionPointName,
  readReasonFlags,
  type ReasonFlag,
} from "../certificate/distribution_points.ts";
import {
  type AuthorityKeyIdentifier,
  readAuthorityKeyIdentifier,
} from "../certificate/extension_values.ts";
import type { Extension } from "../certificate/extensions.ts";
import { ExtensionOid } from "../asn1/oids.ts";

/** The values of the extensions that are understood. */
export interface CrlExtensions {
  /** Which of the issuer's keys signed it. */
  readonly authorityKeyIdentifier: AuthorityKeyIdentifier | undefined;
  /** Counts the lists of one issuer and scope. */
  readonly crlNumber: bigint | undefined;
  /** The number of the list that this one has the changes to. */
  readonly deltaCrlIndicator: bigint | undefined;
  /** Which certificates it is about. */
  readonly issuingDistributionPoint: IssuingDistributionPoint | undefined;
}

/** IssuingDistributionPoint (section 5.2.5). */
export interface IssuingDistributionPoint {
  /** Where the list is. */
  readonly name: DistributionPointName | undefined;
  /** Whether certificates of CAs are left out. */
  readonly onlyContainsUserCerts: boolean;
  /** Whether all but those of CAs are left out. */
  readonly onlyContainsCaCerts: boolean;
  /** The reasons of revocation that it covers, or `undefined` if all. */
  readonly onlySomeReasons: readonly ReasonFlag[] | undefined;
  /** Whether it has certificates of other issuers. */
  readonly indirectCrl: boolean;
  /** Whether it has attribute certificates alone. */
  readonly onlyContainsAttributeCerts: boolean;
}

/** Reads the extensions that are understood. */
export function readCrlExtensions(
  tbs: DerReader,
  extensions: readonly Extension[],
): CrlExtensions {
  const read = <T>(oid: string, read: (reader: DerReader) => T) => {
    const extension = extensions.find((extension) => extension.oid === oid);
    if (extension === undefined) return undefined;
    const inside = tbs.inside(extension.name ?? oid, extension.value);
    const value = read(inside);
    inside.end();
    return value;
  };
  return {
    authorityKeyIdentifier: read(
      ExtensionOid.authorityKeyIdentifier,
      readAuthorityKeyIdentifier,
    ),
    crlNumber: read(ExtensionOid.cRLNumber, readCrlNumber),
    deltaCrlIndicator: read(ExtensionOid.deltaCRLIndicator, readCrlNumber),
    issuingDistributionPoint: read(
      ExtensionOid.issuingDistributionPoint,
      readIssuingDistributionPoint,
    ),
  };
}

function readCrlNumber(reader: DerReader): bigint {
  const number = reader.bigint("");
  if (number < 0n) reader.fail("", "negative (RFC 5280 section 5.2.3)");
  return number;
}

function readIssuingDistributionPoint(
  reader: DerReader,
): IssuingDistributionPoint {
  const sequence = reader.sequence("");
  const name = readDistributionPointName(sequence);
  const onlyContainsUserCerts = readFlag(sequence, 1, "onlyContainsUserCerts");
  const onlyContainsCaCerts = readFlag(sequence, 2, "onlyContainsCACerts");
  const onlySomeReasons = readReasonFlags(sequence, 3, "onlySomeReasons");
  const indirectCrl = readFlag(sequence, 4, "indirectCRL");
  const onlyContainsAttributeCerts = readFlag(
    sequence,
    5,
    "onlyContainsAttributeCerts",
  );
  sequence.end();
  const kinds = [
    onlyContainsUserCerts,
    onlyContainsCaCerts,
    onlyContainsAttributeCerts,
  ];
  if (kinds.filter((kind) => kind).length > 1) {
    sequence.fail("", "more than one kind (RFC 5280 section 5.2.5)");
  }
  return {
    name,
    onlyContainsUserCerts,
    onlyContainsCaCerts,
    onlySomeReasons,
    indirectCrl,
    onlyContainsAttributeCerts,
  };
}

/** `[n] BOOLEAN DEFAULT FALSE`. */
function readFlag(reader: DerReader, n: number, field: string): boolean {
  if (!reader.has(contextTag(n))) return false;
  const flag = reader.boolean(field, contextTag(n));
  if (!flag) {
    reader.deviation(field, "FALSE is spelt out (X.690 section 11.5)");
  }
  return flag;
}

/** What is honoured, or refused for what it says. */
export const handledInCrls: ReadonlySet<string> = new Set([
  ExtensionOid.authorityKeyIdentifier,
  ExtensionOid.cRLNumber,
  ExtensionOid.deltaCRLIndicator,
  ExtensionOid.issuingDistributionPoint,
]);
