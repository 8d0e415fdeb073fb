/**
 * Whether a certificate can be trusted: a path to an anchor, its rules, its
 * signatures, revocation and the name, in one verdict.
 *
 * @module
 */

import { copied } from "../../crypto/primitives/bytes.ts";
import { securityPolicy } from "../../crypto/suites/security_level.ts";
import { Certificate } from "../certificate/certificate.ts";
import { Crl } from "../status/crl.ts";
import {
  anything,
  array,
  callback,
  checkOptionTypes,
  date,
  flag,
  number,
  type OptionType,
  strings,
} from "../asn1/known_options.ts";
import { parseReferenceName } from "../certificate/name_match.ts";
import type { CertificateUsage } from "./path_rules.ts";
import { OcspResponse } from "../status/ocsp.ts";
import type { CrlSource } from "../fetch/fetch_crls.ts";
import type { IssuerSource } from "../fetch/fetch_issuers.ts";
import type { OcspSource } from "../fetch/fetch_ocsp.ts";
import { revocationSources } from "./sources.ts";
import { type CtLog, CtLogs } from "./ct_logs.ts";
import { TrustStore } from "../trust/trust_store.ts";
import type { Verdict } from "./verdict.ts";
import {
  DEFAULT_MAX_DEPTH,
  type VerifyInput,
  verifyPeer,
} from "./verify_peer.ts";

export { verifyHostname } from "../certificate/hostname.ts";
export type { CertificateUsage } from "./path_rules.ts";
export type { Verdict } from "./verdict.ts";

/** Options of {@linkcode verifyChain}. */
export interface VerifyChainOptions {
  /** The leaf, then the others in any order; useless ones do no harm. */
  chain: readonly Certificate[];
  /** The certificates at which a path may end. */
  trust: TrustStore;
  /**
   * The name that the leaf must be for: a DNS name, in A-labels or U-labels,
   * an IP literal, or a mailbox.
   *
   * @default {no name is checked}
   */
  name?: string | { readonly email: string } | undefined;
  /**
   * What the leaf will be used for; `"any"` is for a server or a client,
   * whichever its path is good for.
   *
   * @default {"server"}
   */
  usage?: CertificateUsage | "any" | undefined;
  /**
   * The time at which it must be valid; fractions of seconds do not count.
   *
   * @default {new Date()}
   */
  now?: Date | undefined;
  /**
   * Revocation lists, or a function that returns them for a path, such as
   * `fetchCrls()` makes. One of them must tell the leaf's status; the status of
   * the other certificates counts where there is a list. An entry of an expired
   * list stays revoked.
   *
   * @default {revocation is not checked}
   */
  crls?: readonly Crl[] | CrlSource | undefined;
  /**
   * Returns an OCSP response for the leaf, such as `fetchOcsp()` makes. Called
   * if the peer stapled no usable one. A missing response is a warning, unless
   * `requireOcsp` is set or the leaf requires one.
   */
  ocsp?: OcspSource | undefined;
  /**
   * Returns issuers that the peer did not send, such as `fetchIssuers()` makes.
   */
  issuers?: IssuerSource | undefined;
  /**
   * With `crls`: accepts a leaf that none of them is about. A list that is
   * about the leaf and not usable stays an error.
   *
   * @default {false}
   */
  allowUnknownRevocation?: boolean | undefined;
  /**
   * The response that the peer stapled for the leaf. One that is not usable
   * counts as missing, and is reported in `warnings`.
   */
  ocspResponse?: OcspResponse | undefined;
  /**
   * Requires a usable OCSP response, even if the leaf itself does not (RFC
   * 7633).
   *
   * @default {false}
   */
  requireOcsp?: boolean | undefined;
  /**
   * Logs of certificate transparency (RFC 6962): one of them must have logged
   * the leaf.
   *
   * @default {certificate transparency is not checked}
   */
  ctLogs?: readonly CtLog[] | undefined;
  /**
   * With `ctLogs`: the content of the TLS extension
   * signed_certificate_timestamp, or its items, as in `info` of a connection.
   * Timestamps in the leaf and in the OCSP response are read from there.
   */
  signedCertificateTimestamps?:
    | Uint8Array
    | readonly Uint8Array[]
    | undefined;
  /**
   * The largest number of intermediates; self-issued ones do not count.
   *
   * @default {10}
   */
  maxDepth?: number | undefined;
  /**
   * Also refuses certificates of the path that break a rule of RFC 5280 for CAs
   * which deployed systems do not enforce, or of the CA/Browser Forum's
   * Baseline Requirements: the rules of {@linkcode lintCertificate}, as they
   * were in force at each `notBefore`. Each violation is an error with the code
   * `not_strict` and the name of the rule in `rule`.
   *
   * Rules about what sets public CAs apart, such as public names and the
   * Forum's certificate policies, apply to paths that claim to be public: by
   * one of these policies, or by anyPolicy in a CA. `docs/certificate_rules.md`
   * lists the rules.
   *
   * @default {false}
   */
  strict?: boolean | undefined;
  /**
   * Policies, as dotted object identifiers (`user-initial-policy-set` of RFC
   * 5280 section 6.1.1). The path must be valid for one of them, unless
   * `requireExplicitPolicy` is `false`.
   *
   * @default {any policy}
   */
  policies?: readonly string[] | undefined;
  /**
   * Whether the path must be valid for a policy, one of `policies` if given.
   * With `false`, the certificates of the path decide.
   *
   * @default {true with `policies`, false without}
   */
  requireExplicitPolicy?: boolean | undefined;
  /**
   * Whether CAs may not map policies of one domain to those of another.
   *
   * @default {false}
   */
  inhibitPolicyMapping?: boolean | undefined;
  /**
   * Whether anyPolicy in a certificate does not match all policies.
   *
   * @default {false}
   */
  inhibitAnyPolicy?: boolean | undefined;
  /**
   * OpenSSL's security levels 0 to 5: how strong keys and digests must be.
   *
   * @default {2}
   */
  securityLevel?: number | undefined;
}

