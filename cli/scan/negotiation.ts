/**
 * What a server negotiates: versions, suites, groups, signature schemes.
 *
 * @module
 */

import type { ClientOptions } from "../../connection/options/options.ts";
import type { TlsVersion } from "../../connection/options/negotiation_options.ts";
import type { CipherSuite } from "../../crypto/suites/cipher_suite.ts";
import { cipherSuites } from "../../crypto/suites/cipher_suites.ts";
import { listGroups, listSignatureSchemes } from "../../crypto/suites/lists.ts";
import { weakCipherSuites } from "../../crypto/suites/weak_cipher_suites.ts";
import { ProtocolVersion } from "../../registry.ts";
import type { Prober } from "./probe.ts";

/** A version that a server supports. */
export interface FoundVersion {
  readonly version: TlsVersion;
  /** In the order in which the server chooses them. */
  readonly cipherSuites: readonly CipherSuite[];
  /** Whose preference counts; `undefined` if there is but one suite. */
  readonly preference: "server" | "client" | undefined;
}

/** All versions that a server supports, the highest first, with their suites. */
export async function findVersions(prober: Prober): Promise<FoundVersion[]> {
  const found: FoundVersion[] = [];
  for (const version of VERSIONS) {
    const suites = await findSuites(prober, version);
    if (suites.length === 0) continue;
    found.push({
      version,
      cipherSuites: suites,
      preference: await preferenceOf(prober, version, suites),
    });
  }
  return found;
}

/** Options for one version, and nothing else. */
export function only(version: TlsVersion): ClientOptions {
  return { minVersion: version, maxVersion: version };
}

/**
 * Groups in the order in which the server chooses them: of the highest version,
 * and with suites that have groups.
 */
export async function findGroups(
  prober: Prober,
  { version, cipherSuites }: FoundVersion,
): Promise<string[]> {
  const suites = cipherSuites.filter(({ keyExchange }) =>
    ["any", "ECDHE"].includes(keyExchange)
  );
  if (suites.length === 0) return [];
  const is13 = version === "TLSv1.3";
  const all = listGroups()
    // Up to TLS 1.2 there are no hybrids, and DHE has suites of its own.
    .filter(({ kind }) => is13 || kind === "ecdh").map(({ name }) => name);
  return await inTurn(all, async (groups) => {
    const info = await prober.info({
      ...only(version),
      cipherSuites: suites,
      groups,
    });
    return info?.group;
  });
}

/** The schemes that the server signs with, of TLS 1.3 and 1.2. */
export async function findSignatureSchemes(
  prober: Prober,
  versions: readonly FoundVersion[],
): Promise<string[]> {
  const all = listSignatureSchemes().map(({ name }) => name)
    .filter((name) => !name.endsWith("_legacy"));
  const found = new Set<string>();
  for (const { version } of versions) {
    if (version < "TLSv1.2") continue;
    const chosen = await inTurn(all, async (signatureSchemes) => {
      const info = await prober.info({
        ...only(version),
        signatureSchemes,
        // Its certificates may be signed with anything.
        certificateSignatureSchemes: all,
      });
      return info?.signatureScheme;
    });
    for (const name of chosen) found.add(name);
  }
  return [...found];
}

async function findSuites(
  prober: Prober,
  version: TlsVersion,
): Promise<CipherSuite[]> {
  const id = ProtocolVersion[version];
  const all = [...cipherSuites, ...Object.values(weakCipherSuites)]
    .filter(({ minVersion, maxVersion, authentication, keyExchange }) =>
      minVersion <= id && id <= maxVersion && authentication !== "PSK" &&
      !keyExchange.includes("PSK")
    );
  return await inTurn(all, async (offered) => {
    const info = await prober.info({ ...only(version), cipherSuites: offered });
    return offered.find(({ name }) => name === info?.cipherSuite);
  });
}

async function preferenceOf(
  prober: Prober,
  version: TlsVersion,
  [first, second]: readonly CipherSuite[],
): Promise<FoundVersion["preference"]> {
  if (first === undefined || second === undefined) return undefined;
  const info = await prober.info({
    ...only(version),
    cipherSuites: [second, first],
  });
  return info?.cipherSuite === first.name ? "server" : "client";
}

/** Offers all, then all but what was chosen, until nothing is. */
async function inTurn<T>(
  all: readonly T[],
  choose: (offered: readonly T[]) => Promise<T | undefined>,
): Promise<T[]> {
  const chosen: T[] = [];
  while (chosen.length < all.length) {
    const offered = all.filter((each) => !chosen.includes(each));
    const next = await choose(offered);
    // A server that chooses what was not offered would never end.
    if (next === undefined || !offered.includes(next)) break;
    chosen.push(next);
  }
  return chosen;
}

const VERSIONS: readonly TlsVersion[] = [
  "TLSv1.3",
  "TLSv1.2",
  "TLSv1.1",
  "TLSv1",
];
