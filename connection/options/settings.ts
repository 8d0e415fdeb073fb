/**
 * What several options settle together: versions, suites, groups and schemes,
 * under one security level.
 *
 * @module
 */

import {
  type CipherSuite,
  defaultCipherSuites,
  pskCipherSuites,
} from "../../crypto/suites/cipher_suites.ts";
import {
  defaultNamedGroups,
  isPostQuantum,
} from "../../crypto/groups/named_groups.ts";
import type { KeyExchangeGroup } from "../../crypto/primitives/provider.ts";
import {
  DEFAULT_SECURITY_LEVEL,
  isPermitted,
  refusalOfGroup,
  refusalOfSignatureScheme,
  refusalOfSuite,
  type SecurityPolicy,
  securityPolicy,
} from "../../crypto/suites/security_level.ts";
import {
  defaultSignatureSchemes,
  type SignatureSchemeRow,
} from "../../crypto/signatures/signature_schemes.ts";
import type { HandshakeConfig } from "../../handshake/common/config.ts";
import { type DhParams, parseDhParams } from "../../x509/keys/dh_params.ts";
import { isPostQuantumPolicy } from "../../crypto/suites/names.ts";
import { ProtocolVersion } from "../../registry.ts";
import { allowedItems, checkVersion } from "./strength.ts";
import type { OptionName, ParsedOptions, ReadOptions } from "./table.ts";

/** What options settle together; the same for clients and servers. */
export interface Settings extends
  Pick<
    HandshakeConfig,
    | "minVersion"
    | "maxVersion"
    | "versions"
    | "cipherSuites"
    | "groups"
    | "signatureSchemes"
    | "certificateSignatureSchemes"
    | "security"
    | "weakSessions"
  > {
  readonly equalCipherSuites: readonly (readonly CipherSuite[])[];
  readonly keyShares: readonly KeyExchangeGroup[];
  readonly dhParams: DhParams | undefined;
}

/**
 * Settles what several options decide.
 *
 * @throws {TypeError} If nothing is left, or what was named is too weak.
 */
export function settingsOf(options: ReadOptions): Settings {
  if (SETTLING.some((name) => options.given[name] !== undefined)) {
    return settle(options);
  }
  return defaults ??= settle(options);
}

/** What is settled where none of these options is given. */
let defaults: Settings | undefined;

/** The options that settings depend on. */
const SETTLING = [
  "minVersion",
  "maxVersion",
  "versions",
  "cipherSuites",
  "groups",
  "signatureSchemes",
  "certificateSignatureSchemes",
  "securityLevel",
  "legacy",
  "psk",
  "keyShares",
  "dhParams",
] as const satisfies readonly OptionName[];

/** The same options, and no others: what is missing above does not compile. */
interface SettlingOptions {
  readonly given: Pick<ReadOptions["given"], typeof SETTLING[number]>;
  readonly parsed: Pick<ParsedOptions, typeof SETTLING[number]>;
}

function settle({ given, parsed }: SettlingOptions): Settings {
  const range = parsed.versions === undefined
    ? versionRange(parsed, given)
    : namedVersions(parsed.versions, given);
  const named = parsed.cipherSuites ?? {
    cipherSuites: defaultSuites(range.minVersion, parsed),
    equalCipherSuites: [],
    securityLevel: undefined,
  };
  const level = parsed.securityLevel ?? named.securityLevel ??
    DEFAULT_SECURITY_LEVEL;
  const security = securityPolicy(level, parsed.legacy);
  checkVersion(range.minVersion, security);
  const suites = allowedItems(
    "cipherSuites",
    suitesOf(usableVersions(range, named.cipherSuites), named.cipherSuites),
    (suite) => refusalOfSuite(suite, security),
    Array.isArray(given.cipherSuites),
  );
  const versions = usableVersions(range, suites);
  const groups = allowedItems(
    "groups",
    parsed.groups ?? defaultNamedGroups,
    (group) => refusalOfGroup(group, security),
    parsed.groups !== undefined,
  );
  return {
    ...versions,
    cipherSuites: suitesOf(versions, suites),
    equalCipherSuites: named.equalCipherSuites,
    groups,
    keyShares: keyShareGroups(groups, parsed.keyShares),
    signatureSchemes: schemesOf(parsed, "signatureSchemes", security) ??
      allowedItems(
        "securityLevel",
        defaultSignatureSchemes
          .filter((row) => isForVersions(row, versions.maxVersion))
          .map((row) => row.id),
        (scheme) => refusalOfSignatureScheme(scheme, security),
        false,
      ),
    certificateSignatureSchemes: schemesOf(
      parsed,
      "certificateSignatureSchemes",
      security,
    ),
    security,
    weakSessions: isPermitted(parsed.legacy, "sessions"),
    dhParams: parsed.dhParams === undefined
      ? undefined
      : parseDhParams(parsed.dhParams, security),
  };
}

