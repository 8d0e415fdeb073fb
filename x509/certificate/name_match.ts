/**
 * Which name is asked for, and whether a certificate has it: RFC 9525 for DNS
 * names and IP addresses, RFC 5280 section 4.2.1.6 for mailboxes. Names are
 * those of subjectAltName alone; a common name is never looked at.
 *
 * @module
 */

import { parseIpAddress } from "./ip_address.ts";

/** A name that the caller expects, in the form in which it is compared. */
export type ReferenceName =
  | {
    readonly type: "dns";
    /** A-labels in lower case, without a trailing dot. */
    readonly value: string;
  }
  | {
    readonly type: "ip";
    /** As the caller wrote it. */
    readonly value: string;
    /** 4 or 16 of them. */
    readonly bytes: Uint8Array;
  }
  | {
    readonly type: "email";
    /** With the domain in lower-case A-labels. */
    readonly value: string;
  };

/**
 * Reads what the caller asks for: a DNS name, an IP literal or a mailbox.
 *
 * @throws {TypeError} If it is none of these.
 */
export function parseReferenceName(
  name: string | { readonly email: string },
): ReferenceName {
  if (typeof name === "object" && name !== null) {
    return referenceEmail(name.email);
  }
  if (typeof name !== "string") {
    throw new TypeError(
      `Cannot verify a name: expected a string or { email }, got ${typeof name}`,
    );
  }
  const bytes = parseIpAddress(name);
  if (bytes !== undefined) return { type: "ip", value: name, bytes };
  return { type: "dns", value: referenceDnsName(name, name) };
}

/**
 * A DNS name in the form in which it is compared: U-labels become A-labels
 * (RFC 9525 section 6.3), upper case lower, and the trailing dot of an absolute
 * name is removed.
 *
 * @throws {TypeError} If it is not a DNS name.
 */
export function normalizeDnsName(name: string): string {
  return referenceDnsName(name, name);
}

function referenceDnsName(domain: string, given: string): string {
  const ascii = toAsciiName(domain);
  const name = (ascii ?? "").replace(/\.$/, "").toLowerCase();
  if (!isDnsName(name)) {
    throw new TypeError(
      `Cannot verify the name ${JSON.stringify(given)}: ${
        domain.includes("*")
          ? "a wildcard stands in certificates, not in the name that is asked for"
          : "it is neither a DNS name nor an IP address"
      }`,
    );
  }
  return name;
}

/**
 * U-labels to A-labels. The platform's own IDNA, which is behind `URL`, does it
 * (UTS #46 as of the URL Standard); what `URL` would understand as something
 * else than a host is kept away from it.
 */
function toAsciiName(name: string): string | undefined {
  if (isAscii(name)) return name;
  // deno-lint-ignore no-control-regex
  if (/[\x00-\x20\x7f"#%&'*,/:;<=>?@[\\\]^`{|}]/.test(name)) return undefined;
  // The one way to ask without an exception for what is not a name.
  return URL.parse(`https://${name}/`)?.hostname;
}

function referenceEmail(email: string): ReferenceName {
  const mailbox = typeof email === "string" ? parseMailbox(email) : undefined;
  if (mailbox === undefined) {
    throw new TypeError(
      `Cannot verify the name { email: ${
        JSON.stringify(email)
      } }: it is not a mailbox`,
    );
  }
  const domain = referenceDnsName(mailbox.domain, email);
  return { type: "email", value: `${mailbox.localPart}@${domain}` };
}

/** A mailbox, as `rfc822Name` has it (RFC 5321 section 4.1.2). */
export interface Mailbox {
  /** Compared as it stands: case matters (RFC 5280 section 7.5). */
  readonly localPart: string;
  /** Compared without regard to case. */
  readonly domain: string;
}

/**
 * Splits a mailbox; `undefined` where there is not exactly one `@` outside
 * quotes.
 */
export function parseMailbox(text: string): Mailbox | undefined {
  const at = text.lastIndexOf("@");
  const localPart = text.slice(0, Math.max(at, 0));
  const domain = text.slice(at + 1);
  if (at < 1 || domain === "" || !LOCAL_PART.test(localPart)) return undefined;
  return { localPart, domain };
}

/**
 * Whether a `dNSName` of a certificate covers a DNS name (RFC 9525 section
 * 6.3). The reference name is in the form of {@linkcode parseReferenceName}.
 */
export function matchesDnsName(presented: string, reference: string): boolean {
  const name = presented.toLowerCase();
  if (!name.startsWith("*.")) return name === reference && isDnsName(name);
  // Only the complete left-most label, and for exactly one label.
  const dot = reference.indexOf(".");
  return dot > 0 && reference.slice(dot) === name.slice(1) &&
    isWildcardDnsName(name);
}

/**
 * Whether a `dNSName` is a wildcard in the one allowed form. At least two
 * labels have to follow the asterisk, as in all browsers: a name below a
 * top-level no one domain owner may cover it as a whole.
 */
export function isWildcardDnsName(name: string): boolean {
  return name.startsWith("*.") && isDnsName(name.slice(2)) &&
    name.indexOf(".", 2) !== -1;
}

/**
 * Whether a mailbox of a certificate is the one asked for: the local part octet
 * by octet, the domain without regard to case (RFC 5280 section 7.5).
 */
export function matchesMailbox(presented: string, reference: string): boolean {
  const mailbox = parseMailbox(presented);
  return mailbox !== undefined &&
    `${mailbox.localPart}@${mailbox.domain.toLowerCase()}` === reference;
}

/**
 * Whether it is a host name in the preferred syntax of RFC 1123 section 2.1,
 * relative (no trailing dot), without a wildcard. Underscores pass: names with
 * them are looked up and certified, whatever the syntax says. A name whose last
 * label is a number would be taken for an IPv4 address by others (URL Standard,
 * "ends in a number") and passes not.
 */
export function isDnsName(name: string): boolean {
  return name.length <= MAX_DNS_NAME && DNS_NAME.test(name) &&
    !/(?:^|\.)(?:\d+|0x[\da-f]*)$/i.test(name);
}

/** Whether every character is ASCII. */
export function isAscii(text: string): boolean {
  // deno-lint-ignore no-control-regex
  return /^[\x00-\x7f]*$/.test(text);
}

/** RFC 1035 section 2.3.4 as text: 255 octets less the two at the ends. */
const MAX_DNS_NAME = 253;

/** RFC 1034 section 3.5, with digits first (RFC 1123) and underscores. */
const DNS_NAME =
  /^(?:[a-z\d_](?:[a-z\d_-]{0,61}[a-z\d_])?)(?:\.[a-z\d_](?:[a-z\d_-]{0,61}[a-z\d_])?)*$/i;

/** RFC 5321 section 4.1.2, `Dot-string` or `Quoted-string`. */
const LOCAL_PART =
  /^(?:[^\s"(),.:;<>@[\\\]]+(?:\.[^\s"(),.:;<>@[\\\]]+)*|"(?:[^"\\\r\n]|\\.)*")$/;
