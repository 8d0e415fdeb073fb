/**
 * The search for a valid path, and the error if there is none.
 *
 * @module
 */

import type { SecurityPolicy } from "../../crypto/suites/security_level.ts";
import { Lazy } from "../../lazy.ts";
import type { Certificate } from "../certificate/certificate.ts";
import type { CrlIssuers } from "./crl_issuer.ts";
import { checkDistrust } from "../trust/distrust.ts";
import { TlsCertificateError } from "../certificate/errors.ts";
import { meansKeyOf, PathBuilder, type TrustAnchors } from "./path.ts";
import { refusal } from "../certificate/refusal.ts";
import {
  type CertificateUsage,
  checkPath,
  pathPolicies,
  type PathRules,
} from "./path_rules.ts";
import type { PolicyInputs } from "./policy.ts";
import type { RevocationInput } from "./path_revocation.ts";
import { isAboutRevocation, severityOf } from "./severity.ts";
import { LinkChecker } from "./signature_links.ts";
import type { StrictChecks } from "./strict.ts";
import { isMustStaple } from "./tls_feature.ts";
import type { TrustStore } from "../trust/trust_store.ts";
import { checkWellFormed } from "../certificate/well_formed.ts";
import { WorkBudget } from "../certificate/work_budget.ts";

/** From where to where, and under which conditions. */
export interface PathSearchInput extends RevocationInput {
  /** The certificate that is verified. */
  readonly leaf: Certificate;
  /** What else was sent. */
  readonly intermediates: readonly Certificate[];
  /** The certificates at which a path may end. */
  readonly trust: TrustStore;
  /** What it will be used for. */
  readonly usage: CertificateUsage;
  /** When it has to be valid. */
  readonly now: Date;
  /** How many intermediates that are not self-issued there may be. */
  readonly maxDepth: number;
  /** Whether the rules for authorities hold too. */
  readonly strict: boolean;
  /** Which policies count, and whether there has to be one. */
  readonly policies: PolicyInputs;
  /** How strong keys and digests have to be. */
  readonly security: SecurityPolicy;
}

/** A path with what is wrong with it. */
export interface FoundPath {
  /** From the leaf on. */
  readonly path: readonly Certificate[];
  /** The worst first; empty, if the path holds. */
  readonly errors: readonly TlsCertificateError[];
  /** What was left aside. */
  readonly warnings: readonly TlsCertificateError[];
  /** The policies that it is good for, if it holds. */
  readonly policies?: readonly string[];
}

/** Returns the first valid path, or else the one that came closest. */
export async function findPath(input: PathSearchInput): Promise<FoundPath> {
  // Those who do not ask for the rules do not load them either.
  const strict = input.strict
    ? new (await strictRules.load()).StrictChecks(input.usage)
    : undefined;
  const search = new PathSearch(input, strict);
  try {
    return await search.firstGood() ?? await search.bestBad();
  } catch (error) {
    if (!isTooComplex(error)) throw error;
    return { path: [input.leaf], errors: [error], warnings: [] };
  }
}

/**
 * Returns valid paths, the first one as {@linkcode findPath} does, then others.
 *
 * @param limit How many at most; a search that takes too much work ends sooner.
 */
export async function findPaths(
  input: PathSearchInput,
  limit: number,
): Promise<(readonly Certificate[])[]> {
  const strict = input.strict
    ? new (await strictRules.load()).StrictChecks(input.usage)
    : undefined;
  const found: (readonly Certificate[])[] = [];
  try {
    for (const tried of new PathSearch(input, strict).tries()) {
      const good = await tried;
      if (good !== undefined) found.push(good.path);
      if (found.length === limit) break;
    }
  } catch (error) {
    if (!isTooComplex(error)) throw error;
  }
  return found;
}

function isTooComplex(error: unknown): error is TlsCertificateError {
  return error instanceof TlsCertificateError &&
    error.code === "path_too_complex";
}

