/**
 * What of the options can be read at once, with the defaults and their reasons.
 *
 * @module
 */

import { randomBytes } from "../../crypto/bytes.ts";
import {
  type CipherSuite,
  defaultCipherSuites,
  pskCipherSuites,
} from "../../crypto/cipher_suites.ts";
import { defaultNamedGroups } from "../../crypto/named_groups.ts";
import {
  parseCipherSuites,
  parseGroups,
  parseProtocolVersion,
  parseSignatureSchemes,
} from "../../crypto/names.ts";
import type { KeyExchangeGroup } from "../../crypto/provider.ts";
import {
  DEFAULT_SECURITY_LEVEL,
  refusalOfGroup,
  refusalOfSignatureScheme,
  refusalOfSuite,
  type SecurityPolicy,
  securityPolicy,
} from "../../crypto/security_level.ts";
import { defaultSignatureSchemes } from "../../crypto/signature_schemes.ts";
import type { TrustConfig } from "../../handshake/config.ts";
import { ProtocolVersion } from "../../registry.ts";
import { type DhParams, parseDhParams } from "../../x509/dh_params.ts";
import { readCertificates } from "../../x509/key_pair.ts";
import type { ContextOptions } from "./options.ts";
import { allowedItems, checkVersion } from "./strength.ts";
import { trustConfig } from "./trust_config.ts";

/** What could be read at once. */
export interface CommonSettings {
  readonly minVersion: number;
  readonly maxVersion: number;
  readonly cipherSuites: readonly CipherSuite[];
  readonly equalCipherSuites: readonly (readonly CipherSuite[])[];
  readonly groups: readonly KeyExchangeGroup[];
  readonly keyShares: readonly KeyExchangeGroup[];
  readonly signatureSchemes: readonly number[];
  readonly certificateSignatureSchemes: readonly number[] | undefined;
  readonly security: SecurityPolicy;
  readonly trust: TrustConfig;
  /** Distinguished names for certificate_authorities, in DER. */
  readonly certificateAuthorities: readonly Uint8Array[];
  readonly dhParams: DhParams | undefined;
  readonly now: () => number;
  readonly random: (length: number) => Uint8Array;
}

/**
 * Reads what can be read at once.
 *
 * @throws {TypeError} If an option is not what it must be.
 * @throws {TlsError} If a certificate, revocation list or log key of the
 * options cannot be read.
 */
export function commonSettings(options: ContextOptions): CommonSettings {
  const range = versionRange(options);
  const named = options.cipherSuites === undefined
    ? {
      cipherSuites: defaultSuites(range.minVersion, options),
      equalCipherSuites: [],
    }
    : parseCipherSuites(options.cipherSuites);
  const level = options.securityLevel ??
    ("securityLevel" in named ? named.securityLevel : undefined) ??
    DEFAULT_SECURITY_LEVEL;
  const security = securityPolicy(level, options.legacy);
  checkVersion(range.minVersion, security);
  const suites = allowedItems(
    "cipherSuites",
    suitesOf(usableVersions(range, named.cipherSuites), named.cipherSuites),
    (suite) => refusalOfSuite(suite, security),
    Array.isArray(options.cipherSuites),
  );
  const versions = usableVersions(range, suites);
  const groups = allowedItems(
    "groups",
    options.groups === undefined
      ? defaultNamedGroups
      : parseGroups(options.groups),
    (group) => refusalOfGroup(group, security),
    options.groups !== undefined,
  );
  return {
    ...versions,
    cipherSuites: suitesOf(versions, suites),
    equalCipherSuites: named.equalCipherSuites,
    groups,
    keyShares: keyShareGroups(groups, options.keyShares),
    signatureSchemes: schemesOf(options, "signatureSchemes", security) ??
      allowedItems(
        "securityLevel",
        defaultSignatureSchemes.map((row) => row.id),
        (scheme) => refusalOfSignatureScheme(scheme, security),
        false,
      ),
    certificateSignatureSchemes: schemesOf(
      options,
      "certificateSignatureSchemes",
      security,
    ),
    security,
    dhParams: options.dhParams === undefined
      ? undefined
      : parseDhParams(options.dhParams, security),
    trust: trustConfig(options, security),
    certificateAuthorities: (options.certificateAuthorities ?? [])
      .flatMap(readCertificates)
      .map((certificate) => certificate.subjectName.raw),
    now: clockOf(options.now),
    random: generatorOf(options.random),
  };
}

