/**
 * OpenSSL's security levels 0 to 5 (SSL_CTX_set_security_level(3)): how many
 * bits of security keys, groups, digests and suites must have. What is asked
 * of each thing is the highest level that allows it.
 *
 * @module
 */

import { nameOf, SignatureScheme } from "../../registry.ts";
import { macName } from "./cipher_keywords.ts";
import type { CipherSuite, KeyExchangeMethod } from "./cipher_suite.ts";
import { keyStrength } from "../signatures/key_strength.ts";
import type { PublicKey } from "../signatures/public_key.ts";
import type { HashAlgorithm } from "../primitives/provider.ts";
import { signatureSchemeById } from "../signatures/signature_schemes.ts";
import { weakSuiteName } from "./suite_names.ts";

/** What a {@linkcode LegacyPermit} permits. */
export type LegacyPermitKind = "keys" | "groups" | "digests" | "sessions";

/** What has a strength, which a permit lets go below the security level. */
type StrengthKind = Exclude<LegacyPermitKind, "sessions">;

/**
 * Permits something weak: a value of `./legacy` for the option `legacy`.
 *
 * @example A printer with a key of 1024 bits
 * ```ts
 * import { createContext } from "@x/tls";
 * import { weakKeys } from "@x/tls/legacy";
 *
 * const context = createContext({ minVersion: "TLSv1", legacy: [weakKeys] });
 * const strict = context.with({ legacy: undefined });
 * ```
 */
export class LegacyPermit {
  /** What it permits. */
  readonly kind: LegacyPermitKind;
  /** Makes a look-alike another type. */
  readonly #genuine = true;

  /**
   * Makes a permit.
   *
   * @param kind What it permits.
   */
  constructor(kind: LegacyPermitKind) {
    this.kind = kind;
  }

  /**
   * Whether a value is a permit.
   *
   * @param value Any value.
   * @returns Whether it is one.
   */
  static isLegacyPermit(value: unknown): value is LegacyPermit {
    return typeof value === "object" && value !== null && #genuine in value;
  }
}

/** The level that holds for each kind of thing. */
export interface SecurityPolicy extends Readonly<Record<StrengthKind, number>> {
  /** For cipher suites and all else. */
  readonly level: number;
}

/** The level where none is set: 112 bits, as RFC 9325 section 4.5 asks. */
export const DEFAULT_SECURITY_LEVEL = 2;

/**
 * What a level asks for; a permit sets the level of its kind to 0.
 *
 * @throws {RangeError} If the level is not one of 0 to 5.
 */
export function securityPolicy(
  level: number = DEFAULT_SECURITY_LEVEL,
  permits: readonly LegacyPermit[] = [],
): SecurityPolicy {
  if (!Number.isInteger(level) || level < 0 || level >= MINIMUM_BITS.length) {
    throw new RangeError(
      `Cannot set security level ${level}: there are 0 to ${
        MINIMUM_BITS.length - 1
      }`,
    );
  }
  const of = (kind: StrengthKind) => isPermitted(permits, kind) ? 0 : level;
  return {
    level,
    keys: of("keys"),
    groups: of("groups"),
    digests: of("digests"),
  };
}

/** Whether a list of permits has one of a kind. */
export function isPermitted(
  permits: readonly LegacyPermit[] | undefined,
  kind: LegacyPermitKind,
): boolean {
  return permits?.some((each) => each.kind === kind) ?? false;
}

/** The least strength in bits that a level asks for. */
export function minimumStrength(level: number): number {
  return MINIMUM_BITS[level] ?? Infinity;
}

/** The highest level that a strength in bits is enough for. */
export function levelOfStrength(bits: number): number {
  return MINIMUM_BITS.findLastIndex((minimum) => bits >= minimum);
}

/**
 * The highest level that allows a suite: without authentication of the server
 * or with HMAC-MD5 only 0, with RC4 only 1, without forward secrecy only 2,
 * with HMAC-SHA-1, that is 160 bits, only 3.
 */
export function levelOfSuite(suite: CipherSuite): number {
  const limits = [levelOfStrength(suite.strength)];
  const mac = macName(suite);
  if (suite.authentication === "anon" || mac === "MD5") limits.push(0);
  if (suite.encryption === "RC4") limits.push(1);
  if (!FORWARD_SECRET.has(suite.keyExchange)) limits.push(2);
  if (mac === "SHA1") limits.push(levelOfStrength(160));
  return Math.min(...limits);
}

/** The highest level that allows a key. */
export function levelOfKey(key: Pick<PublicKey, "type" | "bits">): number {
  return levelOfStrength(keyStrength(key));
}

