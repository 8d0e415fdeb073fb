/**
 * What comes out of a verification: types only.
 *
 * @module
 */

import type { Certificate } from "../certificate/certificate.ts";
import type { TlsCertificateError } from "../certificate/errors.ts";

/** What came out of a verification. */
export interface Verdict {
  /** Whether the leaf can be trusted. */
  readonly status: "verified" | "unverified";
  /**
   * From the leaf to the anchor. If no path is valid, the one that came
   * closest, as far as it was built.
   */
  readonly path: readonly Certificate[];
  /** All that is wrong with that path, the worst first; empty if verified. */
  readonly errors: readonly TlsCertificateError[];
  /**
   * What was left aside, such as an OCSP staple or a CRL that cannot be relied
   * on.
   */
  readonly warnings: readonly TlsCertificateError[];
  /**
   * The policies that the path is good for, among those asked for
   * (`user-constrained-policy-set` of RFC 9618), as dotted object identifiers;
   * `"2.5.29.32.0"` is any policy. Empty if unverified.
   */
  readonly policies: readonly string[];
}
