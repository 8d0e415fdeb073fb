/**
 * Verdicts on chains that were verified lately: most servers show the same
 * certificates to each connection.
 *
 * Only what was accepted is kept, and only where nothing but the certificates and
 * the clock was asked: no revocation list or response, no timestamps, nothing
 * that is fetched. Such a verdict holds as long as the dates of its path do.
 *
 * @module
 */

import type { Certificate } from "../certificate/certificate.ts";
import type { Verdict } from "./verdict.ts";
import { type VerifyInput, verifyPeer } from "./verify_peer.ts";

/** As `verifyPeer()`, or from what that said before of the same. */
export async function cachedVerdict(input: VerifyInput): Promise<Verdict> {
  const known = verdicts.get(input.leaf) ?? [];
  const found = known.find((entry) => isSame(entry.input, input));
  if (found !== undefined && isValidAt(found.verdict.path, input.now)) {
    return copyOf(found.verdict);
  }
  const verdict = await verifyPeer(input);
  if (verdict.status === "verified" && isSame(input, input)) {
    const entry = {
      input: {
        ...input,
        // The caller may change its list.
        intermediates: [...input.intermediates],
        signedCertificateTimestamps: undefined,
      },
      verdict: copyOf(verdict),
    };
    const others = known.filter((other) => other !== found);
    verdicts.set(input.leaf, [entry, ...others].slice(0, MAX_VERDICTS));
  }
  return verdict;
}

interface Entry {
  readonly input: VerifyInput;
  readonly verdict: Verdict;
}

/** Whether a verdict on one is a verdict on the other, but for the time. */
function isSame(a: VerifyInput, b: VerifyInput): boolean {
  return MEMBERS.every((name) => isSameMember(name, a, b));
}

function isSameMember<K extends keyof VerifyInput>(
  name: K,
  a: VerifyInput,
  b: VerifyInput,
): boolean {
  return comparisons[name](a[name], b[name]);
}

type Comparison<T> = (a: T, b: T) => boolean;

const identical: Comparison<unknown> = (a, b) => a === b;

/** Where it was given, something else than certificates was asked. */
const absent: Comparison<unknown> = (a, b) =>
  a === undefined && b === undefined;

const ignored: Comparison<unknown> = () => true;

/** All that a verdict may depend on: a member that is new has to say how. */
const comparisons: {
  readonly [K in keyof Required<VerifyInput>]: Comparison<VerifyInput[K]>;
} = {
  leaf: identical,
  // By the objects: those of `readChain()` are the same for the same bytes.
  intermediates: (a, b) =>
    a.length === b.length && a.every((one, at) => one === b[at]),
  trust: identical,
  usage: identical,
  keyUsage: identical,
  name: (a, b) => a?.type === b?.type && a?.value === b?.value,
  // The dates are looked at apart.
  now: ignored,
  maxDepth: identical,
  strict: identical,
  policies: (a, b) =>
    Object.keys(a).length === 0 && Object.keys(b).length === 0,
  security: (a, b) =>
    a.level === b.level && a.keys === b.keys && a.groups === b.groups &&
    a.digests === b.digests,
  crls: absent,
  sources: absent,
  ocspResponse: absent,
  ctLogs: absent,
  // Without logs nobody looks at them.
  signedCertificateTimestamps: ignored,
  allowUnknownRevocation: identical,
  requireOcsp: identical,
  isServer: identical,
  budget: absent,
};

const MEMBERS = Object.keys(comparisons) as (keyof VerifyInput)[];

function isValidAt(path: readonly Certificate[], now: Date): boolean {
  const seconds = Math.floor(now.getTime() / 1000) * 1000;
  return path.every(({ notBefore, notAfter }) =>
    notBefore.getTime() <= seconds && seconds <= notAfter.getTime()
  );
}

/** With lists of its own: callbacks get them. */
function copyOf({ path, errors, warnings, ...rest }: Verdict): Verdict {
  return {
    ...rest,
    path: [...path],
    errors: [...errors],
    warnings: [...warnings],
    policies: [...rest.policies],
  };
}

/** They go with the leaf, of which there is a bounded number. */
const verdicts = new WeakMap<Certificate, readonly Entry[]>();

/** Stores and names under which one leaf may be verified in turn. */
const MAX_VERDICTS = 4;
