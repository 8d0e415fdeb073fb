/**
 * Names for versions: for those that are handled alike, and for a range.
 *
 * @module
 */

import { nameOf, ProtocolVersion } from "../../registry.ts";

/** TLS 1.3. */
export type Tls13Version = typeof ProtocolVersion["TLSv1.3"];

/** A version before TLS 1.3. */
export type Tls12Version = typeof ProtocolVersion[
  | "TLSv1"
  | "TLSv1.1"
  | "TLSv1.2"
];

/** A range of versions for an error: "TLSv1.2 to TLSv1.3". */
export function versionRange(
  config: { readonly minVersion: number; readonly maxVersion: number },
): string {
  const low = nameOf(ProtocolVersion, config.minVersion);
  const high = nameOf(ProtocolVersion, config.maxVersion);
  return low === high ? low : `${low} to ${high}`;
}
