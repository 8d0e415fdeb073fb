/**
 * Why a name of a certificate does not count that looks as if it should, and
 * what to issue in its place.
 *
 * @module
 */

import type { Certificate } from "./certificate.ts";
import type { GeneralName } from "./general_name.ts";
import { isMapped, parseIpAddress } from "./ip_address.ts";
import {
  isDnsName,
  isWildcardDnsName,
  type ReferenceName,
} from "./name_match.ts";

/** What is to say of a mismatch. */
export interface MismatchReason {
  /**
   * The fact, to follow what the certificate is for, or `undefined` if that
   * says it.
   */
  readonly fact?: string;
  /** What to do. */
  readonly hint?: string;
}

/** Looks for the name that was meant to match. */
export function mismatchReason(
  { subjectAltName: names, subjectName }: Certificate,
  reference: ReferenceName,
): MismatchReason {
  if (names.length === 0) return { hint: NO_NAMES };
  for (const name of names) {
    const reason = reference.type === "ip"
      ? addressReason(name, reference)
      : reference.type === "dns"
      ? dnsReason(name, reference.value)
      : undefined;
    if (reason !== undefined) return reason;
  }
  return subjectName.get("CN")?.toLowerCase() === reference.value
    ? {
      fact: "its common name is not looked at",
      hint: `Issue it with "${reference.value}" in subjectAltName`,
    }
    : {};
}

/**
 * Why a DNS name of a certificate, or one that is to be issued, never matches
 * anything (RFC 9525 section 6.3).
 *
 * @returns The fact, to follow the name, or `undefined` if it may match.
 */
export function neverMatches(name: string): MismatchReason | undefined {
  if (parseIpAddress(name) !== undefined) {
    return {
      fact: "is an IP address as dNSName, and has to be an iPAddress",
      hint: `Issue it with the address as iPAddress ("IP:${name}" for OpenSSL)`,
    };
  }
  if (name.endsWith(".") && name.length > 1) {
    return {
      fact: "ends in a dot, which names in certificates do not have",
      hint: `Issue it with "${name.replace(/\.+$/, "")}"`,
    };
  }
  if (!name.includes("*") || isWildcardDnsName(name)) return undefined;
  if (/^\*(?:\.[^.*]*)?$/.test(name)) {
    return {
      fact: "is a wildcard without two labels behind it",
      hint: "Issue it with the names of the hosts, or a wildcard further down",
    };
  }
  const rest = name.slice(name.lastIndexOf("*")).replace(/^[^.]*\.?/, "");
  return {
    fact: "has a wildcard that is not the whole left-most label",
    hint: isDnsName(rest) && rest.includes(".")
      ? `Issue it with "*.${rest}", or the names of the hosts`
      : "Issue it with the names of the hosts",
  };
}

function addressReason(
  name: GeneralName,
  { value, bytes }: ReferenceName & { type: "ip" },
): MismatchReason | undefined {
  if (name.type === "ip") {
    return isMapped(bytes) && name.value === bytes.subarray(12).join(".")
      ? {
        fact:
          `"${value}" is the IPv6 form of ${name.value}, and counts as another address`,
        hint: `Ask for ${name.value}`,
      }
      : undefined;
  }
  if (name.type !== "dns") return undefined;
  if (isSameAddress(parseIpAddress(name.value), bytes)) {
    return withName(name, neverMatches(name.value));
  }
  return name.value.toLowerCase() === "localhost"
    ? {
      fact: "a DNS name does not stand for its address",
      hint:
        `Ask for "localhost" (option "serverName"), or issue it with ${value} as iPAddress`,
    }
    : undefined;
}

function dnsReason(
  name: GeneralName,
  wanted: string,
): MismatchReason | undefined {
  if (name.type === "uri") {
    const host = URL.parse(name.value)?.hostname;
    return host === wanted
      ? {
        fact: `${name.type}:${name.value} is a URI, and no name of a host`,
        hint: `Issue it with "${wanted}" as dNSName`,
      }
      : undefined;
  }
  if (name.type !== "dns") return undefined;
  const presented = name.value.toLowerCase();
  if (!isMeant(presented, wanted)) return undefined;
  const never = neverMatches(presented);
  if (never !== undefined) return withName(name, never);
  if (!presented.startsWith("*.")) return undefined;
  const base = presented.slice(2);
  if (wanted === base) {
    return withName(name, {
      fact: "is for names below that one, and not for itself",
      hint: `Issue it with "${wanted}" too`,
    });
  }
  return withName(name, {
    fact: "is for one label in the place of the asterisk, and not for several",
    hint: `Issue it with "${wanted}", or "*${
      wanted.slice(wanted.indexOf("."))
    }"`,
  });
}

/** Whether somebody may have thought that the one covers the other. */
function isMeant(presented: string, wanted: string): boolean {
  const name = presented.replace(/\.$/, "");
  if (!name.includes("*")) return name === wanted;
  const pattern = name.split("*").map(escapePattern).join(".*");
  return new RegExp(`^${pattern}$`, "s").test(wanted) ||
    name === `*.${wanted}`;
}

/** A part of a pattern that stands for itself. */
function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|\/]/g, "\\$&");
}

function withName(
  { type, value }: GeneralName,
  reason: MismatchReason | undefined,
): MismatchReason {
  return { ...reason, fact: `${type}:${value} ${reason?.fact}` };
}

function isSameAddress(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a !== undefined && a.length === b.length &&
    a.every((byte, at) => byte === b[at]);
}

const NO_NAMES =
  "Issue it with a subjectAltName: a common name is not looked at";
