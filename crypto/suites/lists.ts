/**
 * What there is: suites, groups, signature schemes, versions.
 *
 * @module
 */

import { readDictionary } from "../../dictionary.ts";
import { nameOf, ProtocolVersion } from "../../registry.ts";
import { encryptionName, macName } from "./cipher_keywords.ts";
import type {
  Authentication,
  CipherSuite,
  CipherSuiteList,
  KeyExchangeMethod,
} from "./cipher_suite.ts";
import { cipherSuites, defaultCipherSuites } from "./cipher_suites.ts";
import type { Implementation, PartImplementation } from "./implementations.ts";
import { aliasesOf, parseCipherSuites, parseProtocolVersion } from "./names.ts";
import { defaultNamedGroups, namedGroups } from "../groups/named_groups.ts";
import type { KeyExchangeGroup } from "../primitives/provider.ts";
import {
  defaultSignatureSchemes,
  type SignatureSchemeRow,
  signatureSchemes,
} from "../signatures/signature_schemes.ts";

export type { Implementation, PartImplementation };

/** The version of this module. */
export const VERSION: string = "0.1.0";

/** A cipher suite, in the words of `openssl ciphers -v`. */
export interface CipherSuiteInfo {
  /** Its number in the TLS Cipher Suites registry. */
  readonly id: number;
  /** IANA's name. */
  readonly name: string;
  /** OpenSSL's name. */
  readonly opensslName: string;
  /** The versions that it can be used with, the highest first. */
  readonly protocols: readonly string[];
  /** `"any"`, `"ECDH"`, `"DH"`, `"RSA"`, `"PSK"`, `"ECDHEPSK"`, … */
  readonly keyExchange: string;
  /** `"any"`, `"RSA"`, `"ECDSA"`, `"PSK"` or `"None"`. */
  readonly authentication: string;
  /** The cipher with the bits of its key, such as `"AESGCM(128)"`. */
  readonly encryption: string;
  /** `"AEAD"`, `"SHA1"`, `"SHA256"`, `"SHA384"` or `"MD5"`. */
  readonly mac: string;
  /** Strength of the encryption in bits. */
  readonly strength: number;
  /** Whether it is on where no suites are named. */
  readonly isDefault: boolean;
  /** The line of `openssl ciphers -v`. */
  readonly description: string;
}

/** Options of {@linkcode listCipherSuites}. */
export interface ListCipherSuitesOptions {
  /** Only those that this version has, such as `"TLSv1.2"`. */
  readonly protocol?: string;
  /** Only these, in this order: what the option of a connection takes. */
  readonly cipherSuites?: string | CipherSuiteList;
  /** Whether to find out what does the work here. @default {false} */
  readonly implementations?: boolean;
}

/** Options of {@linkcode listGroups} and {@linkcode listSignatureSchemes}. */
export interface ListOptions {
  /** Whether to find out what does the work here. @default {false} */
  readonly implementations?: boolean;
}

/** What does the work of a suite, a group or a scheme in this runtime. */
export interface WithImplementations {
  /**
   * Each part of the work with who does it in a process that has made some
   * connections: the first few do without a `node:crypto` that is not loaded
   * yet, which takes longer than they would gain.
   */
  readonly implementations: readonly PartImplementation[];
}

/**
 * Lists cipher suites: all that may be named by strings, those that are on by
 * default first, or a selection.
 *
 * @param options Which suites.
 * @returns One row a suite; with `implementations: true` a promise of them, as
 * WebCrypto is asked.
 * @throws {TypeError} If there is no such version, suite or option.
 *
 * @example What a cipher string stands for
 * ```ts
 * import { listCipherSuites } from "@x/tls";
 * import { assertEquals } from "@std/assert";
 *
 * const [suite] = listCipherSuites({
 *   protocol: "TLSv1.2",
 *   cipherSuites: "ECDHE+CHACHA20:!aRSA",
 * });
 * assertEquals(suite?.name, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256");
 * assertEquals(suite?.encryption, "CHACHA20/POLY1305(256)");
 * ```
 *
 * @example What does the work here
 * ```ts
 * import { listCipherSuites } from "@x/tls";
 * import { assert } from "@std/assert";
 *
 * const [suite] = await listCipherSuites({ implementations: true });
 * for (const { part, by } of suite?.implementations ?? []) {
 *   assert(by === "node:crypto" || by === "WebCrypto", part);
 * }
 * ```
 */
