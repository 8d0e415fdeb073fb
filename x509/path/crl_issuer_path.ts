/**
 * The path of the signer of a revocation list that has its own key: it ends
 * at the trust anchor of the certificate that the list is about (RFC 5280
 * section 6.3.3 step (f)).
 *
 * @module
 */

import type { Certificate } from "../certificate/certificate.ts";
import type { Crl } from "../status/crl.ts";
import { checkCrls } from "./crl_check.ts";
import {
  type CrlIssuers,
  meansAnotherKey,
  type SignerRefusal,
} from "./crl_issuer.ts";
import { checkDistrust } from "../trust/distrust.ts";
import type { TlsCertificateError } from "../certificate/errors.ts";
import { PathBuilder, type TrustAnchors } from "./path.ts";
import { checkPath, type PathRules } from "./path_rules.ts";
import type { LinkChecker } from "./signature_links.ts";
import { checkWellFormed } from "../certificate/well_formed.ts";

/** What paths of issuers of lists are built from, and their own status. */
export interface CrlIssuerInput {
  /** All certificates that are there. */
  readonly pool: readonly Certificate[];
  /** Lists of any issuers. */
  readonly crls: readonly Crl[];
  /** Whether lists have to keep all rules. */
  readonly strict: boolean;
  /** What holds for all paths of the verification. */
  readonly rules: PathRules;
  /** Checks signatures of certificates. */
  readonly links: LinkChecker;
}

/** The certificates with which lists may be signed, and whether they may. */
export class CrlIssuerPaths implements CrlIssuers {
  readonly #path: readonly Certificate[];
  readonly #input: CrlIssuerInput;
  readonly #pending: readonly Certificate[];
  readonly #work: { left: number };

  /**
   * @param path The path whose certificates the lists are looked at for, up to
   * the anchor. Its signatures hold; who makes this asks for the status of each.
   * @param pending Signers of lists whose own status is being looked up: they
   * cannot vouch for themselves.
   */
  constructor(
    path: readonly Certificate[],
    input: CrlIssuerInput,
    pending: readonly Certificate[] = [],
    work: { left: number } = { left: MAX_PATHS },
  ) {
    this.#path = path;
    this.#input = input;
    this.#pending = pending;
    this.#work = work;
  }

  /** Those of the list's issuer by name and, where there are such, by key. */
  candidates(crl: Crl): readonly Certificate[] {
    const pool = this.#input.pool.filter((one) => !this.#path.includes(one));
    return [...this.#path, ...pool].filter((certificate) =>
      certificate.subjectName.equals(crl.issuerName) &&
      !meansAnotherKey(crl, certificate)
    );
  }

  /** Whether no path of a candidate holds, and why. */
  async refusal(
    candidate: Certificate,
    certificate: Certificate,
  ): Promise<SignerRefusal | undefined> {
    // Above the certificate it has issued, it is believed already.
    const at = this.#path.indexOf(candidate);
    if (at > this.#path.indexOf(certificate)) return undefined;
    if (this.#pending.includes(candidate)) {
      return { fact: "it would vouch for its own issuer", isCircular: true };
    }
    const fact = await this.#pathRefusal(candidate);
    return fact === undefined ? undefined : { fact, isCircular: false };
  }

  async #pathRefusal(candidate: Certificate): Promise<string | undefined> {
    const { pool, rules, links } = this.#input;
    const anchor = this.#path.at(-1) as Certificate; // a path has one at the least
    const builder = new PathBuilder({
      leaf: candidate,
      intermediates: pool,
      anchors: only(anchor),
      now: rules.now,
      budget: rules.budget,
    });
    let fact: string | undefined;
    for (const path of builder.paths()) {
      if (this.#work.left-- <= 0) return "its issuer takes too much work";
      const [error] = [
        ...checkPath(path, true, { ...rules, usage: undefined, policies: {} }),
        ...checkWellFormed(path),
        ...checkDistrust(path, undefined),
      ];
      const refusal = error?.message ??
        await this.#signatureRefusal(path, links, builder) ??
        (await this.#revocation(path))?.message;
      if (refusal === undefined) return undefined;
      fact ??= refusal;
    }
    return fact ??
      `the certificate "${candidate.subject}" that it is signed with does not lead to the trust anchor "${anchor.subject}"`;
  }

  async #signatureRefusal(
    path: readonly Certificate[],
    links: LinkChecker,
    builder: PathBuilder,
  ): Promise<string | undefined> {
    const [bad] = await links.badLinks(path);
    const certificate = bad === undefined ? undefined : path[bad];
    const issuer = bad === undefined ? undefined : path[bad + 1];
    if (certificate === undefined || issuer === undefined) return undefined;
    builder.refute(certificate, issuer);
    return `the signature of "${certificate.subject}" does not verify`;
  }

  /** That nothing is known of one of them is no matter, as for other CAs. */
  async #revocation(
    path: readonly Certificate[],
  ): Promise<TlsCertificateError | undefined> {
    const { crls, strict, rules: { now, security, budget } } = this.#input;
    const [candidate] = path as [Certificate, ...Certificate[]]; // never empty
    const issuers = new CrlIssuerPaths(
      path,
      this.#input,
      [...this.#pending, candidate],
      this.#work,
    );
    for (const [at, certificate] of path.slice(0, -1).entries()) {
      const { status } = await checkCrls({
        certificate,
        issuer: path[at + 1] as Certificate, // slice() left out the last
        crls,
        now,
        security,
        strict,
        issuers,
        budget,
      });
      if (
        status.status === "revoked" ||
        status.status === "unknown" && status.error.code === "crl_unusable"
      ) return status.error;
    }
    return undefined;
  }
}

/** A single certificate as trust anchor. */
function only(anchor: Certificate): TrustAnchors {
  return {
    size: 1,
    findBySubject: (name) => anchor.subjectName.equals(name) ? [anchor] : [],
    has: (certificate) => certificate.equals(anchor),
  };
}

/** Paths of issuers of lists in one verification: each may need others. */
const MAX_PATHS = 32;
