/**
 * What CRLs and OCSP responses have in common: a status, and how they are
 * signed.
 *
 * @module
 */

import type { SecurityPolicy } from "../../crypto/suites/security_level.ts";
import { bytesKey } from "../asn1/bytes.ts";
import type { Certificate } from "../certificate/certificate.ts";
import type { CrlReason } from "../status/crl_entry.ts";
import type { TlsCertificateError } from "../certificate/errors.ts";
import type { PublicKey } from "../../crypto/signatures/public_key.ts";
import {
  isCheck,
  signatureCheck,
  type SignedData,
  verifySignedData,
} from "../certificate/signed_data.ts";
import { WorkBudget } from "../certificate/work_budget.ts";

/** What was found out about one certificate. */
export type RevocationStatus =
  | {
    /** It is not revoked. */
    readonly status: "good";
  }
  | {
    /** It is revoked. */
    readonly status: "revoked";
    /** `certificate_revoked`. */
    readonly error: TlsCertificateError;
    /** When. */
    readonly revocationDate: Date;
    /** Why, if that was said. */
    readonly reason: CrlReason | undefined;
  }
  | {
    /** No reliable source tells. */
    readonly status: "unknown";
    /**
     * `revocation_unknown`, if nothing is about the certificate; `crl_unusable`
     * or `ocsp_response_unusable`, if something is and cannot be relied on.
     */
    readonly error: TlsCertificateError;
  };

/** A certificate and who issued it: the two that a path has side by side. */
export interface IssuedBy {
  readonly certificate: Certificate;
  readonly issuer: Certificate;
}

/**
 * Checks a signature.
 *
 * @returns `undefined` if it is right; otherwise the fact: that it is wrong,
 * too weak, or of a kind that is not supported.
 * @throws {TlsCertificateError} `path_too_complex`, if there were too many.
 */
export async function signatureRefusal(
  signed: SignedData,
  key: PublicKey,
  security: SecurityPolicy,
  { budget = new WorkBudget(), known }: SignatureLimits = {},
): Promise<string | undefined> {
  const check = signatureCheck(signed.algorithm, key, security);
  if (!isCheck(check)) return check.fact;
  const id = bytesKey(key.spki);
  if (known?.has(id)) return undefined;
  // A list is the program's own, however long: the peer's is the key alone.
  budget.signatureCheck(key, known === undefined ? signed.data.length : 0);
  if (!await verifySignedData(signed, key)) {
    return "its signature is wrong";
  }
  if (known !== undefined && known.size < MAX_KNOWN) known.add(id);
  return undefined;
}

/** What bounds the work on signatures. */
export interface SignatureLimits {
  /** What is left for the verification. */
  readonly budget?: WorkBudget | undefined;
  /** The keys for which the answer is known. */
  readonly known?: KnownSignatures | undefined;
}

/**
 * Keys with which the signature of one structure was found right: a list of
 * megabytes is not hashed again for every handshake.
 */
export type KnownSignatures = Set<string>;

/**
 * How far the clock of the signer and ours may be apart: five minutes,
 * in milliseconds.
 */
export const CLOCK_TOLERANCE = 300_000;

/** Keys remembered for one list: it has one, and a hostile chain many. */
const MAX_KNOWN = 8;
