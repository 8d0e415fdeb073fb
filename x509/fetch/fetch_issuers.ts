/**
 * Fetches the issuers that certificates name: for peers that forget to send an
 * intermediate.
 *
 * @module
 */

import type { MaybePromise } from "../../crypto/primitives/provider.ts";
import { TlsError } from "../../errors.ts";
import { Certificate } from "../certificate/certificate.ts";
import { constructedTag, derContext, DerReader, Tag } from "../asn1/der.ts";
import {
  type FetchContext,
  Fetcher,
  type FetchOptions,
  httpUrls,
} from "./cache.ts";
import { AccessMethod } from "../asn1/oids.ts";
import { isPem } from "../asn1/pem.ts";

/**
 * Returns certificates that may have issued a certificate whose issuer was not
 * sent and is not trusted.
 */
export type IssuerSource = (
  certificate: Certificate,
  context?: FetchContext,
) => MaybePromise<readonly Certificate[]>;

/**
 * A helper that fetches missing intermediates from where authorityInfoAccess
 * says that they are (RFC 5280 section 4.2.2.1, "AIA chasing"). Give it as
 * `issuers` to `verifyChain`, or as an option of connections. Nothing is ever
 * fetched without it.
 *
 * The certificate whose URL is asked is not verified at that time: the peer
 * chooses it. Therefore only `http:` is asked, of public addresses alone unless
 * `allowPrivateAddresses` is set, and four times for one chain at most.
 *
 * @param options Limits, and where to keep certificates.
 * @returns The helper, for any number of connections.
 * @throws {TypeError} If an option is unknown or of the wrong type.
 * @throws {RangeError} If a number is out of range.
 *
 * @example Servers that forget their intermediate
 * ```ts
 * import { createContext } from "@x/tls";
 * import { fetchIssuers } from "@x/tls/x509";
 *
 * const context = createContext({ issuers: fetchIssuers() });
 * ```
 */
export function fetchIssuers(options: FetchOptions = {}): IssuerSource {
  const fetcher = new Fetcher("issuers", options, {
    maxBytes: MAX_CERTIFICATE,
    parse: readIssuers,
    until: ([issuer]) => issuer?.notAfter,
  });
  return async (certificate, { now = new Date(), onProblem } = {}) => {
    const { authorityInfoAccess = [] } = certificate.extensionValues;
    const urls = httpUrls(
      authorityInfoAccess
        .filter(({ accessMethod }) => accessMethod === AccessMethod.caIssuers)
        .map(({ accessLocation }) => accessLocation),
    );
    for (const url of urls.slice(0, MAX_URLS)) {
      try {
        return await fetcher.get(url, now);
      } catch (error) {
        if (!(error instanceof TlsError)) throw error;
        onProblem?.(error);
      }
    }
    return [];
  };
}

/**
 * RFC 5280 section 4.2.2.1: a certificate in DER, or several in a "certs-only"
 * CMS message. Some have PEM all the same.
 */
function readIssuers(bytes: Uint8Array): Certificate[] {
  if (isPem(bytes)) {
    const text = new TextDecoder().decode(bytes);
    return Certificate.fromPem(text).slice(0, MAX_CERTIFICATES);
  }
  const reader = DerReader.of(bytes, CMS).sequence("");
  return reader.has(Tag.OBJECT_IDENTIFIER)
    ? readCertsOnly(reader)
    : [Certificate.parse(bytes)];
}

/** ContentInfo and SignedData (RFC 5652 sections 3 and 5.1). */
function readCertsOnly(contentInfo: DerReader): Certificate[] {
  const type = contentInfo.oid("contentType");
  if (type !== SIGNED_DATA) contentInfo.fail("contentType", `${type}`);
  const signedData = contentInfo.explicit(0, "content").sequence("SignedData");
  signedData.integer("version");
  signedData.raw("digestAlgorithms");
  signedData.raw("encapContentInfo");
  const list = signedData.sequence("certificates", constructedTag(0));
  const certificates: Certificate[] = [];
  while (!list.done && certificates.length < MAX_CERTIFICATES) {
    certificates.push(Certificate.parse(list.raw("Certificate")));
  }
  return certificates;
}

const CMS = derContext("the issuer", "malformed_certificate");

/** id-signedData. */
const SIGNED_DATA = "1.2.840.113549.1.7.2";

/** Certificates of one answer. */
const MAX_CERTIFICATES = 8;
/** Certificates of authorities have one or two kilobytes. */
const MAX_CERTIFICATE = 1 << 16;
/** Places of one certificate that are tried. */
const MAX_URLS = 2;