/** The highest level that allows a group: -1 where none does. */
export function levelOfGroup(
  group: { readonly kind: string; readonly strength: number },
): number {
  // Even level 0 has no DHE below 1024 bits.
  return group.kind === "ffdh" && group.strength < minimumStrength(1)
    ? -1
    : levelOfStrength(group.strength);
}

/**
 * The highest level that allows signatures over a digest: half of its bits are
 * its strength, but for those with known collisions.
 */
export function levelOfDigest(hash: HashAlgorithm["name"]): number {
  return levelOfStrength(DIGEST_STRENGTH[hash]);
}

/** The highest level that allows a signature scheme; of unknown ones, 0. */
export function levelOfSignatureScheme(scheme: number): number {
  return levelOfStrength(signatureSchemeById(scheme)?.strength ?? 0);
}

/** The highest level that has session tickets. */
export const LEVEL_OF_TICKETS = 2;

/**
 * Why something is refused, or `undefined` if it is not.
 *
 * @param what What it is, such as `"RSA key of 1024 bits"`.
 * @param highest The highest level that allows it.
 * @param level The level that holds.
 * @param kind Which permit of `./legacy` would allow it.
 */
export function refusal(
  what: string,
  highest: number,
  level: number,
  kind?: StrengthKind,
): string | undefined {
  if (highest >= level) return undefined;
  if (highest < 0) return `${what} is too weak for any security level`;
  const byPermit = kind === undefined
    ? ""
    : `, as would ${PERMIT_NAME[kind]} of "@x/tls/legacy"`;
  return `${what} is below security level ${level}; level ${highest} would allow it${byPermit}`;
}

/**
 * Why a suite is refused, or `undefined` if it is not. A suite of `./legacy`
 * was passed in as a value: up to the default level that is consent enough.
 */
export function refusalOfSuite(
  suite: CipherSuite,
  { level }: SecurityPolicy,
): string | undefined {
  const isConsented = level <= DEFAULT_SECURITY_LEVEL &&
    weakSuiteName(suite.name) !== undefined;
  return isConsented
    ? undefined
    : refusal(`cipher suite ${suite.name}`, levelOfSuite(suite), level);
}

/** Why a key is refused, or `undefined` if it is not. */
export function refusalOfKey(
  key: Pick<PublicKey, "type" | "bits">,
  policy: SecurityPolicy,
): string | undefined {
  const what = `${key.type.toUpperCase()} key of ${key.bits} bits`;
  return refusal(what, levelOfKey(key), policy.keys, "keys");
}

/** Why a group is refused, or `undefined` if it is not. */
export function refusalOfGroup(
  group: { name: string; kind: string; strength: number; bits: number },
  policy: SecurityPolicy,
): string | undefined {
  return refusal(
    `group ${group.name} of ${group.bits} bits`,
    levelOfGroup(group),
    policy.groups,
    "groups",
  );
}

/** Why signatures over a digest are refused, or `undefined` if not. */
export function refusalOfDigest(
  hash: HashAlgorithm["name"],
  policy: SecurityPolicy,
): string | undefined {
  return refusal(
    `signature with ${hash}`,
    levelOfDigest(hash),
    policy.digests,
    "digests",
  );
}

/** Why a signature scheme is refused, or `undefined` if it is not. */
export function refusalOfSignatureScheme(
  scheme: number,
  policy: SecurityPolicy,
): string | undefined {
  return refusal(
    `signature scheme ${nameOf(SignatureScheme, scheme)}`,
    levelOfSignatureScheme(scheme),
    policy.digests,
    "digests",
  );
}

/** SSL_CTX_set_security_level(3): 80 bits at level 1, and so on. */
const MINIMUM_BITS = [0, 80, 112, 128, 192, 256];

const FORWARD_SECRET: ReadonlySet<KeyExchangeMethod> = new Set(
  ["any", "ECDHE", "DHE", "ECDHE_PSK", "DHE_PSK"],
);

/** In bits; MD5 and SHA-1 by the cost of the collisions that are known. */
const DIGEST_STRENGTH: Readonly<Record<HashAlgorithm["name"], number>> = {
  "MD5": 39,
  "SHA-1": 63,
  "SHA-224": 112,
  "SHA-256": 128,
  "SHA-384": 192,
  "SHA-512": 256,
};

const PERMIT_NAME: Readonly<Record<StrengthKind, string>> = {
  keys: "weakKeys",
  groups: "weakGroups",
  digests: "weakDigests",
};
