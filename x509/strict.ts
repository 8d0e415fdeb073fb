/**
 * What a strict verification asks for on top: rules of RFC 5280 for those who
 * issue certificates, which deployed systems do not enforce, and those of the
 * CA/Browser Forum's Baseline Requirements ("BR") that a certificate shows by
 * itself. Not looked at: the length of the validity period, the presence of
 * policies and of certificate transparency, and the list of public suffixes.
 *
 * @module
 */

import { equals } from "@std/bytes";
import type { Certificate } from "./certificate.ts";
import type { TlsCertificateError } from "./errors.ts";
import { isDnsName, isWildcardDnsName } from "./name_match.ts";
import { extensionNames, ExtensionOid, KeyPurpose } from "./oids.ts";
import { type CertificateUsage, MAX_LISTED, refusal } from "./path_rules.ts";

/**
 * Checks a path, from the leaf to its anchor.
 *
 * @returns What is not as the rules have it, under the code `not_strict`.
 */
export function checkStrict(
  path: readonly Certificate[],
  usage: CertificateUsage,
): TlsCertificateError[] {
  return path.flatMap((certificate, at) => {
    const isRoot = at > 0 && certificate.isSelfIssued;
    const facts = [
      // Roots older than the rules are trusted as they stand.
      ...(isRoot ? [] : certificate.deviations),
      ...everyCertificate(certificate),
      ...keyIdentifiers(certificate, path[at + 1]),
      ...(at > 0 ? authority(certificate) : endEntity(certificate)),
      ...(at === 0 && usage === "server" ? subscriber(certificate) : []),
    ];
    return facts.slice(0, MAX_LISTED).map((fact) =>
      refusal("not_strict", certificate, fact, path)
    );
  });
}

type Facts = Generator<string>;

function* everyCertificate(certificate: Certificate): Facts {
  if (certificate.version !== 3) {
    yield `it is of version ${certificate.version} and not 3 (BR 7.1.1)`;
  }
  for (const [oid, rule] of NEVER_CRITICAL) {
    if (certificate.extension(oid)?.critical) {
      yield `its ${extensionNames.get(oid) ?? oid} is critical (${rule})`;
    }
  }
  for (const [oid, rule] of ALWAYS_CRITICAL) {
    if (certificate.extension(oid)?.critical === false) {
      yield `its ${extensionNames.get(oid) ?? oid} is not critical (${rule})`;
    }
  }
  const { type, bits } = certificate.publicKey;
  if ((type === "rsa" || type === "rsa-pss") && bits % 8 !== 0) {
    yield `its RSA modulus of ${bits} bits is no whole number of bytes (BR 6.1.5)`;
  }
}

/** RFC 5280 sections 4.2.1.1 and 4.2.1.2, BR 7.1.2.1.3 and 7.1.2.11.1. */
function* keyIdentifiers(
  certificate: Certificate,
  issuer: Certificate | undefined,
): Facts {
  const values = certificate.extensionValues;
  const own = values.subjectKeyIdentifier;
  const authority = values.authorityKeyIdentifier;
  if (authority === undefined) {
    // "where a CA distributes its public key in the form of a "self-signed"
    // certificate, the authority key identifier MAY be omitted"
    if (!certificate.isSelfIssued) {
      yield "it has no authorityKeyIdentifier (RFC 5280 section 4.2.1.1)";
    }
    return;
  }
  if (authority.authorityCertIssuer || authority.authorityCertSerialNumber) {
    yield "its authorityKeyIdentifier names a certificate (BR 7.1.2.11.1)";
  }
  const wanted = authority.keyIdentifier;
  if (wanted === undefined) {
    yield "its authorityKeyIdentifier has no keyIdentifier (RFC 5280 section 4.2.1.1)";
    return;
  }
  const signer = issuer?.extensionValues.subjectKeyIdentifier ??
    (certificate.isSelfIssued ? own : undefined);
  if (signer !== undefined && !equals(wanted, signer)) {
    yield "its authorityKeyIdentifier is not its issuer's subjectKeyIdentifier (RFC 5280 section 4.2.1.2)";
  }
}

