/**
 * The signed certificate timestamps that a certificate carries.
 *
 * @module
 */

import { TlsError } from "../../errors.ts";
import type { Certificate } from "../certificate.ts";
import { readTimestampList } from "../sct.ts";

/**
 * When the logs received it, in milliseconds since 1970; nothing, if there is no
 * list, and no times, if it is empty or cannot be read.
 */
export function timestampsOf(certificate: Certificate): number[] | undefined {
  const list = certificate.extensionValues.signedCertificateTimestamps;
  if (list === undefined) return undefined;
  try {
    return readTimestampList(list).map(({ timestamp }) => timestamp);
  } catch (error) {
    if (error instanceof TlsError) return [];
    throw error;
  }
}
