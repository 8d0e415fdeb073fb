/**
 * How much work one verification may be. The sender of a chain chooses how many
 * certificates, names and constraints are in it: without limits a few kilobytes
 * keep a processor busy for minutes.
 *
 * @module
 */

import { TlsCertificateError } from "./errors.ts";
import type { PublicKey } from "../../crypto/signatures/public_key.ts";
import { signatureCost } from "./signature_keys.ts";

/** What is left of each limit, for one verification with all its paths. */
export class WorkBudget {
  #steps = MAX_STEPS;
  #paths = MAX_PATHS;
  #signatureChecks = MAX_SIGNATURE_CHECKS;
  #signatureCost = MAX_SIGNATURE_COST;
  #comparisons = MAX_COMPARISONS;

  /** Counts issuers that are considered. */
  step(count = 1): void {
    this.#steps -= count;
    if (this.#steps < 0) throw tooComplex(`${MAX_STEPS} possible issuers`);
  }

  /** Counts a path whose certificates are checked. */
  path(): void {
    if (this.#paths-- <= 0) throw tooComplex(`${MAX_PATHS} paths`);
  }

  /** Counts a signature over `length` bytes that is checked with a key. */
  signatureCheck(key: PublicKey, length: number): void {
    if (this.#signatureChecks-- <= 0) {
      throw tooComplex(`${MAX_SIGNATURE_CHECKS} signature checks`);
    }
    this.#signatureCost -= signatureCost(key, length);
    if (this.#signatureCost < 0) {
      throw tooComplex(
        `the work of ${MAX_SIGNATURE_CHECKS} signature checks with ECDSA on P-256`,
      );
    }
  }

  /** Counts comparisons of names with constraints, and of policies. */
  compare(count: number): void {
    this.#comparisons -= count;
    if (this.#comparisons < 0) {
      throw tooComplex(
        `${MAX_COMPARISONS} comparisons of names and policies`,
      );
    }
  }
}

function tooComplex(limit: string): TlsCertificateError {
  return new TlsCertificateError(
    "path_too_complex",
    `Cannot verify the certificate: more than ${limit} would be needed`,
  );
}

/**
 * Issuers that are considered, each in a path of its own: n certificates that
 * share one name make n! paths.
 */
const MAX_STEPS = 20_000;

/** Paths up to an anchor whose certificates are looked at. */
const MAX_PATHS = 250;

/**
 * Signatures that are checked. Real paths need 3 or 4, the largest known mesh of
 * cross-certificates some tens.
 */
const MAX_SIGNATURE_CHECKS = 100;

/**
 * What they may cost together: as much as that many with ECDSA on P-256, which
 * is more than with RSA of 4096 bits. A hundred with RSA of 16384 bits would be
 * a second, with an exponent of 32 bits several: of those it is 12 and 3.
 */
const MAX_SIGNATURE_COST = MAX_SIGNATURE_CHECKS *
  signatureCost({ type: "ec", bits: 256, curve: "secp256r1" }, 0);

/**
 * Names against subtrees, and policies against those expected: thousands of one
 * and thousands of the other are quadratic. Go has the same number for names.
 */
const MAX_COMPARISONS = 250_000;

/**
 * Certificates of one path, self-issued ones included: a bound of recursion.
 */
export const MAX_PATH_CERTIFICATES = 64;
