/**
 * Building paths: which certificates lead from a leaf to an anchor. Names alone
 * tie them together (RFC 5280 section 6.1: "the subject of certificate x is the
 * issuer of certificate x+1"); key identifiers and dates only say what is tried
 * first, as CAs get them wrong. All paths are given, one after another, until
 * somebody likes one: cross-signed CAs, re-issued ones, the same name and key
 * under different constraints.
 *
 * @module
 */

import { equals } from "@std/bytes";
import { bytesKey } from "../asn1/bytes.ts";
import type { Certificate } from "../certificate/certificate.ts";
import type { DistinguishedName } from "../certificate/name.ts";
import {
  MAX_PATH_CERTIFICATES,
  type WorkBudget,
} from "../certificate/work_budget.ts";

/** What a path may end at. */
export interface TrustAnchors {
  /** How many there are. */
  readonly size: number;
  /** Those with that subject. */
  findBySubject(name: DistinguishedName): readonly Certificate[];
  /** Whether that very certificate is one. */
  has(certificate: Certificate): boolean;
}

/** Whence paths are built. */
export interface PathInput {
  /** Where they start. */
  readonly leaf: Certificate;
  /** What they may go through, in any order, useful or not. */
  readonly intermediates: readonly Certificate[];
  /** Where they may end. */
  readonly anchors: TrustAnchors;
  /** Certificates valid then are tried first. */
  readonly now: Date;
  /** What it may cost. */
  readonly budget: WorkBudget;
}

/** An issuer that a certificate may have. */
export interface PossibleIssuer {
  /** Whose subject is the certificate's issuer. */
  readonly certificate: Certificate;
  /** Whether paths end here. */
  readonly isAnchor: boolean;
}

/** The paths from one leaf. */
export class PathBuilder {
  readonly #input: PathInput;
  readonly #bySubject: ReadonlyMap<string, readonly Certificate[]>;
  readonly #leadingNames: ReadonlySet<string>;
  readonly #issuers = new Map<Certificate, readonly PossibleIssuer[]>();
  readonly #refuted = new Map<Certificate, Set<Certificate>>();
  readonly #holders = new Map<string, number>();
  readonly #holderOf = new Map<Certificate, number>();

  /** Sorts what there is by name. */
  constructor(input: PathInput) {
    this.#input = input;
    const pool = withoutDuplicates(input.intermediates)
      .filter((certificate) =>
        !certificate.equals(input.leaf) && !input.anchors.has(certificate)
      );
    this.#bySubject = Map.groupBy(pool, ({ subjectName }) => subjectName.key);
    this.#leadingNames = leadingNames(pool, input.anchors);
  }

  /**
   * The paths, the most promising one first, from the leaf to an anchor each.
   * A call of {@linkcode refute} between two of them counts for the rest.
   */
  *paths(): Generator<readonly Certificate[]> {
    const { leaf, anchors } = this.#input;
    if (anchors.has(leaf)) yield [leaf];
    yield* this.#extend([leaf]);
  }

  /** The certificate turns out not to be signed by that issuer. */
  refute(certificate: Certificate, issuer: Certificate): void {
    const issuers = this.#refuted.get(certificate);
    if (issuers === undefined) {
      this.#refuted.set(certificate, new Set([issuer]));
    } else issuers.add(issuer);
  }

  /** The issuers that a certificate may have by name, the best one first. */
  issuersOf(certificate: Certificate): readonly PossibleIssuer[] {
    let issuers = this.#issuers.get(certificate);
    if (issuers === undefined) {
      issuers = this.#findIssuers(certificate);
      this.#issuers.set(certificate, issuers);
    }
    return issuers;
  }

  *#extend(path: readonly Certificate[]): Generator<readonly Certificate[]> {
    const last = path[path.length - 1] as Certificate; // never empty
    for (const { certificate: issuer, isAnchor } of this.issuersOf(last)) {
      this.#input.budget.step();
      if (this.isRefuted(last, issuer) || this.#repeats(path, issuer)) continue;
      const longer = [...path, issuer];
      if (isAnchor) yield longer;
      else if (this.#leadsOn(issuer) && longer.length < MAX_PATH_CERTIFICATES) {
        yield* this.#extend(longer);
      }
      const previous = path[path.length - 2];
      if (previous !== undefined && this.isRefuted(previous, last)) return;
    }
  }

  /** Whether that was found out. */
  isRefuted(certificate: Certificate, issuer: Certificate): boolean {
    return this.#refuted.get(certificate)?.has(issuer) ?? false;
  }

