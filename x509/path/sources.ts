/**
 * What may be fetched to judge a certificate: the functions of a caller's that
 * give missing issuers, revocation lists and OCSP responses.
 *
 * @module
 */

import type { CrlSource } from "../fetch/fetch_crls.ts";
import type { IssuerSource } from "../fetch/fetch_issuers.ts";
import type { OcspSource } from "../fetch/fetch_ocsp.ts";
import type { Crl } from "../status/crl.ts";

/** What fetches what is missing. */
export interface PathSources {
  /** Lists for a path. */
  readonly crls?: CrlSource | undefined;
  /** A response for a leaf. */
  readonly ocsp?: OcspSource | undefined;
  /** Issuers that were not sent. */
  readonly issuers?: IssuerSource | undefined;
}

/** Options that give lists, responses and issuers, or functions for them. */
export interface RevocationOptions extends Omit<PathSources, "crls"> {
  /** Lists, or a function that returns them. */
  readonly crls?: readonly Crl[] | CrlSource | undefined;
}

/** What is given, and which sources to ask for it. */
export function revocationSources(
  { crls, ocsp, issuers }: RevocationOptions,
): {
  readonly crls: readonly Crl[] | undefined;
  readonly sources: PathSources | undefined;
} {
  const source = typeof crls === "function" ? crls : undefined;
  const isAsked = (source ?? ocsp ?? issuers) !== undefined;
  return {
    crls: typeof crls === "function" ? undefined : crls,
    sources: isAsked ? { crls: source, ocsp, issuers } : undefined,
  };
}
