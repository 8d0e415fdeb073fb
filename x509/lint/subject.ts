/**
 * What rules look at: a certificate, the part it plays, and the views of it
 * that several rules need.
 *
 * @module
 */

import { equals } from "@std/bytes";
import type { Certificate } from "../certificate/certificate.ts";
import type { CertificateExtensions } from "../certificate/extensions.ts";
import type { GeneralName } from "../certificate/general_name.ts";
import type { NameAttribute } from "../certificate/name.ts";
import { KeyPurpose } from "../asn1/oids.ts";

/** The part that a certificate plays. */
export type Role = "root" | "subCa" | "leaf" | "ocspResponder";

/** A certificate as rules see it. */
export interface LintSubject {
  readonly certificate: Certificate;
  readonly role: Role;
  /** The certificate whose key signed it, where that is known. */
  readonly issuer: Certificate | undefined;
  /** Whether the Baseline Requirements are about it: TLS servers, and their CAs. */
  readonly isForServers: boolean;
  /** Its extensions. */
  readonly values: CertificateExtensions;
  /** The subject's attributes, in their order. */
  readonly attributes: readonly NameAttribute[];
  /** The names of subjectAltName. */
  readonly names: readonly GeneralName[];
  /** The values of its dNSNames. */
  readonly dnsNames: readonly string[];
  /** The object identifiers of its policies. */
  readonly policies: readonly string[];
}

/** Options of {@linkcode describeSubject}. */
export interface SubjectOptions {
  readonly role?: Role | undefined;
  readonly issuer?: Certificate | undefined;
}

/** Views a certificate as rules do. */
export function describeSubject(
  certificate: Certificate,
  { role = roleOf(certificate), issuer }: SubjectOptions = {},
): LintSubject {
  const values = certificate.extensionValues;
  const policies = values.certificatePolicies?.map(({ oid }) => oid) ?? [];
  const names = certificate.subjectAltName;
  return {
    certificate,
    role,
    issuer,
    isForServers: isForServers(values.extendedKeyUsage, policies),
    values,
    attributes: certificate.subjectName.rdns.flat(),
    names,
    dnsNames: names.filter(({ type }) => type === "dns")
      .map(({ value }) => value),
    policies,
  };
}

/** The part that a certificate plays by what it says of itself. */
function roleOf(certificate: Certificate): Role {
  if (certificate.isCa) return isSelfSigned(certificate) ? "root" : "subCa";
  const purposes = certificate.extensionValues.extendedKeyUsage;
  return purposes?.includes(KeyPurpose.OCSPSigning) &&
      !purposes.includes(KeyPurpose.serverAuth)
    ? "ocspResponder"
    : "leaf";
}

/** Whether it is issued by its own name and, as far as it says so, its own key. */
export function isSelfSigned(certificate: Certificate): boolean {
  if (!certificate.isSelfIssued) return false;
  const { subjectKeyIdentifier, authorityKeyIdentifier } =
    certificate.extensionValues;
  const wanted = authorityKeyIdentifier?.keyIdentifier;
  return wanted === undefined || subjectKeyIdentifier === undefined ||
    equals(wanted, subjectKeyIdentifier);
}

/** BR 1.1: certificates "used for authenticating servers", and their CAs. */
function isForServers(
  purposes: readonly string[] | undefined,
  policies: readonly string[],
): boolean {
  return purposes === undefined ||
    purposes.includes(KeyPurpose.serverAuth) ||
    purposes.includes(KeyPurpose.anyExtendedKeyUsage) ||
    purposes.includes(KeyPurpose.OCSPSigning) && purposes.length === 1 ||
    policies.some(isReservedPolicy);
}

/** BR 7.1.6.1, Reserved Certificate Policy Identifiers. */
export const ReservedPolicy = {
  domainValidated: "2.23.140.1.2.1",
  organizationValidated: "2.23.140.1.2.2",
  individualValidated: "2.23.140.1.2.3",
  extendedValidation: "2.23.140.1.1",
} as const;

/** Whether a policy asserts that a certificate keeps the Baseline Requirements. */
export function isReservedPolicy(oid: string): boolean {
  return reservedPolicies.has(oid);
}

const reservedPolicies: ReadonlySet<string> = new Set(
  Object.values(ReservedPolicy),
);

/** The roles, as rows name them. */
export const EVERY: readonly Role[] = [
  "root",
  "subCa",
  "leaf",
  "ocspResponder",
];
export const CAS: readonly Role[] = ["root", "subCa"];
export const ROOT: readonly Role[] = ["root"];
export const SUB_CA: readonly Role[] = ["subCa"];
export const LEAF: readonly Role[] = ["leaf"];
export const NOT_ROOT: readonly Role[] = ["subCa", "leaf", "ocspResponder"];
