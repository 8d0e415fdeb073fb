/**
 * Extensions (RFC 5280 section 4.2): the list, and what certificates have in
 * those that are understood.
 *
 * @module
 */

import { type DerReader, Tag } from "../asn1/der.ts";
import {
  type DistributionPoint,
  readDistributionPoints,
} from "./distribution_points.ts";
import {
  type AccessDescription,
  type AuthorityKeyIdentifier,
  type BasicConstraints,
  type CertificatePolicy,
  type KeyUsage,
  type NameConstraints,
  type PolicyConstraints,
  type PolicyMapping,
  readAccessDescriptions,
  readAuthorityKeyIdentifier,
  readBasicConstraints,
  readCertificatePolicies,
  readExtKeyUsage,
  readKeyUsage,
  readNameConstraints,
  readPolicyConstraints,
  readPolicyMappings,
  readTlsFeatures,
} from "./extension_values.ts";
import { type GeneralName, readGeneralNames } from "./general_name.ts";
import { extensionNames, ExtensionOid } from "../asn1/oids.ts";

export type * from "./distribution_points.ts";
export type * from "./extension_values.ts";

/** One extension as it was received. */
export interface Extension {
  /** Its object identifier. */
  readonly oid: string;
  /** Its name in its RFC, such as `"basicConstraints"`, if it is known. */
  readonly name: string | undefined;
  /** Whether who does not understand it must refuse. */
  readonly critical: boolean;
  /** The value in DER. */
  readonly value: Uint8Array;
}

/** The values of the extensions that are understood; absent ones are missing. */
export interface CertificateExtensions {
  /** Identifier of the certificate's own key. */
  readonly subjectKeyIdentifier?: Uint8Array;
  /** What the key may be used for. */
  readonly keyUsage?: readonly KeyUsage[];
  /** Other names of the subject. */
  readonly subjectAltName?: readonly GeneralName[];
  /** Whether the key may sign certificates, and how long paths may be. */
  readonly basicConstraints?: BasicConstraints;
  /** Names that certificates below may have. */
  readonly nameConstraints?: NameConstraints;
  /** Where CRLs are. */
  readonly crlDistributionPoints?: readonly DistributionPoint[];
  /** Policies under which it was issued. */
  readonly certificatePolicies?: readonly CertificatePolicy[];
  /** Policies of the issuer that are the same as the subject's. */
  readonly policyMappings?: readonly PolicyMapping[];
  /** Identifier of the key that signed. */
  readonly authorityKeyIdentifier?: AuthorityKeyIdentifier;
  /** When policies become required, and mappings forbidden. */
  readonly policyConstraints?: PolicyConstraints;
  /** Purposes of the key, as dotted object identifiers. */
  readonly extendedKeyUsage?: readonly string[];
  /** How many more certificates may have anyPolicy. */
  readonly inhibitAnyPolicy?: number;
  /** Where the issuer's certificate and OCSP responses are. */
  readonly authorityInfoAccess?: readonly AccessDescription[];
  /** Numbers of the TLS extensions that servers must send (RFC 7633). */
  readonly tlsFeatures?: readonly number[];
  /** A SignedCertificateTimestampList (RFC 6962 section 3.3). */
  readonly signedCertificateTimestamps?: Uint8Array;
  /** An OCSP responder that is not to be checked (RFC 6960 section 4.2.2.2.1). */
  readonly ocspNoCheck?: true;
}

/** Reads `Extensions`, of certificates or others: no two of the same type. */
export function readExtensions(reader: DerReader, field: string): Extension[] {
  const sequence = reader.sequence(field);
  if (sequence.done) {
    sequence.deviation("", "a list without extensions (RFC 5280 section 4.1)");
  }
  const extensions: Extension[] = [];
  const seen = new Set<string>();
  while (!sequence.done) {
    const extension = sequence.collects
      ? sequence.attempt(
        "Extension",
        () => readExtension(sequence),
        () => undefined,
      )
      : readExtension(sequence);
    if (extension === undefined) continue;
    if (seen.has(extension.oid)) {
      sequence.refuse(
        extension.name ?? extension.oid,
        "appears twice (RFC 5280 section 4.2)",
      );
    }
    seen.add(extension.oid);
    extensions.push(extension);
  }
  return extensions;
}

