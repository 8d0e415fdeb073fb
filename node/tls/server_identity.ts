/**
 * Whether a certificate, in Node's shape, is for a host.
 *
 * @module
 */

import { isIP } from "node:net";
import type { NodeCertificate } from "../../x509/certificate/node_object.ts";
import { type NodeError, nodeError } from "./errors.ts";

/**
 * Checks that a certificate is for a host: RFC 9525, with the common name where
 * there is no DNS name, as Node still does.
 *
 * @param hostname A name or an IP address.
 * @param cert The certificate, as `getPeerCertificate()` gives it.
 * @returns `undefined` if it is, or else an error with the code
 * `ERR_TLS_CERT_ALTNAME_INVALID`, with `reason`, `host` and `cert`.
 *
 * @example One name
 * ```ts
 * import { checkServerIdentity } from "@x/tls/node/tls";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const cert = { subjectaltname: "DNS:*.example.com" };
 * assertEquals(checkServerIdentity("a.example.com", cert), undefined);
 * assert(checkServerIdentity("example.com", cert) instanceof Error);
 * ```
 */
export function checkServerIdentity(
  hostname: string,
  cert: Partial<NodeCertificate>,
): Error | undefined {
  const host = String(hostname).replace(/\.$/, "");
  const reason = isIP(host) === 0
    ? refusalOfName(host, cert)
    : refusalOfAddress(host, cert);
  return reason === undefined
    ? undefined
    : altnameInvalid(reason, String(hostname), cert);
}

function altnameInvalid(
  reason: string,
  host: string,
  cert: Partial<NodeCertificate>,
): NodeError {
  return nodeError(
    "ERR_TLS_CERT_ALTNAME_INVALID",
    `Hostname/IP does not match certificate's altnames: ${reason}`,
    Error,
    { reason, host, cert },
  );
}

function refusalOfAddress(
  host: string,
  cert: Partial<NodeCertificate>,
): string | undefined {
  const addresses = altNames(cert)
    .filter((each) => each.startsWith("IP Address:"))
    .map((each) => canonicalAddress(each.slice("IP Address:".length)));
  return addresses.includes(canonicalAddress(host))
    ? undefined
    : `IP: ${host} is not in the cert's list: ${addresses.join(", ")}`;
}

function refusalOfName(
  host: string,
  cert: Partial<NodeCertificate>,
): string | undefined {
  const names = altNames(cert)
    .filter((each) => each.startsWith("DNS:"))
    .map((each) => each.slice("DNS:".length));
  if (names.length > 0) {
    return names.some((name) => isNameOf(host, name))
      ? undefined
      : `Host: ${host}. is not in the cert's altnames: ${cert.subjectaltname}`;
  }
  const commonName = cert.subject?.CN;
  if (!commonName) return "Cert does not contain a DNS name";
  const commonNames = Array.isArray(commonName) ? commonName : [commonName];
  return commonNames.some((name) => isNameOf(host, name))
    ? undefined
    : `Host: ${host}. is not cert's CN: ${commonName}`;
}

/**
 * RFC 6125 section 6.4.3, which Node goes by: "*" stands for all or a part of
 * one label, the first; not in a name with fewer than three labels.
 */
function isNameOf(host: string, pattern: string): boolean {
  const hostLabels = labelsOf(host);
  const [first, ...others] = labelsOf(pattern);
  if (first === undefined || hostLabels.length !== others.length + 1) {
    return false;
  }
  const isGood = [first, ...others].every((each) =>
    /^[\x21-\x7e]+$/.test(each)
  );
  if (!isGood) return false;
  const [hostFirst, ...hostOthers] = hostLabels;
  if (others.some((each, at) => each !== hostOthers[at])) return false;
  if (!first.includes("*")) return first === hostFirst;
  const [prefix = "", suffix = "", ...more] = first.split("*");
  // Section 7.2: not within an A-label.
  if (more.length > 0 || others.length < 2 || first.includes("xn--")) {
    return false;
  }
  return hostFirst !== undefined &&
    hostFirst.length >= prefix.length + suffix.length &&
    hostFirst.startsWith(prefix) && hostFirst.endsWith(suffix);
}

function labelsOf(name: string): string[] {
  return name.replace(/\.$/, "").replace(/[A-Z]/g, (each) => each.toLowerCase())
    .split(".");
}

/** The names; values with special characters are JSON strings. */
function altNames({ subjectaltname }: Partial<NodeCertificate>): string[] {
  if (!subjectaltname) return [];
  if (!subjectaltname.includes('"')) return subjectaltname.split(", ");
  const names: string[] = [];
  const item = /([^",]*)("(?:[^"\\]|\\.)*")?(?:, |$)/gy;
  for (let at = 0; at < subjectaltname.length; at = item.lastIndex) {
    const found = item.exec(subjectaltname);
    if (found === null) {
      throw nodeError(
        "ERR_TLS_CERT_ALTNAME_FORMAT",
        "Invalid subject alternative name string",
        SyntaxError,
      );
    }
    const [, plain = "", quoted] = found;
    names.push(plain + (quoted === undefined ? "" : JSON.parse(quoted)));
  }
  return names;
}

/** IPv6 has many ways to write one address. */
function canonicalAddress(address: string): string {
  if (isIP(address) !== 6) return isIP(address) === 4 ? address : "";
  return new URL(`http://[${address}]`).hostname;
}
