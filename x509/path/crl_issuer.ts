/**
 * Who signed a revocation list, and whether they may: RFC 5280 section 6.3.3
 * steps (f) and (g).
 *
 * @module
 */

import { equals } from "@std/bytes";
import type { SecurityPolicy } from "../../crypto/suites/security_level.ts";
import type { Certificate } from "../certificate/certificate.ts";
import type { Crl } from "../status/crl.ts";
import { type KnownSignatures, signatureRefusal } from "./revocation.ts";
import type { WorkBudget } from "../certificate/work_budget.ts";

/** Where the certificates of other keys of an authority come from. */
export interface CrlIssuers {
  /**
   * Certificates whose key a list may be signed with, apart from the path's.
   */
  candidates(crl: Crl): readonly Certificate[];
  /**
   * Why one of them is not to be believed for the status of a certificate, if
   * it is not.
   */
  refusal(
    candidate: Certificate,
    certificate: Certificate,
  ): Promise<SignerRefusal | undefined>;
}

/** Why a list is not relied on for who signed it. */
export interface SignerRefusal {
  /** The fact, to follow "the CRL". */
  readonly fact: string;
  /**
   * Whether the signer would vouch for itself, so that the list says nothing.
   */
  readonly isCircular: boolean;
}

/**
 * Finds the key that signed a list: usually that of the certificate's issuer,
 * or another key of the same authority, or that of a CRL issuer that it
 * authorized.
 *
 * @returns The reason if there is none.
 */
export async function crlSignerRefusal(
  crl: Crl,
  check: SignatureTerms & {
    readonly certificate: Certificate;
    readonly issuer: Certificate;
    readonly issuers?: CrlIssuers | undefined;
  },
): Promise<SignerRefusal | undefined> {
  const { certificate, issuer, issuers } = check;
  let fact: string | undefined;
  if (crl.issuerName.equals(issuer.subjectName)) {
    fact = issuerMisfit(issuer) ?? await signatureMisfit(crl, issuer, check);
    if (fact === undefined) return undefined;
  }
  let isCircular = false;
  const candidates = issuers?.candidates(crl) ?? [];
  for (const other of candidates.slice(0, MAX_CANDIDATES)) {
    // One that did not sign it says nothing about who did.
    const { publicKey } = other;
    if (await signatureOf(crl, publicKey, check) !== undefined) continue;
    // A key that is lost can sign that it is not.
    if (equals(publicKey.spki, certificate.publicKey.spki)) {
      isCircular = true;
      continue;
    }
    const misfit = issuerMisfit(other);
    const refusal = misfit === undefined
      ? await issuers?.refusal(other, certificate)
      : { fact: misfit, isCircular: false };
    if (refusal === undefined) return undefined;
    ({ fact, isCircular } = refusal);
  }
  return {
    fact: isCircular
      ? "it is signed with the key that it would vouch for"
      : fact ??
        `no certificate of its issuer "${crl.issuer}" is there that it is signed with`,
    isCircular,
  };
}

/** Which signatures count, and what they may cost. */
interface SignatureTerms {
  readonly security: SecurityPolicy;
  readonly budget?: WorkBudget | undefined;
}

/** Step (f): whether the issuer signs CRLs at all. */
function issuerMisfit(issuer: Certificate): string | undefined {
  const { keyUsage } = issuer.extensionValues;
  return keyUsage === undefined || keyUsage.includes("cRLSign")
    ? undefined
    : `the keyUsage of "${issuer.subject}" has no cRLSign (RFC 5280 section 6.3.3)`;
}

async function signatureMisfit(
  crl: Crl,
  issuer: Certificate,
  terms: SignatureTerms,
): Promise<string | undefined> {
  const fact = await signatureOf(crl, issuer.publicKey, terms);
  return fact && meansAnotherKey(crl, issuer)
    ? `${fact}: it names another key of the issuer than the certificate`
    : fact;
}

/** Whether the key identifier of a list is another one than a certificate's. */
export function meansAnotherKey(crl: Crl, issuer: Certificate): boolean {
  const wanted = crl.extensionValues.authorityKeyIdentifier?.keyIdentifier;
  const own = issuer.extensionValues.subjectKeyIdentifier;
  return wanted !== undefined && own !== undefined && !equals(wanted, own);
}

/** Step (g). What was found right stays known for as long as the list is. */
async function signatureOf(
  crl: Crl,
  key: Certificate["publicKey"],
  { security, budget }: SignatureTerms,
): Promise<string | undefined> {
  const known = signedBy.get(crl) ?? new Set();
  signedBy.set(crl, known);
  const signed = {
    data: crl.tbsCertList,
    algorithm: crl.signatureAlgorithmIdentifier,
    signature: crl.signature,
  };
  return await signatureRefusal(signed, key, security, { known, budget });
}

const signedBy = new WeakMap<Crl, KnownSignatures>();

/**
 * Other keys that are tried for one list: the sender of a chain can send many
 * certificates of one name, and a list may have megabytes.
 */
const MAX_CANDIDATES = 4;
