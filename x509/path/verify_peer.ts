/**
 * The verdict on a certificate, of options that are checked already: what
 * connections call. Revocation and transparency are loaded where they matter.
 *
 * @module
 */

import type { TlsCertificateErrorCode } from "../../errors.ts";
import { Lazy } from "../../lazy.ts";
import type { KeyUsage } from "../certificate/extension_values.ts";
import { hostnameError } from "../certificate/hostname.ts";
import { keyUsageError } from "../certificate/key_usage.ts";
import type { ReferenceName } from "../certificate/name_match.ts";
import type { CertificateUsage } from "./path_rules.ts";
import {
  findPath,
  type FoundPath,
  type PathSearchInput,
} from "./path_search.ts";
import type { TimestampInput } from "./path_timestamps.ts";
import type { PathSources } from "./sources.ts";
import type { Verdict } from "./verdict.ts";

/** The options of a verification, checked. */
export interface VerifyInput
  extends Omit<PathSearchInput, "usage">, Omit<TimestampInput, "ocspResponse"> {
  /** What the leaf will be used for. */
  readonly usage: CertificateUsage | "any";
  /** The name that the leaf must be for. */
  readonly name: ReferenceName | undefined;
  /** What the leaf's key does in the handshake. */
  readonly keyUsage?: KeyUsage | undefined;
  /** What fetches what is missing. */
  readonly sources?: PathSources | undefined;
}

/**
 * The verdict of a verification whose options are checked already. Connections
 * call it.
 */
export async function verifyPeer(input: VerifyInput): Promise<Verdict> {
  const { usage } = input;
  const given = { ...input, now: inSeconds(input.now) };
  if (usage !== "any") return await verifyFor(usage, given);
  const asServer = await verifyFor("server", given);
  // Purposes and trust depend on the usage, and nothing else does.
  if (!asServer.errors.some(({ code }) => BY_USAGE.has(code))) return asServer;
  const asClient = await verifyFor("client", given);
  return asClient.status === "verified" ? asClient : asServer;
}

async function verifyFor(
  usage: CertificateUsage,
  given: VerifyInput,
): Promise<Verdict> {
  const { leaf, name, keyUsage } = given;
  const input = { ...given, usage };
  const { path, errors, warnings, policies } = await foundPath(input);
  const all = [
    ...errors,
    keyUsage && keyUsageError(leaf, keyUsage, path),
    input.ctLogs &&
    await (await transparency.load()).missingTimestamp(path, input),
    name && hostnameError(leaf, name, path, [leaf, ...input.intermediates]),
  ].filter((error) => error !== undefined);
  return {
    status: all.length === 0 ? "verified" : "unverified",
    path,
    errors: all,
    warnings,
    policies: all.length === 0 ? policies ?? [] : [],
  };
}

/** The path, with what its sources give. */
async function foundPath(
  input: PathSearchInput & { readonly sources?: PathSources | undefined },
): Promise<FoundPath> {
  if (input.sources === undefined) return await findPath(input);
  const { findPathWith } = await fetching.load();
  return await findPathWith(input, input.sources);
}

/** RFC 5280 section 4.1.2.5 knows no fractions. */
function inSeconds(time: Date): Date {
  return new Date(Math.floor(time.getTime() / 1000) * 1000);
}

/** What may come out otherwise for another usage. */
const BY_USAGE: ReadonlySet<TlsCertificateErrorCode> = new Set<
  TlsCertificateErrorCode
>(["wrong_key_usage", "unknown_issuer"]);

/** Deployed paths have one or two. */
export const DEFAULT_MAX_DEPTH = 10;

const fetching = new Lazy(
  "what is fetched for a path",
  () => import("./path_sources.ts"),
);

const transparency = new Lazy(
  "certificate transparency",
  () => import("./path_timestamps.ts"),
);
