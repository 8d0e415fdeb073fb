/**
 * The signatures of a path: each link from a certificate to its issuer's key is
 * checked once in a verification, whichever paths it is in, and all links of a
 * path at the same time.
 *
 * @module
 */

import type { Certificate } from "./certificate.ts";
import type { PublicKey } from "./public_key.ts";
import { verifySignedData } from "./signed_data.ts";
import type { WorkBudget } from "./work_budget.ts";

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
    const known = links.find((link) => sameBytes(link.key.spki, key.spki));
    if (known !== undefined) return known.result;
    const result = this.#check(certificate, key);
    this.#checked.set(certificate, [...links, { key, result }]);
    return result;
  }

  #check(certificate: Certificate, key: PublicKey): Promise<boolean> {
    this.#budget.signatureCheck();
    return verifySignedData(
      {
        algorithm: certificate.signatureAlgorithmIdentifier,
        signature: certificate.signature,
        data: certificate.tbsCertificate,
      },
      key,
    );
  }
}

interface CheckedLink {
  readonly key: PublicKey;
  readonly result: Promise<boolean>;
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}
