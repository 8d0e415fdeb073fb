/**
 * Whether timestamps are those of known logs (RFC 6962 section 5.2): signature,
 * log and time.
 *
 * @module
 */

import { sha256 } from "../../crypto/primitives/hash.ts";
import {
  signatureSchemeById,
  verifyWithScheme,
} from "../../crypto/signatures/signature_schemes.ts";
import { TlsError } from "../../errors.ts";
import type { Certificate } from "../certificate/certificate.ts";
import type { OcspResponse } from "../status/ocsp.ts";
import type { PublicKey } from "../../crypto/signatures/public_key.ts";
import type { CtLog, CtLogs, KnownLog } from "./ct_logs.ts";
import { CLOCK_TOLERANCE, type IssuedBy } from "./revocation.ts";
import {
  type LogEntry,
  precertTbs,
  readTimestampList,
  type SignedCertificateTimestamp,
  signedTimestampData,
} from "../status/sct.ts";

/** What was found out about one timestamp. */
export interface TimestampVerdict {
  /** Where it was. */
  readonly source: TimestampSource;
  /** `"valid"`, or what speaks against it. */
  readonly status: TimestampStatus;
  /** The timestamp, or `undefined` if the list could not be read. */
  readonly timestamp: SignedCertificateTimestamp | undefined;
  /** The log, if it is known. */
  readonly log: CtLog | undefined;
}

/** The three ways for timestamps to come (RFC 6962 section 3.3). */
export type TimestampSource = "certificate" | "tls" | "ocsp";

/** Whether a timestamp counts, and why not. */
export type TimestampStatus =
  | "valid"
  | "unknown_log"
  | "unknown_version"
  | "bad_signature"
  | "in_the_future"
  | "log_retired"
  | "outside_of_interval"
  | "malformed";

/** What a certificate's timestamps are checked with. */
export interface TimestampCheck extends IssuedBy {
  /** The logs that are known. */
  readonly logs: CtLogs;
  /** The time. */
  readonly now: Date;
  /**
   * The TLS extension signed_certificate_timestamp, or the items of its list.
   */
  readonly extension?: Uint8Array | readonly Uint8Array[] | undefined;
  /** The response that was stapled; that it is right was found out before. */
  readonly ocspResponse?: OcspResponse | undefined;
}

/**
 * Checks the timestamps of a certificate from all three places. How many of
 * them there have to be is the caller's to say.
 */
export async function checkTimestamps(
  check: TimestampCheck,
): Promise<TimestampVerdict[]> {
  const { certificate, issuer } = check;
  const entry: LogEntry = {
    type: "x509_entry",
    certificate: certificate.raw,
  };
  const embedded = certificate.extensionValues.signedCertificateTimestamps;
  const lists: Promise<TimestampVerdict[]>[] = [];
  if (embedded !== undefined) {
    const precert: LogEntry = {
      type: "precert_entry",
      issuerKeyHash: sha256.digest(issuer.publicKey.spki),
      tbsCertificate: precertTbs(certificate),
    };
    lists.push(checkList("certificate", embedded, precert, check));
  }
  if (check.extension !== undefined) {
    lists.push(checkList("tls", check.extension, entry, check));
  }
  // A response may be about several certificates; it says one thing of each,
  // and what it repeats would be checked again and again.
  const single = check.ocspResponse?.responses.find((each) =>
    each.signedCertificateTimestamps !== undefined &&
    each.certId.serialNumber === certificate.serialNumber
  );
  if (single?.signedCertificateTimestamps !== undefined) {
    const list = single.signedCertificateTimestamps;
    lists.push(checkList("ocsp", list, entry, check));
  }
  return (await Promise.all(lists)).flat();
}

async function checkList(
  source: TimestampSource,
  list: Uint8Array | readonly Uint8Array[],
  entry: LogEntry,
  check: TimestampCheck,
): Promise<TimestampVerdict[]> {
  let timestamps: SignedCertificateTimestamp[];
  try {
    timestamps = readTimestampList(list);
  } catch (error) {
    if (!(error instanceof TlsError)) throw error;
    return [{
      source,
      status: "malformed",
      timestamp: undefined,
      log: undefined,
    }];
  }
  return await Promise.all(timestamps.map(async (timestamp) => {
    const known = check.logs.find(timestamp.logId);
    const status = await statusOf(timestamp, known, entry, check);
    return { source, status, timestamp, log: known?.log };
  }));
}

async function statusOf(
  timestamp: SignedCertificateTimestamp,
  known: KnownLog | undefined,
  entry: LogEntry,
  { now, certificate }: TimestampCheck,
): Promise<TimestampStatus> {
  if (timestamp.version !== 0) return "unknown_version";
  if (known === undefined) return "unknown_log";
  // Section 5.2: "whose timestamp is in the future" is invalid.
  if (timestamp.timestamp > now.getTime() + CLOCK_TOLERANCE) {
    return "in_the_future";
  }
  const { retiredAt } = known.log;
  if (retiredAt && timestamp.timestamp >= retiredAt.getTime()) {
    return "log_retired";
  }
  if (!isInInterval(certificate, known.log)) return "outside_of_interval";
  return await isSigned(timestamp, known.key, entry)
    ? "valid"
    : "bad_signature";
}

function isInInterval(
  { notAfter }: Certificate,
  { notAfterStart, notAfterEnd }: CtLog,
): boolean {
  return (notAfterStart === undefined || notAfter >= notAfterStart) &&
    (notAfterEnd === undefined || notAfter < notAfterEnd);
}

/** Section 2.1.4: ECDSA on P-256 or RSA, with SHA-256. */
async function isSigned(
  timestamp: SignedCertificateTimestamp,
  key: PublicKey,
  entry: LogEntry,
): Promise<boolean> {
  const scheme = signatureSchemeById(timestamp.signatureScheme);
  if (
    scheme === undefined || scheme.hash !== "SHA-256" ||
    scheme.keyType !== key.type || scheme.curve !== key.curve
  ) {
    return false;
  }
  const data = signedTimestampData(timestamp, entry);
  return await verifyWithScheme(scheme, key, data, timestamp.signature);
}