function readExtension(reader: DerReader): Extension {
  const sequence = reader.sequence("Extension");
  const oid = sequence.oid("extnID");
  const name = extensionNames.get(oid);
  const present = sequence.has(Tag.BOOLEAN);
  const critical = present && sequence.boolean("critical");
  if (present && !critical) {
    reader.deviation(
      name ?? oid,
      "critical FALSE is spelt out (X.690 section 11.5)",
    );
  }
  const value = sequence.octetString("extnValue");
  sequence.end();
  return { oid, name, critical, value };
}

/** Reads the values of those extensions of a certificate that have a reader. */
export function readExtensionValues(
  reader: DerReader,
  extensions: readonly Extension[],
): CertificateExtensions {
  const values: Record<string, unknown> = {};
  for (const { oid, name, value } of extensions) {
    const row = readers.get(oid);
    if (row === undefined) continue;
    const field = name ?? oid;
    if (!reader.collects) {
      values[row.member] = readValue(row, reader.inside(field, value));
      continue;
    }
    // Of one that appears twice, the first counts.
    values[row.member] ??= reader.tolerate(
      () => readValue(row, reader.inside(field, value)),
      undefined,
    );
  }
  // The table below gives each member its own type.
  return values as CertificateExtensions;
}

function readValue(
  row: Row<keyof CertificateExtensions>,
  inside: DerReader,
): unknown {
  const value = row.read(inside);
  inside.end();
  return value;
}

/**
 * Which are critical and not handled.
 *
 * @param handled The object identifiers of those that are.
 */
export function unhandledCritical(
  extensions: readonly Extension[],
  handled: ReadonlySet<string>,
): string[] {
  return extensions
    .filter(({ oid, critical }) => critical && !handled.has(oid))
    .map(({ oid }) => oid);
}

interface Row<K extends keyof CertificateExtensions> {
  readonly member: K;
  read(reader: DerReader): Exclude<CertificateExtensions[K], undefined>;
}

function row<K extends keyof CertificateExtensions>(
  member: K,
  read: Row<K>["read"],
): Row<keyof CertificateExtensions> {
  return { member, read };
}

const readers: ReadonlyMap<string, Row<keyof CertificateExtensions>> = new Map([
  [
    ExtensionOid.subjectKeyIdentifier,
    row("subjectKeyIdentifier", (reader) => reader.octetString("")),
  ],
  [ExtensionOid.keyUsage, row("keyUsage", readKeyUsage)],
  [
    ExtensionOid.subjectAltName,
    row("subjectAltName", (reader) => readGeneralNames(reader, "")),
  ],
  [
    ExtensionOid.basicConstraints,
    row("basicConstraints", readBasicConstraints),
  ],
  [ExtensionOid.nameConstraints, row("nameConstraints", readNameConstraints)],
  [
    ExtensionOid.cRLDistributionPoints,
    row("crlDistributionPoints", readDistributionPoints),
  ],
  [
    ExtensionOid.certificatePolicies,
    row("certificatePolicies", readCertificatePolicies),
  ],
  [ExtensionOid.policyMappings, row("policyMappings", readPolicyMappings)],
  [
    ExtensionOid.authorityKeyIdentifier,
    row("authorityKeyIdentifier", readAuthorityKeyIdentifier),
  ],
  [
    ExtensionOid.policyConstraints,
    row("policyConstraints", readPolicyConstraints),
  ],
  [ExtensionOid.extKeyUsage, row("extendedKeyUsage", readExtKeyUsage)],
  [
    ExtensionOid.inhibitAnyPolicy,
    row("inhibitAnyPolicy", (reader) => reader.integer("")),
  ],
  [
    ExtensionOid.authorityInfoAccess,
    row("authorityInfoAccess", readAccessDescriptions),
  ],
  [ExtensionOid.tlsFeature, row("tlsFeatures", readTlsFeatures)],
  [
    ExtensionOid.signedCertificateTimestampList,
    row("signedCertificateTimestamps", (reader) => reader.octetString("")),
  ],
  [
    ExtensionOid.ocspNoCheck,
    row("ocspNoCheck", (reader) => {
      reader.null("");
      return true;
    }),
  ],
]);

/**
 * What is honoured, or has no bearing on a path whatever it says. The poison of
 * precertificates (RFC 6962 section 3.1) is not here on purpose.
 */
export const handledInCertificates: ReadonlySet<string> = new Set([
  ...readers.keys(),
  ExtensionOid.issuerAltName,
]);