class PathSearch {
  readonly #input: PathSearchInput;
  readonly #strict: StrictChecks | undefined;
  readonly #anchors: TrustAnchors;
  readonly #rules: PathRules;
  readonly #builder: PathBuilder;
  readonly #links: LinkChecker;
  readonly #failures: FailedPath[] = [];

  constructor(
    input: PathSearchInput,
    strict: StrictChecks | undefined,
  ) {
    const { leaf, intermediates, trust, usage, now, security } = input;
    const budget = new WorkBudget();
    this.#input = input;
    this.#strict = strict;
    this.#anchors = {
      get size() {
        return trust.size;
      },
      findBySubject: (name) => trust.findBySubject(name, usage),
      has: (certificate) => trust.has(certificate, usage),
    };
    this.#rules = {
      usage,
      now,
      maxDepth: input.maxDepth,
      security,
      policies: input.policies,
      budget,
    };
    this.#builder = new PathBuilder({
      leaf,
      intermediates,
      anchors: this.#anchors,
      now,
      budget,
    });
    this.#links = new LinkChecker(budget);
  }

  /**
   * Tries path after path; signatures only where all else is as it should be.
   */
  async firstGood(): Promise<FoundPath | undefined> {
    for (const tried of this.tries()) {
      const good = await tried;
      if (good !== undefined) return good;
    }
    return undefined;
  }

  /** The paths in turn, each with what is found if it holds. */
  *tries(): Generator<Promise<FoundPath | undefined>> {
    for (const path of this.#builder.paths()) {
      this.#rules.budget.path();
      yield this.#try(path);
    }
  }

  async #try(path: readonly Certificate[]): Promise<FoundPath | undefined> {
    const failed: FailedPath = {
      path,
      errors: this.#check(path, true),
      warnings: [],
    };
    if (failed.errors.length === 0) await this.#checkSignatures(failed);
    if (failed.errors.length === 0) await this.#checkRevocation(failed);
    if (failed.errors.length > 0) {
      this.#failures.push(failed);
      return undefined;
    }
    const result = pathPolicies(path, this.#rules);
    return { ...failed, policies: result.valid ? [...result.policies] : [] };
  }

  /**
   * The path to report: the one whose worst error is the least. Its errors are
   * all that there are, signatures included, since a caller may overlook one.
   */
  async bestBad(): Promise<FoundPath> {
    const failures = this.#failures.toSorted((a, b) =>
      badnessOf(a) - badnessOf(b)
    );
    for (const failed of failures.slice(0, MAX_REPORTED)) {
      await this.#checkSignatures(failed);
    }
    const best = failures.slice(0, MAX_REPORTED)
      .toSorted((a, b) => badnessOf(a) - badnessOf(b))[0];
    if (best === undefined || await this.#isForAnotherKey(best)) {
      return await this.#deadEnd();
    }
    if (!best.errors.some(({ code }) => isAboutRevocation(code))) {
      await this.#checkRevocation(best);
    }
    return inOrder(best);
  }

  #check(path: readonly Certificate[], complete: boolean) {
    const errors = checkPath(path, complete, this.#rules);
    errors.push(
      ...checkWellFormed(path),
      ...checkDistrust(path, complete ? this.#input.trust : undefined),
      ...this.#strict?.check(path) ?? [],
    );
    return errors;
  }

  async #checkSignatures(failed: FailedPath): Promise<void> {
    const { path, errors } = failed;
    for (const at of await this.#links.badLinks(path)) {
      const certificate = path[at] as Certificate; // at is within
      const issuer = path[at + 1] as Certificate;
      // What cannot be checked is not known to be wrong, and is refused.
      if (errors.some((error) => isOfKey(error, issuer))) continue;
      this.#builder.refute(certificate, issuer);
      // What cannot be checked has been refused for that.
      if (errors.some((error) => isOfSignature(error, certificate))) continue;
      errors.push(
        refusal(
          "bad_signature",
          certificate,
          "the signature does not verify with its issuer's key",
          path,
        ),
      );
    }
  }

  async #checkRevocation(failed: FailedPath): Promise<void> {
    if (!isRevocationTold(this.#input)) return;
    const { checkRevocation } = await revocation.load();
    const { errors, warnings } = await checkRevocation(
      failed.path,
      { ...this.#input, budget: this.#rules.budget },
      await this.#crlIssuers(failed.path),
    );
    failed.errors.push(...errors);
    failed.warnings = warnings;
  }

  /** Who may have signed lists that are about certificates of a path. */
  async #crlIssuers(
    path: readonly Certificate[],
  ): Promise<CrlIssuers | undefined> {
    const { crls, intermediates, leaf, strict } = this.#input;
    if (crls === undefined) return undefined;
    const { CrlIssuerPaths } = await crlIssuers.load();
    return new CrlIssuerPaths(path, {
      pool: [...intermediates, leaf],
      crls,
      strict,
      rules: this.#rules,
      links: this.#links,
    });
  }

  /**
   * Whether a path fails because its issuers are others of the same name, so
   * that the true issuer is missing: the key identifiers differ, or one that
   * was sent along did sign.
   */
  async #isForAnotherKey({ path }: FailedPath): Promise<boolean> {
    for (const [at, certificate] of path.entries()) {
      const issuer = path[at + 1];
      if (!issuer || !this.#builder.isRefuted(certificate, issuer)) continue;
      if (meansKeyOf(certificate, issuer) === false) return true;
      const sent = this.#builder.issuersOf(certificate).slice(0, MAX_REPORTED)
        .map((other) => other.certificate);
      if (certificate.isSelfIssued) sent.push(certificate);
      for (const other of sent) {
        const [bad] = await this.#links.badLinks([certificate, other]);
        if (bad === undefined) return true;
      }
    }
    return false;
  }

  /**
   * No path reaches an anchor: what there is of one, and what is wrong with it.
   */
  async #deadEnd(): Promise<FoundPath> {
    const { deadEnd } = await deadEnds.load();
    const { path, error } = deadEnd(
      this.#input.leaf,
      this.#builder,
      this.#anchors,
    );
    const failed = {
      path,
      errors: [error, ...this.#check(path, false)],
      warnings: [],
    };
    await this.#checkSignatures(failed);
    return inOrder(failed);
  }
}

