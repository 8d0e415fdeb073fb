/**
 * The TLS features that CAs demand of what they issue: RFC 7633 section 4.2.2.
 *
 * @module
 */

import type { Certificate } from "../certificate/certificate.ts";

/** A certificate that lacks features that its issuer demands. */
export interface MissingFeatures {
  /** Which one. */
  readonly certificate: Certificate;
  /** Who issued it. */
  readonly issuer: Certificate;
  /** What it lacks: numbers of TLS extensions. */
  readonly features: readonly number[];
}

/**
 * "A certificate that is signed by a Certificate Signing Certificate that
 * contains a TLS feature extension MUST contain a TLS feature extension" with at
 * least the same features.
 *
 * @param path From the leaf on.
 */
export function missingFeatures(
  path: readonly Certificate[],
): MissingFeatures[] {
  return path.slice(0, -1).flatMap((certificate, at) => {
    const issuer = path[at + 1] as Certificate; // slice() left out the last
    const { tlsFeatures: own = [] } = certificate.extensionValues;
    const features = (issuer.extensionValues.tlsFeatures ?? [])
      .filter((feature) => !own.includes(feature));
    return features.length > 0 ? [{ certificate, issuer, features }] : [];
  });
}

/** RFC 7633 section 4: whether its server has to staple a response. */
export function isMustStaple(certificate: Certificate): boolean {
  return certificate.extensionValues.tlsFeatures?.includes(STATUS_REQUEST) ??
    false;
}

/** ExtensionType `status_request`. */
const STATUS_REQUEST = 5;
