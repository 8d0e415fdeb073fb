/**
 * Where a path ends that reaches no anchor, and why: the most frequent of all
 * certificate errors, so that its text has to say what to do.
 *
 * @module
 */

import type { Certificate } from "../certificate/certificate.ts";
import type { TlsCertificateError } from "../certificate/errors.ts";
import { AccessMethod } from "../asn1/oids.ts";
import type { PathBuilder, TrustAnchors } from "./path.ts";
import { refusal } from "../certificate/refusal.ts";
import { MAX_PATH_CERTIFICATES } from "../certificate/work_budget.ts";

/** As much of a path as there is. */
export interface DeadEnd {
  /** From the leaf to where nothing leads on. */
  readonly path: readonly Certificate[];
  /** `unknown_issuer`, with what is missing. */
  readonly error: TlsCertificateError;
}

/** Follows the best issuers from the leaf on until there is none. */
export function deadEnd(
  leaf: Certificate,
  builder: PathBuilder,
  anchors: TrustAnchors,
): DeadEnd {
  const path = [leaf];
  let last = leaf;
  while (path.length < MAX_PATH_CERTIFICATES) {
    const next = builder.issuersOf(last).find(({ certificate, isAnchor }) =>
      !isAnchor && !path.includes(certificate) &&
      !builder.isRefuted(last, certificate)
    );
    if (next === undefined) break;
    last = next.certificate;
    path.push(last);
  }
  const { fact, hint } = reasonOf(path, last, builder, anchors);
  return { path, error: refusal("unknown_issuer", last, fact, path, hint) };
}

interface Reason {
  readonly fact: string;
  readonly hint: string;
}

function reasonOf(
  path: readonly Certificate[],
  last: Certificate,
  builder: PathBuilder,
  anchors: TrustAnchors,
): Reason {
  const where = path.length === 1 ? "" : "the path ends at it: ";
  const store = `the trust store, which holds ${anchors.size} certificate${
    anchors.size === 1 ? "" : "s"
  }`;
  const namesake = anchors.findBySubject(last.issuerName)
    .find((anchor) => builder.isRefuted(last, anchor));
  if (last.issuerName.isEmpty) {
    return {
      fact: `${where}it does not name its issuer (RFC 5280 section 4.1.2.4)`,
      hint: "Have it reissued",
    };
  }
  const issuer = `"${last.issuer}"`;
  if (namesake !== undefined) {
    return {
      fact:
        `${where}it is signed by ${issuer} with another key than the certificate of that name has in ${store}, so that the signature does not verify`,
      hint:
        'The authority has changed its key, or another one has the same name: give its present certificate in "caCerts", or a store with it as "trust"',
    };
  }
  if (last.isSelfIssued && builder.issuersOf(last).length === 0) {
    return {
      fact: `${where}it is self-signed and not in ${store}`,
      hint: `Give it in "caCerts", or a store with it as "trust", if ${
        path.length === 1 ? "it is what you expect" : "you trust that authority"
      }`,
    };
  }
  if (builder.issuersOf(last).some(({ isAnchor }) => !isAnchor)) {
    return {
      fact:
        `${where}its issuers ${issuer} are all below it on the path, or have not signed it, and are not in ${store}`,
      hint:
        `Give the authority's root in "caCerts", or a store with it as "trust"`,
    };
  }
  return {
    fact:
      `${where}it is signed by ${issuer}, whose certificate was neither sent nor is in ${store}`,
    hint: path.length === 1 ? missingIntermediate(last) : missingAnchor(last),
  };
}

/** A leaf alone: nearly always a server that sends only its own certificate. */
function missingIntermediate(leaf: Certificate): string {
  const url = issuerUrl(leaf);
  return `The peer should send this intermediate with its own certificate${
    url === undefined ? "" : `: it is at ${url}`
  }. If it is the authority's root, give it in "caCerts", or a store with it as "trust"`;
}

function missingAnchor(last: Certificate): string {
  const url = issuerUrl(last);
  return `If it is the authority's root, give it in "caCerts", or a store with it as "trust". If it is one more intermediate, the peer should send it${
    url === undefined ? "" : `: it is at ${url}`
  }`;
}

/** Where the issuer's certificate is (RFC 5280 section 4.2.2.1). */
function issuerUrl(certificate: Certificate): string | undefined {
  return certificate.extensionValues.authorityInfoAccess?.find((
    { accessMethod, accessLocation },
  ) => accessMethod === AccessMethod.caIssuers && accessLocation.type === "uri")
    ?.accessLocation.value;
}