export function listCipherSuites(
  options: ListCipherSuitesOptions & { readonly implementations: true },
): Promise<(CipherSuiteInfo & WithImplementations)[]>;
/** Lists cipher suites, without what does their work. */
export function listCipherSuites(
  options?: ListCipherSuitesOptions & { readonly implementations?: false },
): CipherSuiteInfo[];
export function listCipherSuites(
  options: ListCipherSuitesOptions = {},
): CipherSuiteInfo[] | Promise<(CipherSuiteInfo & WithImplementations)[]> {
  const where = "Cannot list cipher suites";
  readDictionary(
    options,
    where,
    new Set(["protocol", "cipherSuites", "implementations"]),
  );
  const { cipherSuites: named, protocol } = options;
  const isAsked = asksForImplementations(options, where);
  const selected = named === undefined
    ? cipherSuites
    : parseCipherSuites(named).cipherSuites;
  const version = protocol === undefined
    ? undefined
    : parseProtocolVersion("protocol", protocol);
  const suites = selected.filter((suite) =>
    version === undefined || isSuiteOf(suite, version)
  );
  return isAsked
    ? withImplementations(
      suites,
      cipherSuiteInfo,
      (of) => of.suiteImplementations,
    )
    : suites.map(cipherSuiteInfo);
}

type Implementations = typeof import("./implementations.ts");

/** Tries everything; what that takes is loaded only here. */
async function withImplementations<Row, Info>(
  rows: readonly Row[],
  infoOf: (row: Row) => Info,
  choose: (of: Implementations) => (row: Row) => Promise<PartImplementation[]>,
): Promise<(Info & WithImplementations)[]> {
  const implementationsOf = choose(await import("./implementations.ts"));
  return await Promise.all(rows.map(async (row) => ({
    ...infoOf(row),
    implementations: await implementationsOf(row),
  })));
}

/** @throws {TypeError} If it is neither `true` nor `false`. */
function asksForImplementations(
  { implementations = false }: ListOptions,
  where: string,
): boolean {
  if (typeof implementations === "boolean") return implementations;
  throw new TypeError(
    `${where}: "implementations" must be a boolean, got ${typeof implementations}`,
  );
}

/** Describes a suite. */
export function cipherSuiteInfo(suite: CipherSuite): CipherSuiteInfo {
  return {
    id: suite.id,
    name: suite.name,
    opensslName: suite.opensslName,
    protocols: PROTOCOLS.filter((name) =>
      isSuiteOf(suite, ProtocolVersion[name])
    ),
    keyExchange: KEY_EXCHANGE[suite.keyExchange],
    authentication: AUTHENTICATION[suite.authentication],
    encryption: encryptionName(suite),
    mac: macName(suite),
    strength: suite.strength,
    isDefault: defaultCipherSuites(ProtocolVersion["TLSv1.2"]).includes(suite),
    description: describe(suite),
  };
}

function isSuiteOf(suite: CipherSuite, version: number): boolean {
  return suite.minVersion <= version && version <= suite.maxVersion;
}

/** SSL_CIPHER_description(3), without its line feed. */
function describe(suite: CipherSuite): string {
  return [
    suite.opensslName.padEnd(30),
    nameOf(ProtocolVersion, suite.minVersion).padEnd(7),
    `Kx=${KEY_EXCHANGE[suite.keyExchange].padEnd(8)}`,
    `Au=${AUTHENTICATION[suite.authentication].padEnd(5)}`,
    `Enc=${encryptionName(suite).padEnd(22)}`,
    `Mac=${macName(suite).padEnd(4)}`,
  ].join(" ");
}

/** A key exchange group. */
export interface GroupInfo {
  /** Its number in the TLS Supported Groups registry. */
  readonly id: number;
  /** IANA's name. */
  readonly name: string;
  /** Other names that options take. */
  readonly aliases: readonly string[];
  /** Elliptic curves, finite fields, a curve with a KEM, or a KEM alone. */
  readonly kind: "ecdh" | "ffdh" | "hybrid" | "kem";
  /** Size in bits. */
  readonly bits: number;
  /** Security strength in bits. */
  readonly strength: number;
  /** Whether it is on where no groups are named. */
  readonly isDefault: boolean;
}

/**
 * Lists the key exchange groups, those that are on by default first, in order
 * of preference.
 *
 * @param options Whether to find out what does the work here.
 * @returns One row a group; with `implementations: true` a promise of them.
 * @throws {TypeError} If there is no such option.
 *
 * @example The first choice
 * ```ts
 * import { listGroups } from "@x/tls";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(listGroups()[0]?.name, "X25519MLKEM768");
 * ```
 */
