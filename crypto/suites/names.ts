/**
 * The names that callers may write for suites, groups, signature schemes and
 * versions: IANA's, OpenSSL's, Node's and Go's, without regard to case, in a
 * list or in one string with colons.
 *
 * @module
 */

import {
  NamedGroup,
  ProtocolVersion,
  type Registry,
  SignatureScheme,
} from "../../registry.ts";
import { type CipherSelection, selectCipherSuites } from "./cipher_string.ts";
import {
  type CipherSuite,
  type CipherSuiteList,
  isCipherSuite,
} from "./cipher_suite.ts";
import { cipherSuites } from "./cipher_suites.ts";
import {
  isPostQuantum,
  namedGroupById,
  namedGroups,
} from "../groups/named_groups.ts";
import type { KeyExchangeGroup } from "../primitives/provider.ts";
import { isName, namesWeakSuite, weakSuiteName } from "./suite_names.ts";

/** What `cipherSuites` stands for. */
export interface NamedCipherSuites extends CipherSelection {
  /** Suites of equal preference: lists of at least two. */
  readonly equalCipherSuites: readonly (readonly CipherSuite[])[];
}

/**
 * Reads `cipherSuites`: a cipher string, or a list of names, IANA's or
 * OpenSSL's, and of values from `./legacy`, and of lists of these.
 *
 * @throws {TypeError} If it is neither, names what there is not, or is empty.
 */
export function parseCipherSuites(
  value: string | CipherSuiteList,
): NamedCipherSuites {
  if (typeof value === "string") {
    return { ...selectCipherSuites(value), equalCipherSuites: [] };
  }
  const list = suitesOf(value).map((item) =>
    Array.isArray(item)
      ? suitesOf(item).map(parseCipherSuite)
      : [parseCipherSuite(item)]
  );
  return {
    cipherSuites: [...new Set(list.flat())],
    equalCipherSuites: list.filter((suites) => suites.length > 1),
    securityLevel: undefined,
  };
}

function suitesOf(value: unknown): unknown[] {
  return listOf("cipherSuites", value, "cipher suite");
}

function parseCipherSuite(value: unknown): CipherSuite {
  if (isCipherSuite(value)) return value;
  if (typeof value !== "string") {
    throw new TypeError(
      `Cannot read "cipherSuites": ${
        describe(value)
      } is neither a name nor a value from "@x/tls/legacy"`,
    );
  }
  const suite = cipherSuites.find((each) => isName(each, value));
  if (suite !== undefined) return suite;
  if (weakSuiteName(value) !== undefined) {
    throw namesWeakSuite(`"cipherSuites"`, value);
  }
  throw new TypeError(
    `Cannot read "cipherSuites": there is no cipher suite "${value}". A list has names of suites; keywords go into one string, such as "ECDHE+AESGCM:!aRSA"`,
  );
}

/** Whether `groups` asks for post-quantum groups and no others. */
export function isPostQuantumPolicy(groups: unknown): boolean {
  return typeof groups === "string" && groups.toLowerCase() === "pq";
}

/**
 * Reads `groups`: a list of names, or one string with colons, or `"pq"`.
 *
 * @returns The groups, each once, in order.
 * @throws {TypeError} If it is neither, names what there is not, or is empty.
 */
export function parseGroups(
  value: string | readonly string[],
  option = "groups",
): KeyExchangeGroup[] {
  if (isPostQuantumPolicy(value)) return namedGroups.filter(isPostQuantum);
  const ids = parseNames(option, "group", value, NamedGroup, GROUP_ALIASES);
  return ids.flatMap((id) => namedGroupById(id) ?? []);
}

/**
 * Reads `signatureSchemes`: a list of names, or one string with colons.
 *
 * @returns SignatureScheme numbers, each once, in order.
 * @throws {TypeError} If it is neither, names what there is not, or is empty.
 */
export function parseSignatureSchemes(
  value: string | readonly string[],
  option = "signatureSchemes",
): number[] {
  return parseNames(
    option,
    "signature scheme",
    value,
    NAMED_SCHEMES,
    SCHEME_ALIASES,
  );
}

/**
 * Reads a version such as `"TLSv1.2"`.
 *
 * @param option The option that it stands in, for the error.
 * @returns The ProtocolVersion number.
 * @throws {TypeError} If there is no such version here.
 */
export function parseProtocolVersion(option: string, value: unknown): number {
  if (typeof value === "string") {
    const name = value.toUpperCase();
    const version = find(ProtocolVersion, VERSION_ALIASES, name);
    if (version !== undefined && version >= ProtocolVersion.TLSv1) {
      return version;
    }
    if (version !== undefined || name.startsWith("SSL")) {
      throw new TypeError(
        `Cannot use ${value} as "${option}": it is broken beyond repair and forbidden (RFC 7568 section 3, RFC 6176 section 3). The lowest version is "TLSv1"`,
      );
    }
  }
  throw new TypeError(
    `Cannot use ${
      describe(value)
    } as "${option}": there are "TLSv1.3", "TLSv1.2", "TLSv1.1" and "TLSv1"`,
  );
}

/** The other names of a group or scheme, those of OpenSSL first. */
export function aliasesOf(kind: "group" | "scheme", id: number): string[] {
  const aliases = kind === "group" ? GROUP_ALIASES : SCHEME_ALIASES;
  return Object.keys(aliases).filter((name) => aliases[name] === id);
}

