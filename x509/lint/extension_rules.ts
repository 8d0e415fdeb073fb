/**
 * Extensions that are not of names, keys, policies or addresses: which have to
 * be critical, key identifiers and basicConstraints.
 *
 * @module
 */

import { equals } from "@std/bytes";
import { toHex } from "../../encoding.ts";
import { extensionNames, ExtensionOid } from "../asn1/oids.ts";
import { BR_1_0, BR_2_0, RFC_2459, RFC_3280 } from "./dates.ts";
import type { CertificateRule, Facts, RuleSource } from "./rule.ts";
import {
  CAS,
  EVERY,
  isSelfSigned,
  LEAF,
  type LintSubject,
  type Role,
  ROOT,
} from "./subject.ts";

type Name = keyof typeof ExtensionOid;

/** An extension, where its rule stands, since when, and for whom. */
type CriticalityRow = readonly [
  Name,
  RuleSource,
  string,
  string,
  readonly Role[],
];

/** Extensions that "MUST mark as non-critical" is said of, and where. */
const NEVER_CRITICAL: readonly CriticalityRow[] = [
  ["authorityKeyIdentifier", "RFC 5280", "4.2.1.1", RFC_2459, EVERY],
  ["subjectKeyIdentifier", "RFC 5280", "4.2.1.2", RFC_2459, EVERY],
  ["subjectDirectoryAttributes", "RFC 5280", "4.2.1.8", RFC_2459, EVERY],
  ["freshestCRL", "RFC 5280", "4.2.1.15", RFC_3280, EVERY],
  ["authorityInfoAccess", "RFC 5280", "4.2.2.1", RFC_2459, EVERY],
  ["subjectInfoAccess", "RFC 5280", "4.2.2.2", RFC_3280, EVERY],
  ["extKeyUsage", "BR", "7.1.2.7.6", BR_2_0, LEAF],
  ["cRLDistributionPoints", "BR", "7.1.2.7.6", BR_1_0, EVERY],
  ["certificatePolicies", "BR", "7.1.2.7.6", BR_2_0, EVERY],
];

/**
 * Extensions that "MUST mark as critical" is said of, and where. Not of
 * nameConstraints: BR 7.1.2.10.8 makes an exception from RFC 5280 there.
 */
const ALWAYS_CRITICAL: readonly [Name, string][] = [
  ["policyConstraints", "4.2.1.11"],
  ["inhibitAnyPolicy", "4.2.1.14"],
];

/** Lists of one or more elements, which are not read further. */
const LISTS: readonly Name[] = [
  "freshestCRL",
  "subjectDirectoryAttributes",
  "subjectInfoAccess",
];