export function listGroups(
  options: ListOptions & { readonly implementations: true },
): Promise<(GroupInfo & WithImplementations)[]>;
/** Lists the key exchange groups, without what does their work. */
export function listGroups(
  options?: ListOptions & { readonly implementations?: false },
): GroupInfo[];
export function listGroups(
  options: ListOptions = {},
): GroupInfo[] | Promise<(GroupInfo & WithImplementations)[]> {
  const where = "Cannot list groups";
  readDictionary(options, where, new Set(["implementations"]));
  return asksForImplementations(options, where)
    ? withImplementations(
      namedGroups,
      groupInfo,
      (of) => of.groupImplementations,
    )
    : namedGroups.map(groupInfo);
}

function groupInfo(group: KeyExchangeGroup): GroupInfo {
  return {
    id: group.id,
    name: group.name,
    aliases: aliasesOf("group", group.id),
    kind: group.kind,
    bits: group.bits,
    strength: group.strength,
    isDefault: defaultNamedGroups.includes(group),
  };
}

/** A signature scheme. */
export interface SignatureSchemeInfo {
  /** Its number in the TLS SignatureScheme registry. */
  readonly id: number;
  /** IANA's name. */
  readonly name: string;
  /** Other names that options take. */
  readonly aliases: readonly string[];
  /** Type of the key, as `publicKey.type` of a certificate has it. */
  readonly keyType: string;
  /** The hash that it names, if it names one, such as `"SHA-256"`. */
  readonly hash: string | undefined;
  /** The versions whose handshake it may sign, the highest first. */
  readonly protocols: readonly string[];
  /** Security strength in bits of its hash, or of the scheme as a whole. */
  readonly strength: number;
  /** Whether it is on where no schemes are named. */
  readonly isDefault: boolean;
}

/**
 * Lists the signature schemes, those that are on by default first, in order of
 * preference.
 *
 * @param options Whether to find out what does the work here.
 * @returns One row a scheme; with `implementations: true` a promise of them.
 * @throws {TypeError} If there is no such option.
 *
 * @example Names of a scheme
 * ```ts
 * import { listSignatureSchemes } from "@x/tls";
 * import { assert } from "@std/assert";
 *
 * const scheme = listSignatureSchemes()
 *   .find((each) => each.name === "ecdsa_secp256r1_sha256");
 * assert(scheme?.aliases.includes("ECDSA+SHA256"));
 * ```
 */
export function listSignatureSchemes(
  options: ListOptions & { readonly implementations: true },
): Promise<(SignatureSchemeInfo & WithImplementations)[]>;
/** Lists the signature schemes, without what does their work. */
export function listSignatureSchemes(
  options?: ListOptions & { readonly implementations?: false },
): SignatureSchemeInfo[];
export function listSignatureSchemes(
  options: ListOptions = {},
):
  | SignatureSchemeInfo[]
  | Promise<(SignatureSchemeInfo & WithImplementations)[]> {
  const where = "Cannot list signature schemes";
  readDictionary(options, where, new Set(["implementations"]));
  return asksForImplementations(options, where)
    ? withImplementations(
      signatureSchemes,
      schemeInfo,
      (of) => of.schemeImplementations,
    )
    : signatureSchemes.map(schemeInfo);
}

function schemeInfo(scheme: SignatureSchemeRow): SignatureSchemeInfo {
  return {
    id: scheme.id,
    name: scheme.name,
    aliases: aliasesOf("scheme", scheme.id),
    keyType: scheme.keyType,
    hash: scheme.hash,
    protocols: PROTOCOLS.filter((name) =>
      scheme.versions.includes(ProtocolVersion[name])
    ),
    strength: scheme.strength,
    isDefault: defaultSignatureSchemes.includes(scheme),
  };
}

/**
 * Lists the versions that there are, the highest first. The two old ones are
 * off unless `minVersion` says otherwise.
 *
 * @returns Their names, as `minVersion` and `maxVersion` take them.
 *
 * @example All versions
 * ```ts
 * import { listProtocols } from "@x/tls";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(listProtocols(), ["TLSv1.3", "TLSv1.2", "TLSv1.1", "TLSv1"]);
 * ```
 */
export function listProtocols(): string[] {
  return [...PROTOCOLS];
}

const PROTOCOLS = ["TLSv1.3", "TLSv1.2", "TLSv1.1", "TLSv1"] as const;

const KEY_EXCHANGE: Readonly<Record<KeyExchangeMethod, string>> = {
  any: "any",
  ECDHE: "ECDH",
  DHE: "DH",
  RSA: "RSA",
  PSK: "PSK",
  DHE_PSK: "DHEPSK",
  ECDHE_PSK: "ECDHEPSK",
  RSA_PSK: "RSAPSK",
};

const AUTHENTICATION: Readonly<Record<Authentication, string>> = {
  any: "any",
  RSA: "RSA",
  ECDSA: "ECDSA",
  PSK: "PSK",
  anon: "None",
};
