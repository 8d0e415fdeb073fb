/**
 * The signatures of a path: each link from a certificate to its issuer's key is
 * checked once in a verification, whichever paths it is in, and all links of a
 * path at the same time.
 *
 * @module
 */

import { equals } from "@std/bytes";
import type { Certificate } from "../certificate/certificate.ts";
import type { PublicKey } from "../../crypto/signatures/public_key.ts";
import { verifySignedData } from "../certificate/signed_data.ts";
import type { WorkBudget } from "../certificate/work_budget.ts";

/** Checks signatures of certificates, and remembers what came out. */
export class LinkChecker {
  readonly #budget: WorkBudget;
  readonly #checked = new Map<Certificate, CheckedLink[]>();

  /** Starts without any knowledge. */
  constructor(budget: WorkBudget) {
    this.#budget = budget;
  }

  /**
   * Checks all signatures of a path but that of its last certificate.
   *
   * @returns The places of the certificates that the next one did not sign.
   * @throws {TlsCertificateError} `path_too_complex`, if there were too many.
   */
  async badLinks(path: readonly Certificate[]): Promise<number[]> {
    const results = await Promise.all(
      path.slice(0, -1).map((certificate, at) =>
        this.#isSignedBy(certificate, (path[at + 1] as Certificate).publicKey)
      ),
    );
    return results.flatMap((good, at) => good ? [] : [at]);
  }

  #isSignedBy(certificate: Certificate, key: PublicKey): Promise<boolean> {
    const links = this.#checked.get(certificate) ?? [];
    const known = links.find((link) => equals(link.key.spki, key.spki));
    if (known !== undefined) return known.result;
    const result = this.#check(certificate, key);
    this.#checked.set(certificate, [...links, { key, result }]);
    return result;
  }

  async #check(certificate: Certificate, key: PublicKey): Promise<boolean> {
    const signer = signers.get(certificate);
    if (signer !== undefined && equals(signer, key.spki)) return true;
    this.#budget.signatureCheck(key, certificate.tbsCertificate.length);
    const good = await verifySignedData(
      {
        algorithm: certificate.signatureAlgorithmIdentifier,
        signature: certificate.signature,
        data: certificate.tbsCertificate,
      },
      key,
    );
    if (good) signers.set(certificate, key.spki);
    return good;
  }
}

/**
 * The keys that certificates were found to be signed with. That one made a
 * signature depends on nothing but the bytes of the two; whether it may have
 * is asked each time.
 */
const signers = new WeakMap<Certificate, Uint8Array>();

interface CheckedLink {
  readonly key: PublicKey;
  readonly result: Promise<boolean>;
}
