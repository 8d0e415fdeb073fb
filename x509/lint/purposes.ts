/**
 * Which bits of keyUsage "may be consistent" with which purpose: the comments in
 * RFC 5280 section 4.2.1.12.
 *
 * @module
 */

import type { KeyUsage } from "../certificate/extensions.ts";
import { KeyPurpose } from "../asn1/oids.ts";

/** Whether every bit is consistent with a purpose. */
export function areConsistent(
  usages: readonly KeyUsage[],
  purposes: readonly string[],
): boolean {
  const sets = purposes.map((purpose) => consistent.get(purpose));
  // Of other purposes nothing is known.
  if (sets.includes(undefined)) return true;
  const allowed = new Set(sets.flatMap((set) => set ?? []));
  return usages.every((usage) => allowed.has(usage));
}

const consistent: ReadonlyMap<string, readonly KeyUsage[]> = new Map<
  string,
  readonly KeyUsage[]
>([
  [
    KeyPurpose.serverAuth,
    ["digitalSignature", "keyEncipherment", "keyAgreement"],
  ],
  [KeyPurpose.clientAuth, ["digitalSignature", "keyAgreement"]],
  [KeyPurpose.codeSigning, ["digitalSignature"]],
  [KeyPurpose.emailProtection, [
    "digitalSignature",
    "nonRepudiation",
    "keyEncipherment",
    "keyAgreement",
  ]],
  [KeyPurpose.timeStamping, ["digitalSignature", "nonRepudiation"]],
  [KeyPurpose.OCSPSigning, ["digitalSignature", "nonRepudiation"]],
]);
