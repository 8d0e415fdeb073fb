/**
 * The object that Node's `getPeerCertificate()` returns for a certificate.
 *
 * @module
 */

import type { Certificate } from "./certificate.ts";
import { toHex } from "../../encoding.ts";
import { Tag } from "../asn1/der_tag.ts";
import type { AccessDescription } from "./extensions.ts";
import { addressBytes, type GeneralName } from "./general_name.ts";
import type { DistinguishedName } from "./name.ts";
import { AccessMethod, curves } from "../asn1/oids.ts";

/** A name as Node shows it: a type with several values has a list of them. */
export type NodeName = Record<string, string | string[]>;

/**
 * The result of Node's `getPeerCertificate()`, with `Uint8Array` for `Buffer`.
 */
export interface NodeCertificate {
  /** The subject, by the short names of attribute types. */
  subject: NodeName;
  /** The issuer, in the same way. */
  issuer: NodeName;
  /** Other names: `"DNS:example.com, IP Address:192.0.2.1"`. */
  subjectaltname?: string;
  /** Access methods, such as `"OCSP - URI"`, with their places. */
  infoAccess?: Record<string, string[]>;
  /** Whether it is a certification authority. */
  ca: boolean;
  /** RSA: the modulus in hexadecimal. */
  modulus?: string;
  /** RSA and EC: size of the key. */
  bits?: number;
  /** RSA: the public exponent, `"0x10001"`. */
  exponent?: string;
  /** RSA: SubjectPublicKeyInfo; EC: the point. */
  pubkey?: Uint8Array;
  /** EC: OpenSSL's name of the curve. */
  asn1Curve?: string;
  /** EC: NIST's name of the curve. */
  nistCurve?: string;
  /** `"Nov 27 20:23:42 2026 GMT"`. */
  valid_from: string;
  /** In the same form. */
  valid_to: string;
  /** Of SHA-1. */
  fingerprint: string;
  /** Of SHA-256. */
  fingerprint256: string;
  /** Of SHA-512. */
  fingerprint512: string;
  /** Purposes, as object identifiers. */
  ext_key_usage?: string[];
  /** In upper-case hexadecimal. */
  serialNumber: string;
  /** The certificate in DER. */
  raw: Uint8Array;
  /** The issuer's object, and itself for a self-signed one, if asked for. */
  issuerCertificate?: NodeCertificate;
}

/** Makes the object. */
export function toNodeObject(
  certificate: Certificate,
  chain?: readonly Certificate[],
): NodeCertificate {
  const node = single(certificate);
  let at = { certificate, node };
  const left = new Set(chain);
  while (chain !== undefined) {
    left.delete(at.certificate);
    if (at.certificate.isSelfIssued) {
      at.node.issuerCertificate = at.node;
      break;
    }
    const issuer = [...left].find((other) =>
      other.subjectName.equals(at.certificate.issuerName)
    );
    if (issuer === undefined) break;
    const next = single(issuer);
    at.node.issuerCertificate = next;
    at = { certificate: issuer, node: next };
  }
  return node;
}

function single(certificate: Certificate): NodeCertificate {
  const { subjectAltName, authorityInfoAccess, extendedKeyUsage } =
    certificate.extensionValues;
  return {
    subject: nodeName(certificate.subjectName),
    issuer: nodeName(certificate.issuerName),
    ...subjectAltName &&
      { subjectaltname: subjectAltName.map(generalNameText).join(", ") },
    ...authorityInfoAccess && { infoAccess: infoAccess(authorityInfoAccess) },
    ca: isCa(certificate),
    ...keyMembers(certificate),
    valid_from: dateText(certificate.notBefore),
    valid_to: dateText(certificate.notAfter),
    fingerprint: certificate.fingerprint("SHA-1"),
    fingerprint256: certificate.fingerprint("SHA-256"),
    fingerprint512: certificate.fingerprint("SHA-512"),
    ...extendedKeyUsage && { ext_key_usage: [...extendedKeyUsage] },
    serialNumber: certificate.serialNumber,
    raw: certificate.raw,
  };
}

/**
 * As OpenSSL's `X509_check_ca`: a key usage without keyCertSign speaks against.
 */
function isCa({ isCa, extensionValues: { keyUsage } }: Certificate): boolean {
  return isCa && (keyUsage?.includes("keyCertSign") ?? true);
}

function nodeName(name: DistinguishedName): NodeName {
  const object: NodeName = Object.create(null);
  for (const { type, value } of name.rdns.flat()) {
    const present = object[type];
    if (present === undefined) object[type] = value;
    else if (typeof present === "string") object[type] = [present, value];
    else present.push(value);
  }
  return object;
}

