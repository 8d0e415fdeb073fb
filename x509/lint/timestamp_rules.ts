/**
 * Signed certificate timestamps: RFC 6962 section 3, BR 7.1.2.7.
 *
 * @module
 */

import { TlsError } from "../../errors.ts";
import type { Certificate } from "../certificate/certificate.ts";
import { ExtensionOid } from "../asn1/oids.ts";
import { readTimestampList } from "../status/sct.ts";
import { BR_2_0, RFC_6962 } from "./dates.ts";
import type { CertificateRule } from "./rule.ts";
import { LEAF, NOT_ROOT } from "./subject.ts";

/** Rules on certificate transparency. */
export const timestampRules: readonly CertificateRule[] = [
  {
    id: "timestamps_empty",
    source: "RFC 6962",
    section: "3.3",
    since: RFC_6962,
    roles: LEAF,
    requirement: "A list of signed certificate timestamps has at least one.",
    check: ({ certificate }) =>
      timestampsOf(certificate)?.length === 0 &&
      "its list of signed certificate timestamps is empty or cannot be read",
  },
  {
    id: "timestamps_in_precertificate",
    source: "RFC 6962",
    section: "3.1",
    since: RFC_6962,
    roles: LEAF,
    requirement: "A precertificate has no signed certificate timestamps.",
    check: ({ certificate }) =>
      certificate.extension(ExtensionOid.precertificatePoison) !== undefined &&
      timestampsOf(certificate) !== undefined &&
      "it is a precertificate with signed certificate timestamps",
  },
  {
    id: "backdated",
    source: "BR",
    section: "7.1.2.7",
    since: BR_2_0,
    roles: NOT_ROOT,
    requirement:
      "notBefore is not 48 hours or more before the certificate was signed, and so before its timestamps.",
    check: ({ certificate }) =>
      timestampsOf(certificate)?.some((timestamp) =>
        timestamp - certificate.notBefore.getTime() > 48 * 3_600_000
      ) && "its notBefore is more than 48 hours before its timestamps",
  },
];

/**
 * When the logs received it, in milliseconds since 1970, or `undefined` if
 * there is no list, and no times, if it is empty or cannot be read.
 */
function timestampsOf(certificate: Certificate): number[] | undefined {
  const list = certificate.extensionValues.signedCertificateTimestamps;
  if (list === undefined) return undefined;
  try {
    return readTimestampList(list).map(({ timestamp }) => timestamp);
  } catch (error) {
    if (error instanceof TlsError) return [];
    throw error;
  }
}
