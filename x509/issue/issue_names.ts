/**
 * Names as a person writes them, put into the DER of a certificate.
 *
 * @module
 */

import { neverMatches } from "../certificate/hostname_hint.ts";
import { parseIpAddress } from "../certificate/ip_address.ts";
import {
  isDnsName,
  normalizeDnsName,
  parseMailbox,
} from "../certificate/name_match.ts";
import { attributeTypes } from "../asn1/oids.ts";
import {
  contextTag,
  explicit,
  ia5String,
  oid,
  printableString,
  sequence,
  set,
  tlv,
  utf8String,
} from "../asn1/der.ts";

/**
 * A subject: a common name, an RFC 4514 string (`"CN=Example CA,O=Example"`),
 * or attributes in the order of the certificate (`{ C: "US", CN: "Example" }`).
 */
export type SubjectInput = string | Readonly<Record<string, string>>;

/** A `Name` (RFC 5280 section 4.1.2.4) in DER. */
export function encodeName(subject: SubjectInput): Uint8Array {
  const attributes = typeof subject === "string"
    ? parseSubject(subject)
    : Object.entries(subject);
  return sequence(
    ...attributes.map(([type, value]) => set(encodeAttribute(type, value))),
  );
}

/** RFC 4514, without multi-valued levels; the string runs backwards. */
function parseSubject(text: string): [string, string][] {
  if (!/^\s*[A-Za-z0-9.]+\s*=/.test(text)) return [["CN", text]];
  const attributes: [string, string][] = [];
  for (const part of text.split(/(?<!\\)[,;]/)) {
    const equals = part.indexOf("=");
    if (equals < 0) {
      throw new TypeError(
        `Cannot issue the certificate: "${text}" is not a subject: "${part}" has no "="`,
      );
    }
    const value = part.slice(equals + 1).trim().replace(/\\(.)/g, "$1");
    attributes.unshift([part.slice(0, equals).trim(), value]);
  }
  return attributes;
}

/** The string types are those of RFC 5280 appendix A.1. */
function encodeAttribute(type: string, value: string): Uint8Array {
  const dotted = attributeOids.get(type.toLowerCase()) ?? type;
  const isOid = /^[0-2](\.\d+)+$/.test(dotted);
  if (!isOid || typeof value !== "string") {
    throw new TypeError(
      `Cannot issue the certificate: the subject has "${type}", which is not known, or no text for it`,
    );
  }
  const encode = stringTypes.get(type.toLowerCase()) ?? utf8String;
  return sequence(oid(dotted), encode(value));
}

/** Whether something can be a name in subjectAltName as it stands. */
export function isAlternativeName(name: string): boolean {
  return alternativeName(name) !== undefined;
}

/**
 * A `GeneralName` (RFC 5280 section 4.2.1.6) in DER: a DNS name, an IP
 * address, a mailbox or a URI, recognized by its form.
 *
 * @throws {TypeError} If it is none of them.
 */
export function encodeGeneralName(name: string): Uint8Array {
  refuseFutile(name);
  const encoded = alternativeName(name);
  if (encoded !== undefined) return encoded;
  throw new TypeError(
    `Cannot issue the certificate: "${name}" is not a DNS name, IP address, mailbox or URI`,
  );
}

/** A wildcard that nothing ever matches is a mistake that shows too late. */
function refuseFutile(name: string): void {
  if (!name.includes("*") || /[@:]/.test(name)) return;
  const reason = neverMatches(asciiDnsName(name) ?? name);
  if (reason === undefined) return;
  throw new TypeError(
    `Cannot issue the certificate: the name ${
      JSON.stringify(name)
    } ${reason.fact}, so that it would never match. ${
      reason.hint?.replace("Issue it with", "Give")
    }`,
  );
}

function alternativeName(name: string): Uint8Array | undefined {
  const address = parseIpAddress(name);
  if (address !== undefined) return tlv(contextTag(7), address);
  if (/^[a-z][a-z0-9+.-]*:\/\/|^urn:/i.test(name)) return implicitIa5(6, name);
  if (name.includes("@")) {
    return parseMailbox(name) && implicitIa5(1, name);
  }
  const dnsName = asciiDnsName(name);
  return dnsName === undefined ? undefined : implicitIa5(2, dnsName);
}

/**
 * A name constraint (RFC 5280 section 4.2.1.10): `"example.com"`,
 * `"10.0.0.0/8"`, `"@example.com"`, or `"uri:.example.com"` and
 * `"dir:O=Example"`.
 */
export function encodeConstraint(constraint: string): Uint8Array {
  const [, address = "", prefix = ""] = /^(.*)\/(\d+)$/.exec(constraint) ?? [];
  const bytes = parseIpAddress(address);
  if (bytes !== undefined) {
    return tlv(contextTag(7), bytes, maskOf(Number(prefix), bytes.length));
  }
  if (constraint.startsWith("uri:")) return implicitIa5(6, constraint.slice(4));
  if (constraint.startsWith("dir:")) {
    return explicit(4, encodeName(constraint.slice(4)));
  }
  if (constraint.includes("@")) {
    return implicitIa5(1, constraint.replace(/^@/, ""));
  }
  const dot = constraint.startsWith(".") ? "." : "";
  const dnsName = asciiDnsName(constraint.slice(dot.length));
  if (dnsName !== undefined) return implicitIa5(2, dot + dnsName);
  if (constraint === "") return implicitIa5(2, "");
  throw new TypeError(
    `Cannot issue the certificate: "${constraint}" is not a name constraint`,
  );
}

function maskOf(prefix: number, length: number): Uint8Array {
  if (prefix > length * 8) {
    throw new RangeError(
      `Cannot issue the certificate: a prefix of ${prefix} bits is too long`,
    );
  }
  return Uint8Array.from({ length }, (_, at) => {
    const bits = Math.min(8, Math.max(0, prefix - at * 8));
    return 0xff << (8 - bits) & 0xff;
  });
}

/** U-labels become A-labels; a wildcard stands before the rest. */
function asciiDnsName(name: string): string | undefined {
  const wildcard = name.startsWith("*.") ? "*." : "";
  try {
    const dnsName = normalizeDnsName(name.slice(wildcard.length));
    return isDnsName(dnsName) ? wildcard + dnsName : undefined;
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

/** `[n] IMPLICIT IA5String`. */
function implicitIa5(n: number, text: string): Uint8Array {
  const encoded = ia5String(text);
  encoded[0] = contextTag(n);
  return encoded;
}

const attributeOids: ReadonlyMap<string, string> = new Map(
  [...attributeTypes].map(([dotted, name]) => [name.toLowerCase(), dotted]),
);

const stringTypes: ReadonlyMap<string, (text: string) => Uint8Array> = new Map([
  ["c", printableString],
  ["serialnumber", printableString],
  ["dnqualifier", printableString],
  ["emailaddress", ia5String],
  ["dc", ia5String],
]);
