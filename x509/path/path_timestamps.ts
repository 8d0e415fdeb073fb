/**
 * Certificate transparency (RFC 6962): whether a known log has seen the leaf.
 *
 * @module
 */

import type { Certificate } from "../certificate/certificate.ts";
import type { TlsCertificateError } from "../certificate/errors.ts";
import { OcspResponse } from "../status/ocsp.ts";
import { refusal } from "../certificate/refusal.ts";
import type { CtLogs } from "./ct_logs.ts";
import { checkTimestamps } from "./sct_check.ts";

/** Where timestamps are, and whose count. */
export interface TimestampInput {
  /** The logs, one of which has to have seen the leaf; nothing: none has to. */
  readonly ctLogs?: CtLogs | undefined;
  /**
   * The TLS extension signed_certificate_timestamp, or the items of its list.
   */
  readonly signedCertificateTimestamps?:
    | Uint8Array
    | readonly Uint8Array[]
    | undefined;
  /** What the peer stapled for the leaf, or why it cannot be read. */
  readonly ocspResponse?: OcspResponse | TlsCertificateError | undefined;
  /** The time. */
  readonly now: Date;
}

/**
 * Looks for a timestamp of a known log in the three places (section 3.3). An
 * anchor is trusted as it stands, and no log would take it.
 */
export async function missingTimestamp(
  path: readonly Certificate[],
  { ctLogs, signedCertificateTimestamps, ocspResponse, now }: TimestampInput,
): Promise<TlsCertificateError | undefined> {
  const [certificate, issuer] = path;
  if (!ctLogs || !certificate || !issuer) return undefined;
  const findings = await checkTimestamps({
    certificate,
    issuer,
    logs: ctLogs,
    now,
    extension: signedCertificateTimestamps,
    ocspResponse: ocspResponse instanceof OcspResponse
      ? ocspResponse
      : undefined,
  });
  if (findings.some(({ status }) => status === "valid")) return undefined;
  const found = findings.map(({ status }) => status.replaceAll("_", " "));
  return refusal(
    "sct_required",
    certificate,
    findings.length === 0
      ? 'it came without signed certificate timestamps, and "ctLogs" asks for one'
      : `none of its ${findings.length} signed certificate timestamps counts: ${
        found.join(", ")
      }`,
    path,
  );
}
