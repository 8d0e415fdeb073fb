/**
 * The authorities of a context, and the chains that they complete.
 *
 * @module
 */

import { Certificate } from "../../x509/certificate/certificate.ts";
import { TrustStore } from "../../x509/trust/trust_store.ts";
import { defaultTrust } from "./authorities.ts";
import type { SecureContextOptions } from "./context_options.ts";
import { binary, listOf } from "./credentials.ts";

/** Whom a context trusts. */
export function trustOf(
  authorities: readonly Certificate[] | undefined,
  added: readonly Certificate[],
): TrustStore {
  if (authorities === undefined) {
    return added.length === 0 ? defaultTrust() : defaultTrust().with(...added);
  }
  const all = [...authorities, ...added];
  return all.length === 0 ? TrustStore.none() : TrustStore.of(...all);
}

/** OpenSSL sends the issuers of a certificate that it finds in `ca`. */
export function withIssuers(
  chain: readonly Certificate[],
  authorities: readonly Certificate[],
): readonly Certificate[] {
  const whole = [...chain];
  for (let last = whole.at(-1); last !== undefined;) {
    last = issuerAmong(last, authorities);
    if (last === undefined || whole.includes(last)) break;
    whole.push(last);
  }
  return whole;
}

/** The issuer of a certificate, by its name. */
export function issuerAmong(
  certificate: Certificate,
  authorities: readonly Certificate[],
): Certificate | undefined {
  if (certificate.isSelfIssued) return undefined;
  return authorities.find(({ subjectName }) =>
    subjectName.key === certificate.issuerName.key
  );
}

/** What cannot be read trusts nobody, as in Node. */
export function readAuthorities(
  ca: SecureContextOptions["ca"],
): Certificate[] | undefined {
  if (!ca) return undefined;
  return listOf(ca).flatMap((each) => {
    const bytes = binary(each, "options.ca");
    try {
      return Certificate.fromPem(bytes.toString("latin1"));
    } catch {
      return [];
    }
  });
}
