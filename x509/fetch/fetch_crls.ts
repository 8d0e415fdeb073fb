/**
 * Fetches the revocation lists that certificates name.
 *
 * @module
 */

import type { MaybePromise } from "../../crypto/primitives/provider.ts";
import { TlsError } from "../../errors.ts";
import type { Certificate } from "../certificate/certificate.ts";
import { Crl } from "../status/crl.ts";
import {
  type FetchContext,
  Fetcher,
  type FetchOptions,
  httpUrls,
} from "./cache.ts";

/**
 * Returns the lists for a path whose signatures hold, from the leaf to the anchor.
 * `context.onProblem` is called for each list that cannot be fetched.
 */
export type CrlSource = (
  path: readonly Certificate[],
  context?: FetchContext,
) => MaybePromise<readonly Crl[]>;

/**
 * A helper that fetches the CRLs of certificates from where their
 * cRLDistributionPoints are (RFC 5280 section 4.2.1.13), and keeps them until
 * their nextUpdate. Give it as `crls` to `verifyChain`, or as an option of
 * connections. Nothing is ever fetched without it.
 *
 * Only the URLs of a path that leads to a trust anchor are asked, and of these
 * only `http:`: the lists are signed, and what is behind `https:` would have to
 * be verified by them first.
 *
 * @param options Limits, and where to keep lists.
 * @returns The helper. One serves any number of connections and shares its
 * lists among them.
 * @throws {TypeError} If an option is unknown or of the wrong type.
 * @throws {RangeError} If a number is out of range.
 *
 * @example Servers whose certificates are not revoked
 * ```ts
 * import { createContext } from "@x/tls";
 * import { fetchCrls } from "@x/tls/x509";
 *
 * const context = createContext({ crls: fetchCrls({ timeout: 5000 }) });
 * ```
 */
export function fetchCrls(options: FetchOptions = {}): CrlSource {
  const fetcher = new Fetcher("CRLs", options, {
    maxBytes: MAX_CRL,
    parse: (bytes) => Crl.parse(bytes),
    until: (crl) => crl.nextUpdate,
  });
  return async (path, { now = new Date(), onProblem } = {}) => {
    const points = path.slice(0, -1).flatMap(pointsOf);
    const unique = Map.groupBy(points, (urls) => urls.join(" ")).values();
    const lists = await Promise.all(
      [...unique].slice(0, MAX_POINTS).map(([urls = []]) =>
        firstOf(fetcher, urls, now, onProblem)
      ),
    );
    return lists.filter((crl) => crl !== undefined);
  };
}

/** The URLs of each distribution point: one list, in several places. */
function pointsOf({ extensionValues }: Certificate): string[][] {
  return (extensionValues.crlDistributionPoints ?? [])
    .map(({ name }) => httpUrls(name?.fullName ?? []).slice(0, MAX_URLS))
    .filter((urls) => urls.length > 0)
    .slice(0, MAX_POINTS_OF_ONE);
}

async function firstOf(
  fetcher: Fetcher<Crl>,
  urls: readonly string[],
  now: Date,
  onProblem: FetchContext["onProblem"],
): Promise<Crl | undefined> {
  for (const url of urls) {
    try {
      return await fetcher.get(url, now);
    } catch (error) {
      if (!(error instanceof TlsError)) throw error;
      onProblem?.(error);
    }
  }
  return undefined;
}

/** The largest public lists have a tenth of it. */
const MAX_CRL = 1 << 24;
/** Lists for one path. */
const MAX_POINTS = 12;
/** Lists for one certificate: nearly always one. */
const MAX_POINTS_OF_ONE = 4;
/** Places of one list that are tried. */
const MAX_URLS = 3;
