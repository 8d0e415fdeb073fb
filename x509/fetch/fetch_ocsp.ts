/**
 * Asks OCSP responders about certificates (RFC 6960, and RFC 5019 for how).
 *
 * @module
 */

import { sha1 } from "../../crypto/primitives/hash.ts";
import { encodeBase64 } from "../../encoding.ts";
import type { MaybePromise } from "../../crypto/primitives/provider.ts";
import { TlsError } from "../../errors.ts";
import type { Certificate } from "../certificate/certificate.ts";
import {
  nullValue,
  octetString,
  oid,
  sequence,
  Tag,
  tlv,
} from "../asn1/der.ts";
import {
  type FetchContext,
  Fetcher,
  type FetchOptions,
  httpUrls,
} from "./cache.ts";
import type { HttpRequest } from "./http.ts";
import { OcspResponse } from "../status/ocsp.ts";
import { AccessMethod, HashOid } from "../asn1/oids.ts";

/**
 * Returns an OCSP response for the first certificate of a chain, in DER. Calls
 * `context.onProblem` if it cannot get one.
 */
export type OcspSource = (
  of: { readonly chain: readonly Certificate[] },
  context?: FetchContext,
) => MaybePromise<Uint8Array | undefined>;

/**
 * The result of {@linkcode fetchOcsp}: an {@linkcode OcspSource} that also
 * works as `onOcspRequest`, whose second argument is the connection.
 */
export type OcspFetcher = (
  of: { readonly chain: readonly Certificate[] },
  context?: object,
) => Promise<Uint8Array | undefined>;

/**
 * A helper that asks the responder that a certificate names. A client passes it
 * as `ocsp`, which is called if the server stapled no reliable response;
 * `verifyChain` accepts it too. A server passes it as `onOcspRequest`, and
 * staples the response. Nothing is ever fetched without it.
 *
 * A response is kept until its nextUpdate, or for an hour if it has none. The
 * helper checks only that it is an OCSP response; its user verifies it.
 *
 * @param options Limits, and where to keep responses.
 * @returns The helper, for any number of connections.
 * @throws {TypeError} If an option is unknown or of the wrong type.
 * @throws {RangeError} If a number is out of range.
 *
 * @example A server that staples, and a client that asks
 * ```ts
 * import { createContext } from "@x/tls";
 * import { fetchOcsp } from "@x/tls/x509";
 *
 * const ocsp = fetchOcsp();
 * const forServers = createContext({ onOcspRequest: ocsp });
 * const forClients = createContext({ ocsp, requireOcsp: true });
 * ```
 */
export function fetchOcsp(options: FetchOptions = {}): OcspFetcher {
  const fetcher = new Fetcher("OCSP responses", options, {
    maxBytes: MAX_RESPONSE,
    parse: successful,
    until: ({ responses: [single] }) => single?.nextUpdate,
  });
  return async ({ chain }, context: FetchContext = {}) => {
    const { now = new Date(), onProblem } = context;
    const [certificate] = chain;
    const issuer = certificate && issuerIn(chain, certificate);
    if (certificate === undefined || issuer === undefined) return undefined;
    const request = encodeRequest(certificate, issuer);
    for (const url of responders(certificate)) {
      try {
        const { raw } = await fetcher.get(...ask(url, request, now));
        return raw;
      } catch (error) {
        if (!(error instanceof TlsError)) throw error;
        onProblem?.(error);
      }
    }
    return undefined;
  };
}

/** The next one as a rule; a path may be without it if it is the anchor. */
function issuerIn(
  chain: readonly Certificate[],
  certificate: Certificate,
): Certificate | undefined {
  return chain.slice(1).find(({ subjectName }) =>
    subjectName.equals(certificate.issuerName)
  );
}

function responders({ extensionValues }: Certificate): string[] {
  const locations = (extensionValues.authorityInfoAccess ?? [])
    .filter(({ accessMethod }) => accessMethod === AccessMethod.ocsp)
    .map(({ accessLocation }) => accessLocation);
  return httpUrls(locations).slice(0, MAX_RESPONDERS);
}

/** RFC 5019 section 5: GET, so that caches help, where that is short enough. */
function ask(
  url: string,
  request: Uint8Array,
  now: Date,
): [url: string, now: Date, request: HttpRequest, key: string] {
  const base64 = encodeBase64(request);
  const key = `${url} ${base64}`;
  if (base64.length <= MAX_GET) {
    const path = `${url.replace(/\/$/, "")}/${encodeURIComponent(base64)}`;
    return [path, now, {}, key];
  }
  const contentType = "application/ocsp-request";
  return [url, now, { body: request, contentType }, key];
}

/** OCSPRequest of one certificate, without a nonce (RFC 6960 section 4.1.1). */
function encodeRequest(
  certificate: Certificate,
  issuer: Certificate,
): Uint8Array {
  const certId = sequence(
    // RFC 5019 section 2.1.1: SHA-1, which all responders know.
    sequence(oid(HashOid["SHA-1"]), nullValue()),
    octetString(sha1.digest(certificate.issuerName.raw)),
    octetString(sha1.digest(issuer.publicKey.bytes)),
    tlv(Tag.INTEGER, certificate.serialNumberBytes),
  );
  return sequence(sequence(sequence(sequence(certId))));
}

function successful(bytes: Uint8Array): OcspResponse {
  const response = OcspResponse.parse(bytes);
  if (response.status === "successful") return response;
  throw new TlsError(
    "fetch_failed",
    `the responder says ${response.status}`,
  );
}

/** A response has a signature and a certificate or two. */
const MAX_RESPONSE = 1 << 16;
/** Responders of one certificate that are asked. */
const MAX_RESPONDERS = 2;
/** RFC 5019 section 5, in characters of base64. */
const MAX_GET = 255;