/** Whether something reports revocation, or has to. */
function isRevocationTold(
  { leaf, crls, ocspResponse, requireOcsp }: PathSearchInput,
): boolean {
  return crls !== undefined || ocspResponse !== undefined ||
    requireOcsp === true || isMustStaple(leaf);
}

function isOfKey(
  { code, certificate }: TlsCertificateError,
  issuer: Certificate,
): boolean {
  return certificate === issuer && code === "unsupported_key";
}

function isOfSignature(
  { code, certificate }: TlsCertificateError,
  signed: Certificate,
): boolean {
  return certificate === signed &&
    (code === "bad_signature" || code === "unsupported_signature");
}

interface FailedPath {
  readonly path: readonly Certificate[];
  readonly errors: TlsCertificateError[];
  warnings: readonly TlsCertificateError[];
}

function inOrder({ path, errors, warnings }: FailedPath): FoundPath {
  return {
    path,
    errors: errors.toSorted((a, b) => severityOf(b.code) - severityOf(a.code)),
    warnings,
  };
}

/** How far a path is from holding: by its worst error, then by their number. */
function badnessOf({ errors }: FailedPath): number {
  return Math.max(...errors.map(({ code }) => severityOf(code))) * 1000 +
    errors.length;
}

/** Failed paths whose signatures are checked for the report. */
const MAX_REPORTED = 3;

const strictRules = new Lazy(
  "the strict rules",
  () => import("./strict.ts"),
);

const revocation = new Lazy(
  "revocation",
  () => import("./path_revocation.ts"),
);

const crlIssuers = new Lazy(
  "revocation lists",
  () => import("./crl_issuer_path.ts"),
);

const deadEnds = new Lazy(
  "what a missing issuer is reported with",
  () => import("./dead_end.ts"),
);
