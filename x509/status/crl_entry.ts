/**
 * Entries of CRLs: `revokedCertificates` (RFC 5280 sections 5.1.2.6 and 5.3).
 *
 * @module
 */

import type { DerReader } from "../asn1/der.ts";
import { type Extension, readExtensions } from "../certificate/extensions.ts";
import {
  type GeneralName,
  readGeneralNames,
} from "../certificate/general_name.ts";
import { ExtensionOid } from "../asn1/oids.ts";
import { formatSerial } from "../certificate/serial_number.ts";

/** Why a certificate was revoked (RFC 5280 section 5.3.1). */
export type CrlReason =
  | "unspecified"
  | "keyCompromise"
  | "cACompromise"
  | "affiliationChanged"
  | "superseded"
  | "cessationOfOperation"
  | "certificateHold"
  | "removeFromCRL"
  | "privilegeWithdrawn"
  | "aACompromise";

/** One entry: a certificate that is revoked. */
export interface RevokedCertificate {
  /** Serial number in upper-case hexadecimal, as `Certificate.serialNumber`. */
  readonly serialNumber: string;
  /** When it was revoked. */
  readonly revocationDate: Date;
  /** Why, if the entry says it. */
  readonly reason: CrlReason | undefined;
  /** Since when the key is known or suspected to be bad. */
  readonly invalidityDate: Date | undefined;
  /** Whose certificate it is, in a list of several issuers. */
  readonly certificateIssuer: readonly GeneralName[] | undefined;
  /** The extensions, in their order. */
  readonly extensions: readonly Extension[];
  /** Critical ones that are not understood: object identifiers. */
  readonly unhandledCriticalExtensions: readonly string[];
}

/** Reads one entry. */
export function readEntry(list: DerReader): RevokedCertificate {
  const entry = list.sequence("entry");
  const serial = entry.integerBytes("userCertificate");
  const revocationDate = entry.time("revocationDate");
  const extensions = entry.done
    ? NONE
    : readExtensions(entry, "crlEntryExtensions");
  entry.end();
  const values = extensions.length === 0
    ? NO_VALUES
    : readValues(entry, extensions);
  return {
    // Most are never looked at, and the text takes longer than all the rest.
    get serialNumber() {
      return formatSerial(serial);
    },
    revocationDate,
    ...values,
    extensions,
  };
}

type Values = Pick<
  RevokedCertificate,
  | "reason"
  | "invalidityDate"
  | "certificateIssuer"
  | "unhandledCriticalExtensions"
>;

function readValues(
  entry: DerReader,
  extensions: readonly Extension[],
): Values {
  let { reason, invalidityDate, certificateIssuer } = NO_VALUES;
  const unhandled: string[] = [];
  for (const { oid, critical, value, name } of extensions) {
    const inside = entry.inside(name ?? oid, value);
    if (oid === ExtensionOid.cRLReason) reason = readReason(inside, "");
    else if (oid === ExtensionOid.invalidityDate) {
      invalidityDate = inside.generalizedTime("");
    } else if (oid === ExtensionOid.certificateIssuer) {
      certificateIssuer = readGeneralNames(inside, "");
      // Only lists of several issuers have it: RFC 5280 section 5.3.3.
      if (critical) unhandled.push(oid);
      continue;
    } else {
      if (critical) unhandled.push(oid);
      continue;
    }
    inside.end();
  }
  return {
    reason,
    invalidityDate,
    certificateIssuer,
    unhandledCriticalExtensions: unhandled,
  };
}

/** Reads a `CRLReason` (section 5.3.1). */
export function readReason(reader: DerReader, field: string): CrlReason {
  const value = reader.enumerated(field);
  return reasons[value] ??
    reader.fail(field, `the reason ${value} (RFC 5280 section 5.3.1)`);
}

const NONE: readonly Extension[] = [];

const NO_VALUES: Values = {
  reason: undefined,
  invalidityDate: undefined,
  certificateIssuer: undefined,
  unhandledCriticalExtensions: [],
};

/** By number; 7 is not used. */
const reasons: readonly (CrlReason | undefined)[] = [
  "unspecified",
  "keyCompromise",
  "cACompromise",
  "affiliationChanged",
  "superseded",
  "cessationOfOperation",
  "certificateHold",
  undefined,
  "removeFromCRL",
  "privilegeWithdrawn",
  "aACompromise",
];