function schemesOf(
  parsed: SettlingOptions["parsed"],
  name: "signatureSchemes" | "certificateSignatureSchemes",
  security: SecurityPolicy,
): readonly number[] | undefined {
  const schemes = parsed[name];
  return schemes && allowedItems(
    name,
    schemes,
    (scheme) => refusalOfSignatureScheme(scheme, security),
    true,
  );
}

/** With `psk`, the AEAD suites that authenticate by nothing else as well. */
function defaultSuites(
  minVersion: number,
  { psk }: SettlingOptions["parsed"],
): readonly CipherSuite[] {
  const suites = defaultCipherSuites(minVersion);
  return psk === undefined ? suites : [
    ...suites,
    ...pskCipherSuites.filter((suite) =>
      suite.authentication === "PSK" && suite.cipher.kind === "aead"
    ),
  ];
}

type VersionRange = Pick<ParsedOptions, "minVersion" | "maxVersion">;

/** What is on, highest first. */
interface VersionSet extends VersionRange {
  readonly versions: readonly number[];
}

function versionSet(versions: readonly number[]): VersionSet {
  const [maxVersion] = versions;
  const minVersion = versions.at(-1);
  if (maxVersion !== undefined && minVersion !== undefined) {
    return { minVersion, maxVersion, versions };
  }
  throw new TypeError(
    `Cannot use "cipherSuites": none of them belongs to a version from minVersion to maxVersion`,
  );
}

function namedVersions(
  versions: readonly number[],
  { groups }: SettlingOptions["given"],
): VersionSet {
  const set = versionSet(versions);
  if (set.minVersion >= TLS13 || !isPostQuantumPolicy(groups)) return set;
  throw needsTls13("versions");
}

function needsTls13(option: OptionName): TypeError {
  return new TypeError(
    `Cannot use "groups" with "${option}": "pq" needs TLSv1.3`,
  );
}

function versionRange(
  { minVersion, maxVersion }: VersionRange,
  given: SettlingOptions["given"],
): VersionSet {
  const isMinimumNamed = given.minVersion !== undefined;
  if (isPostQuantumPolicy(given.groups)) {
    // No version before it has a key exchange that resists a quantum computer.
    if (isMinimumNamed ? minVersion < TLS13 : maxVersion < TLS13) {
      throw needsTls13(isMinimumNamed ? "minVersion" : "maxVersion");
    }
    minVersion = TLS13;
  }
  if (minVersion <= maxVersion) {
    const length = maxVersion - minVersion + 1;
    return versionSet(Array.from({ length }, (_, at) => maxVersion - at));
  }
  throw new TypeError(
    isMinimumNamed
      ? `Cannot use "minVersion" with "maxVersion": it is the higher one`
      : `Cannot use "maxVersion": versions below TLSv1.2 are on only where "minVersion" names one`,
  );
}

function suitesOf(
  { minVersion, maxVersion }: VersionRange,
  suites: readonly CipherSuite[],
): CipherSuite[] {
  return suites.filter((suite) =>
    suite.minVersion <= maxVersion && suite.maxVersion >= minVersion
  );
}

const TLS12 = ProtocolVersion["TLSv1.2"];
const TLS13 = ProtocolVersion["TLSv1.3"];

/** Below TLS 1.2 no scheme has a number: those of TLS 1.2 stand for the keys. */
function isForVersions(
  { versions }: SignatureSchemeRow,
  maxVersion: number,
): boolean {
  return versions.some((version) => version <= Math.max(maxVersion, TLS12));
}

/** A version for which no suite is on is off. */
function usableVersions(
  { versions }: VersionSet,
  suites: readonly CipherSuite[],
): VersionSet {
  return versionSet(
    versions.filter((v) =>
      suites.some((s) => s.minVersion <= v && s.maxVersion >= v)
    ),
  );
}

/**
 * The shares of the first ClientHello: the first group, and behind one with
 * ML-KEM X25519, so that a server without that need not ask for a second one.
 */
function keyShareGroups(
  groups: readonly KeyExchangeGroup[],
  chosen: ParsedOptions["keyShares"],
): readonly KeyExchangeGroup[] {
  if (chosen !== undefined) {
    const foreign = chosen.find((share) => !groups.includes(share));
    if (foreign === undefined) return chosen;
    throw new TypeError(
      `Cannot use "keyShares": ${foreign.name} is not in "groups"`,
    );
  }
  const [first] = groups;
  const classical = groups.find((group) => !isPostQuantum(group));
  return first && isPostQuantum(first) && classical !== undefined
    ? [first, classical]
    : groups.slice(0, 1);
}