/** Rules on extensions. */
export const extensionRules: readonly CertificateRule[] = [
  ...NEVER_CRITICAL.map((
    [name, source, section, since, roles],
  ): CertificateRule => ({
    id: `${snakeCase(name)}_critical`,
    source,
    section,
    since,
    roles,
    ...name === "extKeyUsage" && { undated: true },
    requirement: `${name} is not critical.`,
    check: criticality(name, true),
  })),
  ...ALWAYS_CRITICAL.map(([name, section]): CertificateRule => ({
    id: `${snakeCase(name)}_not_critical`,
    source: "RFC 5280",
    section,
    since: RFC_3280,
    roles: EVERY,
    requirement: `${name} is critical.`,
    check: criticality(name, false),
  })),
  {
    id: "extension_empty",
    source: "RFC 5280",
    section: "4.2",
    since: RFC_2459,
    roles: EVERY,
    requirement:
      "freshestCRL, subjectDirectoryAttributes and subjectInfoAccess are no empty lists.",
    check: ({ certificate }) =>
      LISTS.filter((name) =>
        isEmptyList(certificate.extension(ExtensionOid[name])?.value)
      ).map((name) => `its ${name} is empty`),
  },
  {
    id: "aki_missing",
    source: "RFC 5280",
    section: "4.2.1.1",
    since: RFC_2459,
    roles: EVERY,
    requirement:
      "There is an authorityKeyIdentifier, except in self-issued certificates of CAs.",
    check: ({ certificate, values, role }) =>
      values.authorityKeyIdentifier === undefined &&
      // "where a CA distributes its public key in the form of a "self-signed"
      // certificate, the authority key identifier MAY be omitted"
      !(certificate.isSelfIssued && role !== "leaf") &&
      "it has no authorityKeyIdentifier",
  },
  {
    id: "aki_key_missing",
    source: "RFC 5280",
    section: "4.2.1.1",
    since: RFC_2459,
    roles: EVERY,
    requirement: "authorityKeyIdentifier has a keyIdentifier.",
    check: checkAuthorityKey,
  },
  {
    id: "aki_certificate",
    source: "BR",
    section: "7.1.2.11.1",
    since: BR_2_0,
    roles: EVERY,
    undated: true,
    requirement:
      "authorityKeyIdentifier has no authorityCertIssuer and no authorityCertSerialNumber.",
    check: ({ values: { authorityKeyIdentifier: aki } }) =>
      (aki?.authorityCertIssuer || aki?.authorityCertSerialNumber) &&
      "its authorityKeyIdentifier names a certificate",
  },
  {
    id: "aki_mismatch",
    source: "RFC 5280",
    section: "4.2.1.2",
    since: RFC_2459,
    roles: EVERY,
    comparesIssuer: true,
    requirement:
      "authorityKeyIdentifier is subjectKeyIdentifier of the issuer, where that is known.",
    check: checkIssuerKey,
  },
  {
    id: "ski_missing",
    source: "RFC 5280",
    section: "4.2.1.2",
    since: RFC_2459,
    roles: CAS,
    requirement: "A CA has subjectKeyIdentifier.",
    check: ({ values }) =>
      values.subjectKeyIdentifier === undefined &&
      "it is a CA without subjectKeyIdentifier",
  },
  {
    id: "basic_constraints_not_critical",
    source: "RFC 5280",
    section: "4.2.1.9",
    since: RFC_2459,
    roles: CAS,
    requirement: "basicConstraints of a CA are critical.",
    check: ({ certificate }) =>
      certificate.extension(ExtensionOid.basicConstraints)?.critical ===
        false && "it is a CA and its basicConstraints are not critical",
  },
  {
    id: "leaf_basic_constraints_not_critical",
    source: "BR",
    section: "7.1.2.7.6",
    since: BR_2_0,
    roles: LEAF,
    requirement: "basicConstraints of a server are critical.",
    check: criticality("basicConstraints", false),
  },
  {
    id: "leaf_ca",
    source: "BR",
    section: "7.1.2.7.8",
    since: BR_1_0,
    roles: LEAF,
    undated: true,
    requirement: "A server is not a CA.",
    check: ({ certificate }) => certificate.isCa && "it is a CA",
  },
  {
    id: "root_issuer",
    source: "BR",
    section: "7.1.2.1.2",
    since: BR_2_0,
    roles: ROOT,
    claimed: true,
    requirement: "The issuer of a root is its subject, byte for byte.",
    check: ({ certificate: { issuerName, subjectName } }) =>
      !equals(issuerName.raw, subjectName.raw) &&
      "its issuer is not its subject, byte for byte",
  },
];

/** A check that an extension that is there is critical, or that it is not. */
function criticality(name: Name, isWrong: boolean) {
  const oid = ExtensionOid[name];
  return ({ certificate }: LintSubject): Facts =>
    certificate.extension(oid)?.critical === isWrong &&
    `its ${extensionNames.get(oid) ?? oid} is ${
      isWrong ? "critical" : "not critical"
    }`;
}

function checkAuthorityKey({ certificate, values }: LintSubject): Facts {
  const { authorityKeyIdentifier: aki } = values;
  return aki !== undefined && aki.keyIdentifier === undefined &&
    // Those of which it "MAY be omitted" as a whole have not all of it either.
    !(isSelfSigned(certificate) && aki.authorityCertIssuer !== undefined) &&
    "its authorityKeyIdentifier has no keyIdentifier";
}

function checkIssuerKey(
  { values, issuer, role }: LintSubject,
): Facts {
  const wanted = values.authorityKeyIdentifier?.keyIdentifier;
  const signer = issuer?.extensionValues.subjectKeyIdentifier ??
    (issuer === undefined && role === "root"
      ? values.subjectKeyIdentifier
      : undefined);
  return wanted !== undefined && signer !== undefined &&
    !equals(wanted, signer) &&
    "its authorityKeyIdentifier is not its issuer's subjectKeyIdentifier";
}

/** An empty SEQUENCE. */
function isEmptyList(value: Uint8Array | undefined): boolean {
  return value !== undefined && toHex(value) === "3000";
}

function snakeCase(name: string): string {
  return name.replace(/CRL/, "Crl").replace(/^cRl|^cRL|^cCrl/, "crl")
    .replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
