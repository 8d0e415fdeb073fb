/**
 * Which of our chains a peer can verify, by the lists that it sent (RFC 9846
 * section 4.5.1.2, "Certificate Selection").
 *
 * @module
 */

import { equals } from "@std/bytes";
import {
  schemesForServers,
  signatureSchemeById,
} from "../../crypto/signatures/signature_schemes.ts";
import { securityPolicy } from "../../crypto/suites/security_level.ts";
import { SignatureScheme } from "../../registry.ts";
import type { Certificate } from "../../x509/certificate/certificate.ts";
import { isCheck, signatureCheck } from "../../x509/certificate/signed_data.ts";
import type { LocalIdentity } from "./local_identity.ts";

/** What a peer says about the chains that it accepts. */
export interface ChainWishes {
  /**
   * SignatureSchemes of certificates: signature_algorithms_cert, or without it
   * signature_algorithms. `undefined`, if the peer sent neither.
   */
  readonly schemes: readonly number[] | undefined;
  /** DER of the names of authorities; empty, if any will do. */
  readonly authorities: readonly Uint8Array[];
}

/**
 * The identities in the order in which they suit a peer: first the chains whose
 * signatures it can verify ("MUST be signed by a signature algorithm advertised
 * by the peer, if it is able to provide such a chain"), among those the ones
 * that an authority of its list issued ("SHOULD"). Those alike stay in order.
 */
export function byChainWishes(
  identities: readonly LocalIdentity[],
  { schemes, authorities }: ChainWishes,
): readonly LocalIdentity[] {
  if (identities.length < 2) return identities;
  const accepted = schemes && new Set(schemes);
  const rank = (identity: LocalIdentity) =>
    (isSignedBy(identity, accepted) ? 2 : 0) +
    (isIssuedByOneOf(identity, authorities) ? 1 : 0);
  const ranks = new Map(identities.map((each) => [each, rank(each)]));
  return identities.toSorted((a, b) =>
    (ranks.get(b) ?? 0) - (ranks.get(a) ?? 0)
  );
}

/** Whether all signatures in the chain are by schemes of the set. */
export function isSignedBy(
  { chain }: LocalIdentity,
  accepted: ReadonlySet<number> | undefined,
): boolean {
  return accepted === undefined || chain.every((certificate) =>
    // "Certificates that are self-signed [...] MAY be signed with any algorithm."
    certificate.isSelfIssued ||
    schemesOf(certificate).some((scheme) => accepted.has(scheme))
  );
}

/**
 * Whether a chain may be shown although the peer did not say that it accepts
 * it: "This fallback chain MUST NOT use the deprecated SHA-1 hash, unless the
 * client specifically advertises that it is willing to accept SHA-1."
 */
export function mayFallBackTo(
  { chain }: LocalIdentity,
  accepted: readonly number[],
): boolean {
  return chain.every((certificate) => {
    if (certificate.isSelfIssued) return true;
    const overSha1 = schemesOf(certificate).filter((id) => SHA1.has(id));
    return overSha1.length === 0 ||
      overSha1.some((scheme) => accepted.includes(scheme));
  });
}

/** Without a list any issuer will do. */
export function isIssuedByOneOf(
  { chain }: LocalIdentity,
  authorities: readonly Uint8Array[],
): boolean {
  return authorities.length === 0 ||
    chain.some(({ issuerName }) =>
      authorities.some((name) => equals(name, issuerName.raw))
    );
}

/** The SignatureSchemes that stand for a certificate's signature. */
function schemesOf(certificate: Certificate): readonly number[] {
  const known = found.get(certificate);
  if (known !== undefined) return known;
  const check = signatureCheck(
    certificate.signatureAlgorithmIdentifier,
    undefined,
    EVERYTHING,
  );
  const schemes = !isCheck(check) ? [] : ALL.filter((id) => {
    const algorithm = signatureSchemeById(id)?.algorithm;
    return algorithm?.kind === check.kind &&
      hashOf(algorithm) === hashOf(check);
  });
  found.set(certificate, schemes);
  return schemes;
}

function hashOf(algorithm: { readonly kind: string }): unknown {
  return "hash" in algorithm ? algorithm.hash : undefined;
}

/** Our own certificates are looked at in each handshake. */
const found = new WeakMap<Certificate, readonly number[]>();

const ALL: readonly number[] = schemesForServers(
  Object.values(SignatureScheme),
);

const SHA1: ReadonlySet<number> = new Set([
  SignatureScheme.rsa_pkcs1_sha1,
  SignatureScheme.ecdsa_sha1,
]);

/** What is too weak is for the peer to say. */
const EVERYTHING = securityPolicy(0);
