/**
 * Cipher suites, groups and signature schemes, as Node's options name them.
 *
 * @module
 */

import { constants } from "node:crypto";
import type { EphemeralKeyInfo } from "../views.ts";
import { listCipherSuites, listGroups } from "../../crypto/suites/lists.ts";
import {
  parseCipherSuites,
  parseGroups,
  parseSignatureSchemes,
} from "../../crypto/suites/names.ts";
import { invalidArgValue, nodeError, requireString } from "./errors.ts";

/**
 * Lists the cipher suites by OpenSSL's names, in lower case.
 *
 * @returns The names, those of TLS 1.3 among them, in alphabetical order.
 *
 * @example One of them
 * ```ts
 * import { getCiphers } from "@x/tls/node/tls";
 * import { assert } from "@std/assert";
 *
 * assert(getCiphers().includes("tls_aes_128_gcm_sha256"));
 * ```
 */
export function getCiphers(): string[] {
  return listCipherSuites()
    .map(({ opensslName }) => opensslName.toLowerCase())
    .sort();
}

/** What the option `ciphers` says. */
export interface ReadCiphers {
  /** The cipher string. */
  readonly text: string;
  /** What `@SECLEVEL` in it says. */
  readonly securityLevel: number | undefined;
  /** Whether it has suites of TLS 1.3 alone. */
  readonly isTls13Only: boolean;
}

/**
 * Checks the option `ciphers`.
 *
 * @returns What it says.
 * @throws {TypeError} If it is not a string.
 * @throws {Error} `ERR_SSL_NO_CIPHER_MATCH`, if it selects nothing.
 */
export function readCiphers(
  ciphers: unknown,
): ReadCiphers | undefined {
  if (ciphers === undefined || ciphers === null || ciphers === "") {
    return undefined;
  }
  requireString(ciphers, "options.ciphers");
  const items = ciphers.split(":").filter((each) => each !== "");
  if (items.length === 0) throw invalidArgValue("options.ciphers", ciphers);
  // OpenSSL goes over what it does not know.
  const known = items.filter(isUnderstood);
  const text = known.join(":");
  try {
    const { cipherSuites, securityLevel } = parseCipherSuites(text);
    if (!items.some((each) => known.includes(each) && !/^[!@-]/.test(each))) {
      throw new TypeError("nothing is selected");
    }
    return {
      text,
      securityLevel,
      isTls13Only: cipherSuites.every(({ name }) => !name.includes("_WITH_")),
    };
  } catch (cause) {
    throw nodeError(
      "ERR_SSL_NO_CIPHER_MATCH",
      "error:0A0000B9:SSL routines::no cipher match",
      Error,
      { library: "SSL routines", reason: "no cipher match", cause },
    );
  }
}

/**
 * Checks the option `ecdhCurve`.
 *
 * @returns The groups.
 * @throws {TypeError} If it is not a string.
 * @throws {Error} If there is no such group.
 */
export function readGroups(curves: unknown): string {
  if (curves === undefined || curves === null) return AUTOMATIC_GROUPS;
  requireString(curves, "options.ecdhCurve");
  if (curves === "auto") return AUTOMATIC_GROUPS;
  try {
    parseGroups(curves);
    return curves;
  } catch (cause) {
    throw nodeError(
      "ERR_CRYPTO_OPERATION_FAILED",
      "Failed to set ECDH curve",
      Error,
      { cause },
    );
  }
}

/**
 * Checks the option `sigalgs`.
 *
 * @throws {TypeError} If it is not a string, or empty.
 * @throws {Error} If it names no scheme that there is.
 */
export function readSignatureSchemes(sigalgs: unknown): string | undefined {
  if (sigalgs === undefined || sigalgs === null) return undefined;
  requireString(sigalgs, "options.sigalgs");
  if (sigalgs === "") throw invalidArgValue("options.sigalgs", sigalgs);
  const known = sigalgs.split(":").filter((each) => {
    try {
      return parseSignatureSchemes(each).length > 0;
    } catch {
      return false;
    }
  });
  if (known.length > 0) return known.join(":");
  throw nodeError(
    "ERR_CRYPTO_OPERATION_FAILED",
    "Failed to set sigalgs",
    Error,
  );
}

/** OpenSSL's name of a group, and its size, as `getEphemeralKeyInfo()` has it. */
export function groupAsInNode(
  name: string,
): Required<Pick<EphemeralKeyInfo, "size">> & EphemeralKeyInfo | undefined {
  // A group of the server's own.
  const dh = /^dh(\d+)$/.exec(name);
  if (dh !== null) return { type: "DH", size: Number(dh[1]) };
  const group = listGroups().find((each) => each.name === name);
  if (group === undefined) return undefined;
  if (group.kind === "ffdh") return { type: "DH", size: group.bits };
  return { type: "ECDH", name: opensslGroup(name), size: group.bits };
}

/** A signature scheme as `getSharedSigalgs()` has it. */
export function schemeAsInNode(name: string): string {
  const pss = /^rsa_pss_(?:rsae|pss)_sha(\d+)$/.exec(name);
  if (pss !== null) return `RSA-PSS+SHA${pss[1]}`;
  const rsa = /^rsa_pkcs1_sha(\d+)$/.exec(name);
  if (rsa !== null) return `RSA+SHA${rsa[1]}`;
  const ecdsa = /^ecdsa_(?:\w+_)?sha(\d+)$/.exec(name);
  if (ecdsa !== null) return `ECDSA+SHA${ecdsa[1]}`;
  if (name === "ed25519") return "Ed25519+UNDEF";
  return name === "ed448" ? "Ed448+UNDEF" : name;
}

function opensslGroup(name: string): string {
  if (name === "secp256r1") return "prime256v1";
  return /^x(25519|448)$/.test(name) ? name.toUpperCase() : name;
}

/** OpenSSL tells capitals from small letters. */
function isUnderstood(item: string): boolean {
  const isSuite = NAMES.has(item.toUpperCase());
  if (isSuite && !NAMES.has(item)) return false;
  if (/^[!@+-]/.test(item)) return /^@|^[!+-][\w-]+(\+[\w-]+)*$/.test(item);
  try {
    parseCipherSuites(item);
    return true;
  } catch {
    return false;
  }
}

/** Ours, and X448, which OpenSSL has by default. */
const AUTOMATIC_GROUPS = [
  ...listGroups().filter(({ isDefault }) => isDefault).map(({ name }) => name),
  "x448",
].join(":");

const NAMES: ReadonlySet<string> = new Set(
  listCipherSuites().flatMap(({ name, opensslName }) => [name, opensslName]),
);

/** What connections have without `ciphers`: Node's own list. */
export const DEFAULT_CIPHERS: string = constants.defaultCipherList ??
  constants.defaultCoreCipherList;
