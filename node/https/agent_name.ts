/**
 * What of a request's options makes its connection another one.
 *
 * @module
 */

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
  const parts = OTHERS.flatMap((name) => {
    const value: unknown = options[name];
    return value === undefined ? [] : [`${name}=${identity(value)}`];
  });
  return parts.length === 0 ? "" : `:${parts.join(":")}`;
}

/** Functions and contexts have numbers; the rest is text. */
function identity(value: unknown): string {
  const isOne = typeof value === "function" || typeof value === "object";
  if (!isOne || value === null) return String(value);
  if (Array.isArray(value) || ArrayBuffer.isView(value)) return String(value);
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
  "ALPNProtocols",
  "minDHSize",
  "pskCallback",
  "requestOCSP",
] as const;

const numbers = new WeakMap<object, number>();
let last = 0;
