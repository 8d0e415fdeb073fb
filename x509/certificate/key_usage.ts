/**
 * Whether the key of a leaf may do what it does in a handshake.
 *
 * @module
 */

import type { Certificate } from "./certificate.ts";
import { TlsCertificateError } from "./errors.ts";
import type { KeyUsage } from "./extension_values.ts";

/**
 * What is wrong with a leaf whose key is used so: a certificate that has the
 * keyUsage extension has to name the use (RFC 5280 section 4.2.1.3). That is
 * `digitalSignature` for a signature over the handshake (RFC 9846 section
 * 4.5.1.2), `keyEncipherment` for a premaster secret (RFC 5246 section 7.4.2).
 *
 * @param chain The certificates that were tried, for the error.
 */
export function keyUsageError(
  leaf: Certificate,
  usage: KeyUsage,
  chain: readonly Certificate[],
): TlsCertificateError | undefined {
  if (leaf.keyUsage.length === 0 || leaf.keyUsage.includes(usage)) {
    return undefined;
  }
  return new TlsCertificateError(
    "wrong_key_usage",
    `Cannot accept the certificate: its keyUsage lacks ${usage}`,
    { certificate: leaf, chain },
  );
}