/** A certificate that issued another. */
function* authority(certificate: Certificate): Facts {
  const { extensionValues: values, isSelfIssued } = certificate;
  if (values.subjectKeyIdentifier === undefined) {
    yield "it is a CA without subjectKeyIdentifier (RFC 5280 section 4.2.1.2)";
  }
  if (values.keyUsage === undefined && !isSelfIssued) {
    yield "it is a CA without keyUsage (RFC 5280 section 4.2.1.3)";
  }
  const constraints = certificate.extension(ExtensionOid.basicConstraints);
  if (constraints?.critical === false) {
    yield "it is a CA and its basicConstraints are not critical (RFC 5280 section 4.2.1.9)";
  }
  if (isSelfIssued && values.extendedKeyUsage !== undefined) {
    yield "it is a root with extKeyUsage (BR 7.1.2.1.2)";
  }
}

/** The leaf, by RFC 5280. */
function* endEntity(certificate: Certificate): Facts {
  const { extensionValues: values, subjectName } = certificate;
  if (!certificate.isCa && values.keyUsage?.includes("keyCertSign")) {
    yield "its keyUsage has keyCertSign and it is no CA (RFC 5280 section 4.2.1.9)";
  }
  const alternative = certificate.extension(ExtensionOid.subjectAltName);
  if (alternative?.critical && !subjectName.isEmpty) {
    yield "its subjectAltName is critical though it has a subject (BR 7.1.2.7.12)";
  }
  for (const name of certificate.subjectAltName) {
    if (name.type === "dns" && !isPreferredSyntax(name.value)) {
      yield `"${name.value}" is no DNS name in preferred syntax (RFC 5280 section 4.2.1.6)`;
    }
  }
}

/** The leaf of a server: BR 7.1.2.7, "Subscriber (Server) Certificate". */
function* subscriber(certificate: Certificate): Facts {
  const { extensionValues: values, subjectName } = certificate;
  if (certificate.isCa) yield "it is a CA (BR 7.1.2.7.8)";
  if (values.extendedKeyUsage === undefined) {
    yield "it has no extKeyUsage (BR 7.1.2.7.6)";
  }
  if (values.extendedKeyUsage?.includes(KeyPurpose.anyExtendedKeyUsage)) {
    yield "its extKeyUsage has anyExtendedKeyUsage (BR 7.1.2.7.10)";
  }
  const names = certificate.subjectAltName.map(({ value }) => value);
  const common = subjectName.rdns.flat().filter(({ type }) => type === "CN");
  if (common.length > 1) yield "it has several common names (BR 7.1.4.3)";
  for (const { value } of common.slice(0, MAX_LISTED)) {
    if (!names.includes(value)) {
      yield `its common name "${value}" is not in its subjectAltName, character for character (BR 7.1.4.3)`;
    }
  }
}

/** RFC 1034 section 3.5 with RFC 1123 section 2.1: no underscores. */
function isPreferredSyntax(name: string): boolean {
  return !name.includes("_") &&
    (name.startsWith("*") ? isWildcardDnsName(name) : isDnsName(name));
}

/** Extensions that "MUST mark as non-critical" is said of, and where. */
const NEVER_CRITICAL: ReadonlyMap<string, string> = new Map([
  [ExtensionOid.authorityKeyIdentifier, "RFC 5280 section 4.2.1.1"],
  [ExtensionOid.subjectKeyIdentifier, "RFC 5280 section 4.2.1.2"],
  [ExtensionOid.subjectDirectoryAttributes, "RFC 5280 section 4.2.1.8"],
  [ExtensionOid.freshestCRL, "RFC 5280 section 4.2.1.15"],
  [ExtensionOid.authorityInfoAccess, "RFC 5280 section 4.2.2.1"],
  [ExtensionOid.subjectInfoAccess, "RFC 5280 section 4.2.2.2"],
  [ExtensionOid.extKeyUsage, "BR 7.1.2.7.6"],
]);

/**
 * Extensions that "MUST mark as critical" is said of, and where. Not of
 * nameConstraints: BR 7.1.2.5.2 makes an exception from RFC 5280 there.
 */
const ALWAYS_CRITICAL: ReadonlyMap<string, string> = new Map([
  [ExtensionOid.policyConstraints, "RFC 5280 section 4.2.1.11"],
  [ExtensionOid.inhibitAnyPolicy, "RFC 5280 section 4.2.1.14"],
]);