  /**
   * Whether an anchor can be reached by names; else there is no use in trying.
   */
  #leadsOn({ issuerName }: Certificate): boolean {
    return this.#leadingNames.has(issuerName.key) ||
      this.#input.anchors.findBySubject(issuerName).length > 0;
  }

  /**
   * Whether a certificate is in a path already, or one of the same name and key
   * is: a path through both can be cut short from one to the other. The leaf is
   * another matter, as a path that starts with it cannot start later.
   */
  #repeats(path: readonly Certificate[], issuer: Certificate): boolean {
    if (path.length === 1) return false;
    const holder = this.#holder(issuer);
    return path.some((certificate, at) =>
      at > 0 && this.#holder(certificate) === holder
    );
  }

  /** A number that certificates of the same name and key share. */
  #holder(certificate: Certificate): number {
    let holder = this.#holderOf.get(certificate);
    if (holder === undefined) {
      const { subjectName, publicKey } = certificate;
      const id = `${subjectName.key}\0${bytesKey(publicKey.spki)}`;
      holder = this.#holders.get(id) ?? this.#holders.size;
      this.#holders.set(id, holder);
      this.#holderOf.set(certificate, holder);
    }
    return holder;
  }

  #findIssuers(certificate: Certificate): readonly PossibleIssuer[] {
    const { issuerName } = certificate;
    // Section 4.1.2.4: an issuer has a name. An empty one ties nothing.
    if (issuerName.isEmpty) return [];
    const { anchors, now, budget } = this.#input;
    const issuers = [
      ...anchors.findBySubject(issuerName)
        .map((certificate) => ({ certificate, isAnchor: true })),
      ...(this.#bySubject.get(issuerName.key) ?? [])
        .map((certificate) => ({ certificate, isAnchor: false })),
    ].filter((issuer) => !issuer.certificate.equals(certificate));
    if (issuers.length < 2) return issuers;
    budget.step(issuers.length);
    const ranked = issuers.map((issuer) => ({
      issuer,
      rank: rankOf(issuer, certificate, now),
    }));
    ranked.sort((a, b) =>
      b.rank - a.rank ||
      b.issuer.certificate.notBefore.getTime() -
        a.issuer.certificate.notBefore.getTime()
    );
    return ranked.map(({ issuer }) => issuer);
  }
}

/**
 * How promising an issuer is: the one that the key identifier means, one that
 * is valid, and one that ends the path.
 */
function rankOf(
  { certificate: issuer, isAnchor }: PossibleIssuer,
  certificate: Certificate,
  now: Date,
): number {
  const identified = meansKeyOf(certificate, issuer);
  const valid = issuer.notBefore <= now && now <= issuer.notAfter;
  return (identified === undefined ? 0 : identified ? 4 : -4) +
    (valid ? 2 : 0) + (isAnchor ? 1 : 0);
}

/**
 * Whether the certificate's authorityKeyIdentifier is the issuer's
 * subjectKeyIdentifier, or `undefined` if either has none.
 */
export function meansKeyOf(
  certificate: Certificate,
  issuer: Certificate,
): boolean | undefined {
  const wanted = certificate.extensionValues.authorityKeyIdentifier
    ?.keyIdentifier;
  const had = issuer.extensionValues.subjectKeyIdentifier;
  return wanted && had && equals(wanted, had);
}

function withoutDuplicates(
  certificates: readonly Certificate[],
): readonly Certificate[] {
  if (certificates.length < 2) return certificates;
  const bySignature = new Map<string, Certificate[]>();
  return certificates.filter((certificate) => {
    // Few certificates share the last bytes of their signatures.
    const key = bytesKey(certificate.signature.subarray(-16));
    const alike = bySignature.get(key) ?? [];
    if (alike.some((other) => other.equals(certificate))) return false;
    bySignature.set(key, [...alike, certificate]);
    return true;
  });
}

/**
 * The names from which an anchor can be reached, going from issuers to whom
 * they issued for: 100 certificates of one name, none of which leads anywhere,
 * are not tried in all of their orders.
 */
function leadingNames(
  pool: readonly Certificate[],
  anchors: TrustAnchors,
): ReadonlySet<string> {
  const leading = new Set<string>();
  if (pool.length === 0) return leading;
  const byIssuer = Map.groupBy(pool, ({ issuerName }) => issuerName.key);
  for (const certificate of pool) {
    if (anchors.findBySubject(certificate.issuerName).length > 0) {
      leading.add(certificate.subjectName.key);
    }
  }
  // A set's iteration comes to what is added on the way.
  for (const name of leading) {
    for (const { subjectName } of byIssuer.get(name) ?? []) {
      leading.add(subjectName.key);
    }
  }
  return leading;
}