function parseNames(
  option: string,
  kind: string,
  value: string | readonly string[],
  registry: Registry,
  aliases: Registry,
): number[] {
  const list: unknown[] = typeof value === "string"
    ? listOf(option, value.split(/[:,\s]+/).filter((name) => name !== ""), kind)
    : listOf(option, value, kind);
  const ids = list.map((name) => {
    const id = typeof name === "string"
      ? find(registry, aliases, name.toUpperCase())
      : undefined;
    if (id !== undefined) return id;
    throw new TypeError(
      `Cannot read "${option}": there is no ${kind} ${
        describe(name)
      }; there are ${Object.keys(registry).join(", ")}`,
    );
  });
  return [...new Set(ids)];
}

function listOf(option: string, value: unknown, kind: string): unknown[] {
  if (!Array.isArray(value)) {
    throw new TypeError(
      `Cannot read "${option}": ${
        describe(value)
      } is neither a string nor a list`,
    );
  }
  if (value.length === 0) {
    throw new TypeError(`Cannot read "${option}": it names no ${kind}`);
  }
  return value;
}

function find(
  registry: Registry,
  aliases: Registry,
  upperCase: string,
): number | undefined {
  return [...Object.entries(registry), ...Object.entries(aliases)]
    .find(([name]) => name.toUpperCase() === upperCase)?.[1];
}

function describe(value: unknown): string {
  return typeof value === "string"
    ? JSON.stringify(value)
    : value === null || typeof value !== "object"
    ? String(value)
    : "an object";
}

const VERSION_ALIASES: Registry = {
  "TLSv1.0": ProtocolVersion.TLSv1,
  ...Object.fromEntries(
    ["1.0", "1.1", "1.2", "1.3"].flatMap((version, minor) =>
      // RFCs; Node's secureProtocol; Go's constants.
      [
        `TLS ${version}`,
        `TLSv${version.replace(".", "_")}`,
        `VersionTLS${version.replace(".", "")}`,
      ].map((name) => [name, ProtocolVersion.TLSv1 + minor])
    ),
  ),
};

/** Those that have a number on the wire. */
const NAMED_SCHEMES: Registry = Object.fromEntries(
  Object.entries(SignatureScheme)
    .filter(([name]) => name !== "rsa_pkcs1_md5_sha1"),
);

/** Curves have a name at each of SECG, ANSI and NIST (RFC 8422 appendix A). */
const GROUP_ALIASES: Registry = {
  "P-256": NamedGroup.secp256r1,
  "P256": NamedGroup.secp256r1,
  "prime256v1": NamedGroup.secp256r1,
  "CurveP256": NamedGroup.secp256r1,
  "P-384": NamedGroup.secp384r1,
  "P384": NamedGroup.secp384r1,
  "CurveP384": NamedGroup.secp384r1,
  "P-521": NamedGroup.secp521r1,
  "P521": NamedGroup.secp521r1,
  "CurveP521": NamedGroup.secp521r1,
  "curve25519": NamedGroup.x25519,
  "curve448": NamedGroup.x448,
  "P256MLKEM768": NamedGroup.SecP256r1MLKEM768,
  "P384MLKEM1024": NamedGroup.SecP384r1MLKEM1024,
};

/**
 * SSL_CTX_set1_sigalgs_list(3): algorithm and hash. Of RSA-PSS it means the
 * schemes for keys of the type rsaEncryption, as OpenSSL does. Then Go's names.
 */
const SCHEME_ALIASES: Registry = {
  "ECDSA+SHA1": SignatureScheme.ecdsa_sha1,
  "ECDSA+SHA256": SignatureScheme.ecdsa_secp256r1_sha256,
  "ECDSA+SHA384": SignatureScheme.ecdsa_secp384r1_sha384,
  "ECDSA+SHA512": SignatureScheme.ecdsa_secp521r1_sha512,
  "RSA+SHA1": SignatureScheme.rsa_pkcs1_sha1,
  "RSA+SHA256": SignatureScheme.rsa_pkcs1_sha256,
  "RSA+SHA384": SignatureScheme.rsa_pkcs1_sha384,
  "RSA+SHA512": SignatureScheme.rsa_pkcs1_sha512,
  "RSA-PSS+SHA256": SignatureScheme.rsa_pss_rsae_sha256,
  "RSA-PSS+SHA384": SignatureScheme.rsa_pss_rsae_sha384,
  "RSA-PSS+SHA512": SignatureScheme.rsa_pss_rsae_sha512,
  "PSS+SHA256": SignatureScheme.rsa_pss_rsae_sha256,
  "PSS+SHA384": SignatureScheme.rsa_pss_rsae_sha384,
  "PSS+SHA512": SignatureScheme.rsa_pss_rsae_sha512,
  "ML-DSA-44": SignatureScheme.mldsa44,
  "ML-DSA-65": SignatureScheme.mldsa65,
  "ML-DSA-87": SignatureScheme.mldsa87,
  "PKCS1WithSHA1": SignatureScheme.rsa_pkcs1_sha1,
  "PKCS1WithSHA256": SignatureScheme.rsa_pkcs1_sha256,
  "PKCS1WithSHA384": SignatureScheme.rsa_pkcs1_sha384,
  "PKCS1WithSHA512": SignatureScheme.rsa_pkcs1_sha512,
  "PSSWithSHA256": SignatureScheme.rsa_pss_rsae_sha256,
  "PSSWithSHA384": SignatureScheme.rsa_pss_rsae_sha384,
  "PSSWithSHA512": SignatureScheme.rsa_pss_rsae_sha512,
  "ECDSAWithSHA1": SignatureScheme.ecdsa_sha1,
  "ECDSAWithP256AndSHA256": SignatureScheme.ecdsa_secp256r1_sha256,
  "ECDSAWithP384AndSHA384": SignatureScheme.ecdsa_secp384r1_sha384,
  "ECDSAWithP521AndSHA512": SignatureScheme.ecdsa_secp521r1_sha512,
};
