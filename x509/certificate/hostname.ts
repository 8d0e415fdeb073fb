/**
 * Whether a certificate is for the name that was asked for.
 *
 * @module
 */

import { equals } from "@std/bytes";
import type { Certificate } from "./certificate.ts";
import { orderHint } from "./chain_order.ts";
import { TlsCertificateError } from "./errors.ts";
import { addressBytes, type GeneralName } from "./general_name.ts";
import { mismatchReason } from "./hostname_hint.ts";
import {
  matchesDnsName,
  matchesMailbox,
  parseReferenceName,
  type ReferenceName,
} from "./name_match.ts";
import { nameOf } from "./refusal.ts";

/**
 * Checks that a certificate is for a name (RFC 9525): one of its
 * subjectAltName has to match. Common names are not looked at. A wildcard
 * matches exactly one left-most label, IP addresses are compared as bytes,
 * and a trailing dot of the name asked for is ignored.
 *
 * It looks at the name and at nothing else: `verifyChain()` does both.
 *
 * @param certificate The peer's certificate.
 * @param name A DNS name, in A-labels or U-labels, an IP literal, or a mailbox
 * as `{ email }`.
 * @throws {TlsCertificateError} `hostname_mismatch`, with the names that the
 * certificate has.
 * @throws {TypeError} If the name is not a DNS name, IP literal or mailbox.
 *
 * @example Check a name
 * ```ts
 * import { Certificate, issueCertificate, verifyHostname } from "@x/tls/x509";
 * import { assertThrows } from "@std/assert";
 *
 * const { cert } = await issueCertificate({ names: ["*.example.com"] });
 * const [certificate] = Certificate.fromPem(cert);
 * if (certificate === undefined) throw new Error("no certificate");
 * verifyHostname(certificate, "www.example.com");
 * assertThrows(() => verifyHostname(certificate, "example.com"));
 * ```
 */
export function verifyHostname(
  certificate: Certificate,
  name: string | { readonly email: string },
): void {
  const error = hostnameError(certificate, parseReferenceName(name), [
    certificate,
  ]);
  if (error !== undefined) throw error;
}

/**
 * Whether a certificate has a name among those in its subjectAltName.
 *
 * @param name A DNS name or an IP address; no certificate has another.
 */
export function hasName(certificate: Certificate, name: string): boolean {
  let reference: ReferenceName;
  try {
    reference = parseReferenceName(name);
  } catch {
    return false;
  }
  return certificate.subjectAltName.some((presented) =>
    matches(presented, reference)
  );
}

/**
 * The name of a certificate that covers the name that was asked for.
 *
 * @returns It as the certificate has it; `undefined` if there is none.
 */
export function matchingName(
  certificate: Certificate,
  reference: ReferenceName,
): string | undefined {
  return certificate.subjectAltName
    .find((presented) => matches(presented, reference))?.value;
}

/**
 * The error of a certificate that does not have a name.
 *
 * @param chain The path, for the error.
 * @param sent What the peer sent, in its order.
 */
export function hostnameError(
  certificate: Certificate,
  reference: ReferenceName,
  chain: readonly Certificate[],
  sent: readonly Certificate[] = [],
): TlsCertificateError | undefined {
  const names = certificate.subjectAltName;
  if (names.some((presented) => matches(presented, reference))) {
    return undefined;
  }
  const { fact, hint } = mismatchReason(certificate, reference);
  const found = names.length === 0
    ? "it has no subjectAltName"
    : `it is for ${listNames(names)}`;
  return new TlsCertificateError(
    "hostname_mismatch",
    `Cannot accept the certificate of ${
      nameOf(certificate)
    } for "${reference.value}": ${found}${
      fact === undefined ? "" : `; ${fact}`
    }`,
    { certificate, chain, hint: orderHint(sent) ?? hint },
  );
}

function matches(presented: GeneralName, reference: ReferenceName): boolean {
  if (presented.type === "dns" && reference.type === "dns") {
    return matchesDnsName(presented.value, reference.value);
  }
  if (presented.type === "ip" && reference.type === "ip") {
    return equals(addressBytes(presented), reference.bytes);
  }
  return presented.type === "email" && reference.type === "email" &&
    matchesMailbox(presented.value, reference.value);
}

function listNames(names: readonly GeneralName[]): string {
  const shown = names.slice(0, MAX_NAMES).map(({ type, value }) =>
    `${type}:${value.slice(0, MAX_NAME)}`
  ).join(", ");
  const more = names.length - MAX_NAMES;
  return more > 0 ? `${shown} and ${more} more` : shown;
}

/** How many names a message lists. */
const MAX_NAMES = 10;

/**
 * How many characters of a name a message shows: as many as a name may have.
 */
const MAX_NAME = 253;
