/**
 * Versions by the many names that Node has for them.
 *
 * @module
 */

import { nodeError } from "./errors.ts";

/** A version of TLS. */
export type SecureVersion = "TLSv1.3" | "TLSv1.2" | "TLSv1.1" | "TLSv1";

/** The versions of a context. */
export interface VersionRange {
  /** The lowest. */
  readonly minVersion: SecureVersion;
  /** The highest. */
  readonly maxVersion: SecureVersion;
}

/** The options about versions. */
export interface VersionOptions {
  /** The lowest version. */
  minVersion?: string | null | undefined;
  /** The highest version. */
  maxVersion?: string | null | undefined;
  /** A method of OpenSSL's, such as `"TLSv1_2_method"`. */
  secureProtocol?: string | null | undefined;
  /** Bits of OpenSSL's, those of `node:crypto`'s `constants`. */
  secureOptions?: number | null | undefined;
}

/**
 * The versions that options name.
 *
 * @throws {TypeError} If there is no such version or method, or both are given.
 */
export function versionRange(
  options: VersionOptions,
  defaults: VersionRange,
): VersionRange {
  const { secureProtocol, minVersion, maxVersion, secureOptions } = options;
  if (secureProtocol === undefined || secureProtocol === null) {
    return withoutVersions({
      minVersion: version("minimum", minVersion, defaults.minVersion),
      maxVersion: version("maximum", maxVersion, defaults.maxVersion),
    }, secureOptions ?? 0);
  }
  for (const given of [minVersion, maxVersion]) {
    if (given === undefined || given === null) continue;
    throw nodeError(
      "ERR_TLS_PROTOCOL_VERSION_CONFLICT",
      `TLS protocol version "${given}" conflicts with secureProtocol "${secureProtocol}"`,
      TypeError,
    );
  }
  return withoutVersions(
    versionsOfMethod(secureProtocol, defaults),
    secureOptions ?? 0,
  );
}

function version(
  which: "minimum" | "maximum",
  value: string | null | undefined,
  otherwise: SecureVersion,
): SecureVersion {
  const name = value ?? otherwise;
  const found = VERSIONS.find((each) => each === name);
  if (found !== undefined) return found;
  throw nodeError(
    "ERR_TLS_INVALID_PROTOCOL_VERSION",
    `${
      typeof name === "string" ? `'${name}'` : String(name)
    } is not a valid ${which} TLS protocol version`,
    TypeError,
  );
}

function versionsOfMethod(
  method: string,
  defaults: VersionRange,
): VersionRange {
  const name = /^(.*?)(_client|_server)?_method$/.exec(String(method))?.[1];
  if (name === "SSLv2" || name === "SSLv3") {
    throw invalidMethod(`${name} methods disabled`);
  }
  // OpenSSL's flexible methods: "SSLv23" is the old name of "TLS".
  if (name === "SSLv23") return { ...defaults, maxVersion: "TLSv1.2" };
  if (name === "TLS") return { minVersion: "TLSv1", maxVersion: "TLSv1.3" };
  const found = VERSIONS.find((each) => each.replace(".", "_") === name);
  if (found === undefined || found === "TLSv1.3") {
    throw invalidMethod(`Unknown method: ${method}`);
  }
  return { minVersion: found, maxVersion: found };
}

function invalidMethod(message: string) {
  return nodeError("ERR_TLS_INVALID_PROTOCOL_METHOD", message, TypeError);
}

/**
 * SSL_OP_NO_TLSv1 and its kin take versions away. Of what is left on both sides
 * of a hole, the higher versions stay, as with a client of OpenSSL's.
 */
function withoutVersions(range: VersionRange, bits: number): VersionRange {
  const at = (name: SecureVersion) => VERSIONS.indexOf(name);
  const on = VERSIONS.filter((name) =>
    at(name) >= at(range.minVersion) && at(name) <= at(range.maxVersion) &&
    (bits & NO_VERSION[name]) === 0
  );
  const highest = on.at(-1);
  if (highest === undefined) throw invalidMethod("no protocols available");
  let lowest = highest;
  for (const name of on.toReversed()) {
    if (at(lowest) - at(name) <= 1) lowest = name;
  }
  return { minVersion: lowest, maxVersion: highest };
}

const VERSIONS: readonly SecureVersion[] = [
  "TLSv1",
  "TLSv1.1",
  "TLSv1.2",
  "TLSv1.3",
];

const NO_VERSION: Readonly<Record<SecureVersion, number>> = {
  "TLSv1": 0x04000000,
  "TLSv1.1": 0x10000000,
  "TLSv1.2": 0x08000000,
  "TLSv1.3": 0x20000000,
};
