/**
 * Distrust that no certificate speaks of: keys of authorities that are in the
 * wrong hands, and roots that Mozilla trusts for what they issued up to a day.
 *
 * @module
 */

import { sha256 } from "../../crypto/primitives/hash.ts";
import { toHex } from "../../encoding.ts";
import type { Certificate } from "../certificate/certificate.ts";
import type { TlsCertificateError } from "../certificate/errors.ts";
import { refusal } from "../certificate/refusal.ts";
import type { PublicKey } from "../../crypto/signatures/public_key.ts";
import { distrustedKeys } from "./trust_data.ts";

/** Where dates of distrust come from. */
export interface DistrustDates {
  /** From when on what is under that anchor is not trusted. */
  distrustAfter(anchor: Certificate): Date | undefined;
}

/**
 * Checks every certificate of a path, the anchor included.
 *
 * @param trust The store of the path's anchor, or `undefined` if it reaches
 * none.
 * @returns What is wrong with it.
 */
export function checkDistrust(
  path: readonly Certificate[],
  trust: DistrustDates | undefined,
): TlsCertificateError[] {
  const errors = path.filter(({ publicKey }) => isDistrusted(publicKey))
    .map((certificate) =>
      refusal(
        "certificate_distrusted",
        certificate,
        "its key is on the list of distrusted keys, as others than its owner have it",
        path,
        "Have the certificate issued by another authority",
      )
    );
  const late = trust && lateLeaf(path, trust);
  return late === undefined ? errors : [...errors, late];
}

/**
 * As in NSS, the start of the leaf's validity counts. Intermediates are
 * reissued to serve leaves that are still good.
 */
function lateLeaf(
  path: readonly Certificate[],
  trust: DistrustDates,
): TlsCertificateError | undefined {
  const [leaf, anchor] = [path[0], path.at(-1)];
  const date = anchor && trust.distrustAfter(anchor);
  if (leaf === undefined || date === undefined || leaf.notBefore <= date) {
    return undefined;
  }
  return refusal(
    "certificate_distrusted",
    leaf,
    `its root "${anchor?.subject}" is trusted only for what it issued up to ${date.toISOString()}`,
    path,
    "Have the certificate issued by another authority",
  );
}

function isDistrusted(key: PublicKey): boolean {
  let distrusted = known.get(key);
  if (distrusted === undefined) {
    distrusted = distrustedKeys.has(toHex(sha256.digest(key.spki)));
    known.set(key, distrusted);
  }
  return distrusted;
}

/** What was found out: the same objects come with each connection. */
const known = new WeakMap<PublicKey, boolean>();