/**
 * Finds out whether a certificate can be trusted: builds paths from it to the
 * trusted certificates until one of them holds, to RFC 5280 section 6 and, for
 * the name, RFC 9525.
 *
 * The work is limited for any input: 100 signature checks, and fewer
 * with slow keys (12 with RSA of 16384 bits), 250 paths, 250,000 comparisons
 * with name constraints.
 *
 * @param options The certificates, what to trust, and what to check.
 * @returns The verdict, for invalid chains as well.
 * @throws {TypeError} If an option is unknown or of the wrong type.
 * @throws {RangeError} If a number is out of range.
 *
 * @example Verify a server's certificate
 * ```ts
 * import {
 *   Certificate,
 *   issueCertificate,
 *   TrustStore,
 *   verifyChain,
 * } from "@x/tls/x509";
 * import { assertEquals } from "@std/assert";
 *
 * const authority = await issueCertificate({ names: ["Test CA"], ca: true });
 * const { cert } = await issueCertificate({
 *   names: ["example.com"],
 *   issuer: authority,
 * });
 * const verdict = await verifyChain({
 *   chain: Certificate.fromPem(cert),
 *   trust: TrustStore.of(authority.cert),
 *   name: "example.com",
 * });
 * assertEquals(verdict.status, "verified");
 * assertEquals(verdict.path.length, 2);
 * ```
 */
export async function verifyChain(
  options: VerifyChainOptions,
): Promise<Verdict> {
  const input = checkOptions(options);
  await input.trust.load();
  return await verifyPeer(input);
}

/** Finds a caller's mistakes. */
function checkOptions(options: VerifyChainOptions): VerifyInput {
  checkOptionTypes("Cannot verify", options, OPTIONS);
  const { chain, trust, usage = "server" } = options;
  const [leaf, ...intermediates] = checkChain(chain);
  if (!(trust instanceof TrustStore)) {
    throw new TypeError(
      'Cannot verify: "trust" is not a TrustStore; TrustStore.of() makes one of certificates',
    );
  }
  if (usage !== "server" && usage !== "client" && usage !== "any") {
    throw new TypeError(
      `Cannot verify: "usage" must be "server", "client" or "any", got "${usage}"`,
    );
  }
  return {
    leaf,
    intermediates,
    trust,
    name: options.name === undefined
      ? undefined
      : parseReferenceName(options.name),
    usage,
    now: options.now ?? new Date(),
    maxDepth: checkDepth(options.maxDepth),
    strict: options.strict ?? false,
    policies: {
      policies: options.policies,
      requireExplicitPolicy: options.requireExplicitPolicy ??
        options.policies !== undefined,
      inhibitPolicyMapping: options.inhibitPolicyMapping ?? false,
      inhibitAnyPolicy: options.inhibitAnyPolicy ?? false,
    },
    ...revocationSources(options),
    allowUnknownRevocation: options.allowUnknownRevocation ?? false,
    ocspResponse: options.ocspResponse,
    requireOcsp: options.requireOcsp ?? false,
    ctLogs: options.ctLogs && new CtLogs(options.ctLogs),
    signedCertificateTimestamps: ownTimestamps(
      options.signedCertificateTimestamps,
    ),
    security: securityPolicy(options.securityLevel),
  };
}

/** They are read when the path was found. */
function ownTimestamps(
  given: VerifyChainOptions["signedCertificateTimestamps"],
): Uint8Array | readonly Uint8Array[] | undefined {
  return Array.isArray(given) ? given.map(copied) : copied(given);
}

function checkChain(
  chain: readonly Certificate[],
): [Certificate, ...Certificate[]] {
  if (
    !Array.isArray(chain) ||
    !chain.every((certificate) => certificate instanceof Certificate)
  ) {
    throw new TypeError(
      'Cannot verify: "chain" is not an array of Certificates; Certificate.fromPem() returns one',
    );
  }
  const [leaf, ...others] = chain;
  if (leaf === undefined) {
    throw new TypeError('Cannot verify: "chain" is empty');
  }
  return [leaf, ...others];
}

function checkDepth(maxDepth: number = DEFAULT_MAX_DEPTH): number {
  if (Number.isInteger(maxDepth) && maxDepth >= 0) return maxDepth;
  throw new RangeError(
    `Cannot verify: "maxDepth" must be a whole number from 0 on, got ${maxDepth}`,
  );
}

const OPTIONS: Readonly<Record<keyof VerifyChainOptions, OptionType>> = {
  chain: anything,
  trust: anything,
  name: anything,
  usage: anything,
  now: date,
  crls: [
    "an array of Crls, or a function such as fetchCrls() returns; Crl.parse() makes a Crl",
    (v) =>
      typeof v === "function" ||
      Array.isArray(v) && v.every((each) => each instanceof Crl),
  ],
  ocsp: callback,
  issuers: callback,
  allowUnknownRevocation: flag,
  ocspResponse: [
    "an OcspResponse; OcspResponse.parse() makes one",
    (v) => v instanceof OcspResponse,
  ],
  requireOcsp: flag,
  ctLogs: array,
  signedCertificateTimestamps: [
    "a Uint8Array, or an array of them",
    (v) =>
      v instanceof Uint8Array ||
      Array.isArray(v) && v.every((each) => each instanceof Uint8Array),
  ],
  maxDepth: number,
  strict: flag,
  policies: strings,
  requireExplicitPolicy: flag,
  inhibitPolicyMapping: flag,
  inhibitAnyPolicy: flag,
  securityLevel: number,
};
