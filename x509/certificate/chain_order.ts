/**
 * Chains that do not begin with the peer's own certificate.
 *
 * @module
 */

import type { Certificate } from "./certificate.ts";
import { nameOf } from "./refusal.ts";

/**
 * What is wrong with the order of a chain: RFC 9846 section 4.5.1
 * (Certificate), "The sender's certificate MUST come in the first
 * CertificateEntry in the list."
 *
 * @param chain As the peer sent it.
 * @returns A sentence without its end, or `undefined` if the first may be its
 * own.
 */
export function orderHint(chain: readonly Certificate[]): string | undefined {
  const [first, ...others] = chain;
  if (first === undefined || !first.isCa) return undefined;
  const at = others.findIndex(({ isCa }) => !isCa);
  const own = others[at];
  return own &&
    `The chain is in the wrong order: it begins with the CA ${
      nameOf(first)
    }, and certificate ${at + 2} of it, that of ${
      nameOf(own)
    }, seems to be the peer's own, which has to come first`;
}