function keyMembers({ publicKey }: Certificate): Partial<NodeCertificate> {
  const { type, bits, modulus, publicExponent, spki, bytes, curve } = publicKey;
  if (type === "rsa" && modulus && publicExponent) {
    return {
      modulus: toHex(modulus).toUpperCase(),
      bits,
      exponent: `0x${toHex(publicExponent).replace(/^0/, "")}`,
      pubkey: spki,
    };
  }
  if (type !== "ec" || curve === undefined) return {};
  const nistCurve = [...curves.values()].find(({ name }) => name === curve)
    ?.nistName;
  return {
    bits,
    pubkey: bytes,
    asn1Curve: opensslCurves.get(curve) ?? curve,
    ...nistCurve !== undefined && { nistCurve },
  };
}

function infoAccess(
  descriptions: readonly AccessDescription[],
): Record<string, string[]> {
  const object: Record<string, string[]> = Object.create(null);
  for (const { accessMethod, accessLocation } of descriptions) {
    const { kind, value } = nameParts(accessLocation);
    const method = accessMethods.get(accessMethod) ?? accessMethod;
    (object[`${method} - ${kind}`] ??= []).push(value);
  }
  return object;
}

/** One name as Node prints it. */
function generalNameText(name: GeneralName): string {
  const { kind, value } = nameParts(name);
  return `${kind}:${value === UNSUPPORTED ? value : quoted(value)}`;
}

interface NameParts {
  /** What Node calls this kind of name. */
  readonly kind: string;
  readonly value: string;
}

function nameParts(name: GeneralName): NameParts {
  switch (name.type) {
    case "ip":
      return { kind: "IP Address", value: addressText(addressBytes(name)) };
    case "directoryName":
      return { kind: "DirName", value: name.value };
    case "otherName": {
      const [kind, tag] = otherNames.get(name.oid) ?? [];
      return kind !== undefined && name.raw[0] === tag
        ? { kind: "othername", value: `${kind}:${name.value}` }
        : { kind: "othername", value: UNSUPPORTED };
    }
    case "x400Address":
    case "ediPartyName":
      return { kind: kinds[name.type], value: UNSUPPORTED };
    default:
      return { kind: kinds[name.type], value: name.value };
  }
}

/**
 * What has a character that could be taken for the end of the name, or for a
 * quotation, stands in quotes as JSON (CVE-2021-44532). Letters beyond ASCII,
 * which only names that are UTF-8 have here, stay as they are.
 */
function quoted(text: string): string {
  // deno-lint-ignore no-control-regex
  if (/^[^"\\,'\x00-\x1f\x7f]*$/.test(text)) return text;
  const escaped = text.replace(/["\\]/g, "\\$&").replace(
    // deno-lint-ignore no-control-regex
    /[\x00-\x1f\x7f,]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return `"${escaped}"`;
}

/** IPv6 in eight groups without the short form, in upper case. */
function addressText(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join(".");
  const groups: string[] = [];
  for (let at = 0; at < bytes.length; at += 2) {
    const group = (bytes[at] as number) << 8 | (bytes[at + 1] as number);
    groups.push(group.toString(16).toUpperCase());
  }
  return groups.join(":");
}

/** `"Jan  1 00:00:00 2030 GMT"`: the day in two columns. */
function dateText(date: Date): string {
  // As OpenSSL has it of what is not a time.
  if (Number.isNaN(date.getTime())) return "Bad time value";
  const month = months[date.getUTCMonth()];
  const day = String(date.getUTCDate()).padStart(2, " ");
  const time = date.toISOString().replace(/^.*T|\.\d+Z$/g, "");
  return `${month} ${day} ${time} ${date.getUTCFullYear()} GMT`;
}

const months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

const accessMethods: ReadonlyMap<string, string> = new Map([
  [AccessMethod.ocsp, "OCSP"],
  [AccessMethod.caIssuers, "CA Issuers"],
]);

/** OpenSSL's names of curves, where they are not IANA's. */
const opensslCurves: ReadonlyMap<string, string> = new Map([
  ["secp192r1", "prime192v1"],
  ["secp256r1", "prime256v1"],
]);

/** Kinds of names, in Node's words. */
const kinds = {
  dns: "DNS",
  email: "email",
  uri: "URI",
  registeredId: "Registered ID",
  x400Address: "X400Name",
  ediPartyName: "EdiPartyName",
} as const;

/** Kinds of otherName that Node prints, if they have the type that belongs. */
const otherNames: ReadonlyMap<string, readonly [string, number]> = new Map([
  ["1.3.6.1.5.5.7.8.5", ["XmppAddr", Tag.UTF8_STRING]],
  ["1.3.6.1.5.5.7.8.7", ["SRVName", Tag.IA5_STRING]],
  ["1.3.6.1.5.5.7.8.8", ["NAIRealm", Tag.UTF8_STRING]],
  ["1.3.6.1.5.5.7.8.9", ["SmtpUTF8Mailbox", Tag.UTF8_STRING]],
  ["1.3.6.1.4.1.311.20.2.3", ["UPN", Tag.UTF8_STRING]],
]);

/** What Node says of names that it does not show. */
const UNSUPPORTED = "<unsupported>";