function schemesOf(
  options: ContextOptions,
  name: "signatureSchemes" | "certificateSignatureSchemes",
  security: SecurityPolicy,
): readonly number[] | undefined {
  const value = options[name];
  return value === undefined ? undefined : allowedItems(
    name,
    parseSignatureSchemes(value, name),
    (scheme) => refusalOfSignatureScheme(scheme, security),
    true,
  );
}

/** With `psk`, the AEAD suites that authenticate by nothing else as well. */
function defaultSuites(
  minVersion: number,
  { psk }: ContextOptions,
): readonly CipherSuite[] {
  const suites = defaultCipherSuites(minVersion);
  return psk === undefined ? suites : [
    ...suites,
    ...pskCipherSuites.filter((suite) =>
      suite.authentication === "PSK" && suite.cipher.kind === "aead"
    ),
  ];
}

interface VersionRange {
  readonly minVersion: number;
  readonly maxVersion: number;
}

function versionRange(options: ContextOptions): VersionRange {
  const maxVersion = options.maxVersion === undefined
    ? ProtocolVersion["TLSv1.3"]
    : parseProtocolVersion("maxVersion", options.maxVersion);
  const minVersion = options.minVersion === undefined
    ? ProtocolVersion["TLSv1.2"]
    : parseProtocolVersion("minVersion", options.minVersion);
  if (options.minVersion === undefined && maxVersion < minVersion) {
    throw new TypeError(
      `Cannot use maxVersion "${options.maxVersion}": versions below TLSv1.2 are on only where minVersion names one`,
    );
  }
  if (minVersion > maxVersion) {
    throw new TypeError(
      `Cannot use minVersion "${options.minVersion}" with maxVersion "${
        options.maxVersion ?? "TLSv1.3"
      }": it is the higher one`,
    );
  }
  return { minVersion, maxVersion };
}

function suitesOf(
  { minVersion, maxVersion }: VersionRange,
  suites: readonly CipherSuite[],
): CipherSuite[] {
  return suites.filter((suite) =>
    suite.minVersion <= maxVersion && suite.maxVersion >= minVersion
  );
}

/** A version for which no suite is on is off. */
function usableVersions(
  range: VersionRange,
  suites: readonly CipherSuite[],
): VersionRange {
  const usable: number[] = [];
  for (let v = range.minVersion; v <= range.maxVersion; v++) {
    if (suites.some((s) => s.minVersion <= v && s.maxVersion >= v)) {
      usable.push(v);
    }
  }
  const [first] = usable;
  const last = usable.at(-1);
  if (first === undefined || last === undefined) {
    throw new TypeError(
      `Cannot use "cipherSuites": none of them belongs to a version from minVersion to maxVersion`,
    );
  }
  return { minVersion: first, maxVersion: last };
}

/**
 * The shares of the first ClientHello: the first group, and behind a hybrid
 * X25519, so that a server without hybrids need not ask for a second one.
 */
function keyShareGroups(
  groups: readonly KeyExchangeGroup[],
  chosen: ContextOptions["keyShares"],
): readonly KeyExchangeGroup[] {
  if (chosen !== undefined) {
    if (chosen.length === 0) return [];
    const shares = parseGroups(chosen, "keyShares");
    const foreign = shares.find((share) => !groups.includes(share));
    if (foreign !== undefined) {
      throw new TypeError(
        `Cannot use "keyShares": ${foreign.name} is not in "groups"`,
      );
    }
    return shares;
  }
  const [first] = groups;
  if (first === undefined) return [];
  const classical = groups.find((group) => group.kind !== "hybrid");
  return first.kind === "hybrid" && classical !== undefined
    ? [first, classical]
    : [first];
}

function generatorOf(
  random: ContextOptions["random"],
): (length: number) => Uint8Array {
  if (random === undefined) return randomBytes;
  return (length) => {
    const bytes: unknown = random(length);
    if (bytes instanceof Uint8Array && bytes.length === length) return bytes;
    throw new TypeError(
      `Cannot use what option "random" gave: ${length} bytes are wanted`,
    );
  };
}

function clockOf(now: ContextOptions["now"]): () => number {
  if (now === undefined) return Date.now;
  return () => {
    const given: unknown = now();
    const time = given instanceof Date ? given.getTime() : given;
    // No date is before or after what is no time: nothing would ever expire.
    if (typeof time === "number" && Number.isFinite(time)) return time;
    throw new TypeError(`Cannot use what option "now" gave: it is no time`);
  };
}
