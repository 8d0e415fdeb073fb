/**
 * Paths that need something fetched: missing issuers, revocation lists, OCSP
 * responses. The caller provides the functions that fetch.
 *
 * @module
 */

import type { TlsCertificateErrorCode, TlsError } from "../../errors.ts";
import { Certificate } from "../certificate/certificate.ts";
import { Crl } from "../status/crl.ts";
import { TlsCertificateError } from "../certificate/errors.ts";
import type { FetchContext } from "../fetch/cache.ts";
import { readStaple } from "./path_revocation.ts";
import {
  findPath,
  type FoundPath,
  type PathSearchInput,
} from "./path_search.ts";
import type { PathSources } from "./sources.ts";

/** As `findPath()`, with what the sources give. */
export async function findPathWith(
  input: PathSearchInput,
  sources: PathSources | undefined,
): Promise<FoundPath> {
  if (sources === undefined) return await findPath(input);
  const problems: TlsError[] = [];
  const context: FetchContext = {
    now: input.now,
    onProblem: (error) => problems.push(error),
  };
  const [complete, found] = await withIssuers(input, sources, context);
  const result = await withStatus(complete, found, sources, context);
  const warnings = problems.map((error) => warningOf(error, input.leaf));
  return { ...result, warnings: [...result.warnings, ...warnings] };
}

/** Goes up from where the path ends, as long as there is somebody to ask. */
async function withIssuers(
  input: PathSearchInput,
  { issuers }: PathSources,
  context: FetchContext,
): Promise<[PathSearchInput, FoundPath]> {
  let found = await findPath(input);
  if (issuers === undefined) return [input, found];
  let all = input;
  for (let times = 0; times < MAX_ISSUERS; times++) {
    const last = found.path.at(-1);
    const isMissing = found.errors.some(({ code }) =>
      code === "unknown_issuer"
    );
    if (last === undefined || !isMissing) break;
    const given = await issuers(last, context);
    checkList(given, Certificate, "issuers", "Certificate");
    const more = given.filter((issuer) =>
      issuer.subjectName.equals(last.issuerName) &&
      !all.intermediates.some((other) => other.equals(issuer))
    );
    if (more.length === 0) break;
    all = { ...all, intermediates: [...all.intermediates, ...more] };
    found = await findPath(all);
  }
  return [all, found];
}

/**
 * Asks about the certificates of a path that leads to an anchor. Where another
 * path is found then, as one of the certificates is revoked, that one is asked
 * about too.
 */
async function withStatus(
  input: PathSearchInput,
  first: FoundPath,
  sources: PathSources,
  context: FetchContext,
): Promise<FoundPath> {
  const { crls, ocsp } = sources;
  if (crls === undefined && ocsp === undefined) return first;
  let found = first;
  let all = { ...input, crls: crls === undefined ? input.crls : [] };
  let asked: readonly Certificate[] = [];
  for (let times = 0; times < MAX_PATHS; times++) {
    const { path, errors } = found;
    if (isSamePath(path, asked) || errors.some(isOfPath)) break;
    asked = path;
    // Both at once: a handshake waits.
    const [lists, response] = await Promise.all([
      crls?.(path, context),
      needsResponse(all, found) ? ocsp?.({ chain: path }, context) : undefined,
    ]);
    if (lists !== undefined) checkList(lists, Crl, "crls", "Crl");
    if (response !== undefined && !(response instanceof Uint8Array)) {
      throw new TypeError(
        'Cannot use what "ocsp" returned: expected a Uint8Array',
      );
    }
    all = {
      ...all,
      crls: lists === undefined ? all.crls : [...all.crls ?? [], ...lists],
      ocspResponse: response === undefined
        ? all.ocspResponse
        : readStaple(response, input.leaf),
    };
    found = await findPath(all);
  }
  return found;
}

/** The result of a caller's function is checked like an option. */
function checkList(
  value: unknown,
  type: typeof Certificate | typeof Crl,
  option: string,
  name: string,
): void {
  if (Array.isArray(value) && value.every((one) => one instanceof type)) return;
  throw new TypeError(
    `Cannot use what "${option}" returned: expected an array of ${name}s`,
  );
}

/** Whether what was stapled, if anything was, does not tell. */
function needsResponse(
  { ocspResponse }: PathSearchInput,
  { errors, warnings }: FoundPath,
): boolean {
  return ocspResponse === undefined ||
    [...errors, ...warnings].some(({ code }) =>
      code === "ocsp_response_unusable"
    );
}

function isSamePath(
  a: readonly Certificate[],
  b: readonly Certificate[],
): boolean {
  return a.length === b.length && a.every((one, at) => one === b[at]);
}

/** What makes it no path of which anything is worth to be asked. */
function isOfPath({ code }: TlsCertificateError): boolean {
  return !BESIDE_THE_PATH.has(code);
}

/** What was not had is a warning: whether it matters, the status says. */
function warningOf(cause: TlsError, leaf: Certificate): TlsCertificateError {
  return new TlsCertificateError("revocation_unknown", cause.message, {
    certificate: leaf,
    cause,
  });
}

/** Errors of paths whose signatures hold. */
const BESIDE_THE_PATH: ReadonlySet<TlsCertificateErrorCode> = new Set<
  TlsCertificateErrorCode
>([
  "certificate_expired",
  "certificate_not_yet_valid",
  "wrong_key_usage",
  "revocation_unknown",
  "ocsp_response_required",
  "ocsp_response_unusable",
  "not_strict",
]);

/** Issuers that are fetched for one chain: no CA is further from its root. */
const MAX_ISSUERS = 4;

/** Paths that are asked about. */
const MAX_PATHS = 3;
