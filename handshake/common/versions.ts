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

/** Versions for an error: "TLSv1.2 to TLSv1.3", or their names. */
export function versionRange({ versions }: VersionSet): string {
  const names = versions.map((v) => nameOf(ProtocolVersion, v)).reverse();
  const [low = ""] = names;
  const high = names.at(-1) ?? "";
  if (hasHole(versions)) return names.join(" and ");
  return low === high ? low : `${low} to ${high}`;
}

/** Whether one between the highest and the lowest version is off. */
export function hasHole(versions: readonly number[]): boolean {
  const [highest = 0] = versions;
  return highest - (versions.at(-1) ?? 0) >= versions.length;
}

/** What has versions, highest first. */
export interface VersionSet {
  readonly versions: readonly number[];
}
