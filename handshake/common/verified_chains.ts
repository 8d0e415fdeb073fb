/**
 * All paths by which a peer's certificate can be verified: loaded when somebody
 * asks for them.
 *
 * @module
 */

import { findPaths } from "../../x509/path/path_search.ts";
import type { Certificate } from "../../x509/certificate/certificate.ts";
import type { PeerCertificates } from "./authenticate.ts";
import type { ClientConfig, ServerConfig } from "./config.ts";
import { verifyInput } from "./peer_verification.ts";

/**
 * All paths from a peer's leaf to a trust anchor, the one of its verdict first;
 * none, if that is not verified.
 */
export async function verifiedChains(
  config: ClientConfig | ServerConfig,
  peer: PeerCertificates,
): Promise<readonly (readonly Certificate[])[]> {
  const { verifiedChain, certificates } = peer;
  const [leaf] = certificates;
  if (verifiedChain.length === 0 || leaf === undefined) return [];
  const { usage, ...input } = await verifyInput(config, {
    leaf,
    certificates,
    ocspResponse: peer.ocspResponse,
    signedCertificateTimestamps: peer.signedCertificateTimestamps,
  });
  const trust = await config.trust.store();
  const usages = usage === "any" ? ["server", "client"] as const : [usage];
  const chains = [[...verifiedChain]];
  for (const usage of usages) {
    const found = await findPaths({ ...input, trust, usage }, MAX_CHAINS);
    for (const path of found) {
      if (!chains.some((known) => isSame(known, path))) chains.push([...path]);
    }
  }
  return chains.slice(0, MAX_CHAINS);
}

/** A certificate may have been read anew. */
function isSame(
  one: readonly Certificate[],
  other: readonly Certificate[],
): boolean {
  return one.length === other.length &&
    one.every((certificate, at) =>
      certificate.fingerprint("SHA-256") === other[at]?.fingerprint("SHA-256")
    );
}

/** Cross signed authorities make two or three; a hostile peer could make more. */
const MAX_CHAINS = 16;
