/**
 * What of a request's options makes its connection another one.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { isIP } from "node:net";
import type { HttpsRequestOptions } from "./options.ts";

/**
 * The part of `getName()` about TLS: requests whose names differ share neither
 * connections nor sessions.
 */
export function tlsName(options: HttpsRequestOptions): string {
  const { host, servername } = options;
  const parts = NAMED.map((name) => shown(name, options));
  parts[SERVERNAME_AT] = servername && servername !== host ? servername : "";
  return `:${parts.join(":")}${ours(options)}`;
}

function shown(name: Named, options: HttpsRequestOptions): string {
  const value = options[name];
  if (name === "pfx") return pfxName(value, options.passphrase);
  if (name === "sigalgs") return value ? JSON.stringify(value) : "";
  return WITH_FALSE.has(name)
    ? value === undefined ? "" : String(value)
    : String(value || "");
}

function pfxName(pfx: unknown, passphrase: unknown): string {
  if (!Array.isArray(pfx)) return String(pfx || "");
  return pfx.map((each) =>
    `:${each?.buf || each}:${each?.passphrase || passphrase}`
  ).join("");
}

/**
 * What Node's name lacks: two requests that trust, verify or show something else
 * are two, all the same. Without such options the name is Node's.
 */
function ours(options: HttpsRequestOptions): string {
  const names = [
    ...OTHERS.filter((name) => options[name] !== undefined),
    ...FILES.filter((name) => !isShown(options[name], name === "pfx")),
    ...(needsPassphrase(options) ? ["passphrase" as const] : []),
    ...(asksForNoName(options) ? ["servername" as const] : []),
  ];
  return names.map((name) => `:${name}=${exact(options[name])}`).join("");
}

/** Whether Node's name says all of a file: it is text, and no two give the same. */
function isShown(value: unknown, isPfx: boolean, isListed = false): boolean {
  if (Array.isArray(value)) {
    return value.every((each) => isShown(each, isPfx, true));
  }
  if (Buffer.isBuffer(value)) return Buffer.from(String(value)).equals(value);
  if (typeof value !== "object" || value === null) return true;
  if (isPfx && isListed && "buf" in value) return isShown(value.buf, false);
  return value instanceof Uint8Array;
}

/** Node's name has it for a list of PFX files alone. */
function needsPassphrase({ key, passphrase, pfx }: HttpsRequestOptions) {
  if (passphrase === undefined || passphrase === null) return false;
  return Boolean(key || pfx && !Array.isArray(pfx));
}

/** Node's name is the same for a server that is asked for its host's name. */
function asksForNoName({ host, servername }: HttpsRequestOptions): boolean {
  return servername === "" && typeof host === "string" && isIP(host) === 0;
}

/** Functions and contexts have numbers; the rest is all that is in it. */
function exact(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(exact)}]`;
  if (ArrayBuffer.isView(value)) {
    const { buffer, byteOffset, byteLength } = value;
    return Buffer.from(buffer, byteOffset, byteLength).toString("base64");
  }
  if (typeof value !== "object" && typeof value !== "function") {
    return JSON.stringify(value) ?? String(value);
  }
  if (value === null) return "null";
  const found = FILE_FIELDS.filter((name) => name in value).map((name) =>
    `${name}=${exact(Reflect.get(value, name))}`
  );
  if (found.length > 0) return `{${found}}`;
  const number = numbers.get(value) ?? ++last;
  numbers.set(value, number);
  return `#${number}`;
}

type Named = (typeof NAMED)[number];

/** In Node's order. */
const NAMED = [
  "ca",
  "cert",
  "clientCertEngine",
  "ciphers",
  "key",
  "pfx",
  "rejectUnauthorized",
  "servername",
  "minVersion",
  "maxVersion",
  "secureProtocol",
  "crl",
  "honorCipherOrder",
  "ecdhCurve",
  "dhparam",
  "secureOptions",
  "sessionIdContext",
  "sigalgs",
  "privateKeyIdentifier",
  "privateKeyEngine",
] as const;

const SERVERNAME_AT = NAMED.indexOf("servername");

/** Those of which `false` and 0 say something. */
const WITH_FALSE: ReadonlySet<Named> = new Set([
  "rejectUnauthorized",
  "honorCipherOrder",
  "secureOptions",
]);

const OTHERS = [
  "checkServerIdentity",
  "secureContext",
  "allowPartialTrustChain",
  "certificateCompression",
  "ALPNProtocols",
  "minDHSize",
  "pskCallback",
  "requestOCSP",
] as const;

/** What may be bytes, which text does not tell apart. */
const FILES = ["ca", "cert", "key", "pfx", "crl", "dhparam"] as const;

/** The fields of keys and PFX files with their passphrases. */
const FILE_FIELDS = ["pem", "buf", "passphrase"] as const;

const numbers = new WeakMap<object, number>();
let last = 0;
