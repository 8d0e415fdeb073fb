/**
 * Cipher suites, groups and versions by the numbers and strings of the flags.
 *
 * @module
 */

import { listCipherSuites, listGroups, type TlsVersion } from "../../../mod.ts";
import {
  type CipherSuiteValue,
  TLS_RSA_WITH_3DES_EDE_CBC_SHA,
} from "../../../legacy.ts";
import { type Flags, NotImplemented } from "./flags.ts";

/** What `cipherSuites` takes. */
type Suites = (string | CipherSuiteValue | string[])[];

/** The suites of a connection: those that the runner takes for granted. */
export function suitesOf(flags: Flags): Suites {
  const wanted = flags.text("cipher");
  if (wanted === undefined) return flags.has("psk") ? [...ALL, ...PSK] : ALL;
  const single = KEYWORDS[wanted];
  if (single !== undefined) return [...TLS13, ...single];
  // BoringSSL's `[A|B]` has suites of equal preference.
  const names = wanted.split(":").map((item) =>
    item.startsWith("[") ? item.slice(1, -1).split("|") : item
  );
  const known = new Set(listCipherSuites().map((suite) => suite.name));
  if (!names.flat().every((name) => known.has(name))) {
    throw new NotImplemented(`-cipher ${wanted}`);
  }
  return [...TLS13, ...names];
}

/** IANA's name of a group. */
export function groupName(id: number): string {
  const group = listGroups().find((group) => group.id === id);
  if (group === undefined) throw new NotImplemented(`group ${id}`);
  return group.name;
}

/** IANA's name of a suite. */
export function suiteName(id: number): string {
  const suite = listCipherSuites().find((suite) => suite.id === id);
  if (suite === undefined) throw new NotImplemented(`cipher suite ${id}`);
  return suite.name;
}

/** A version's name. */
export function versionName(id: number): TlsVersion {
  const name = VERSIONS.get(id);
  if (name === undefined) throw new NotImplemented(`version ${id}`);
  return name;
}

/** The versions of a connection, which must be in one piece here. */
export function versionsOf(
  flags: Flags,
): { minVersion: TlsVersion; maxVersion: TlsVersion } {
  const min = flags.number("min-version") || 0x0301;
  const max = flags.number("max-version") || 0x0304;
  const off = new Set<number>();
  if (flags.has("no-tls1")) off.add(0x0301);
  if (flags.has("no-tls11")) off.add(0x0302);
  if (flags.has("no-tls12")) off.add(0x0303);
  if (flags.has("no-tls13")) off.add(0x0304);
  const on = [...VERSIONS.keys()].filter((id) =>
    id >= min && id <= max && !off.has(id)
  );
  const [first] = on;
  const last = on.at(-1);
  if (first === undefined || last === undefined) {
    throw new TypeError("No version is on");
  }
  if (last - first + 1 !== on.length) {
    throw new NotImplemented("versions with one left out");
  }
  return { minVersion: versionName(first), maxVersion: versionName(last) };
}

const VERSIONS: ReadonlyMap<number, TlsVersion> = new Map([
  [0x0301, "TLSv1"],
  [0x0302, "TLSv1.1"],
  [0x0303, "TLSv1.2"],
  [0x0304, "TLSv1.3"],
]);

const TLS13: Suites = [
  "TLS_AES_128_GCM_SHA256",
  "TLS_AES_256_GCM_SHA384",
  "TLS_CHACHA20_POLY1305_SHA256",
];

/** `ALL` of the runner's words for suites. */
const ALL: Suites = [
  ...TLS13,
  "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
  "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
  "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
  "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
  "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
  "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
  "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
  "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
  "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
  "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
  "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
  "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256",
  "TLS_RSA_WITH_AES_128_GCM_SHA256",
  "TLS_RSA_WITH_AES_256_GCM_SHA384",
  "TLS_RSA_WITH_AES_128_CBC_SHA",
  "TLS_RSA_WITH_AES_256_CBC_SHA",
];

const PSK: Suites = [
  "TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256",
  "TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA",
  "TLS_ECDHE_PSK_WITH_AES_256_CBC_SHA",
  "TLS_PSK_WITH_AES_128_CBC_SHA",
  "TLS_PSK_WITH_AES_256_CBC_SHA",
];

const withText = (text: string) =>
  ALL.filter((suite) => typeof suite === "string" && suite.includes(text));

/** The cipher strings that the tests use. */
const KEYWORDS: Readonly<Record<string, Suites>> = {
  "3DES": [TLS_RSA_WITH_3DES_EDE_CBC_SHA],
  "ALL:3DES": [...ALL, TLS_RSA_WITH_3DES_EDE_CBC_SHA],
  "AES128": withText("_AES_128_"),
  "DEFAULT:!AES": withText("CHACHA20"),
};
