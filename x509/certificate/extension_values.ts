/**
 * The contents of the extensions that path validation needs, one reader an
 * extension, in the words and the order of RFC 5280 section 4.2: types first,
 * then readers.
 *
 * @module
 */

import {
  constructedTag,
  contextTag,
  type DerReader,
  Tag,
} from "../asn1/der.ts";
import { readList, readNamedBits } from "./extension_lists.ts";
import {
  type GeneralName,
  readGeneralName,
  readGeneralNames,
} from "./general_name.ts";

/** What a key may be used for (section 4.2.1.3). */
export type KeyUsage =
  | "digitalSignature"
  | "nonRepudiation"
  | "keyEncipherment"
  | "dataEncipherment"
  | "keyAgreement"
  | "keyCertSign"
  | "cRLSign"
  | "encipherOnly"
  | "decipherOnly";

/** BasicConstraints (section 4.2.1.9). */
export interface BasicConstraints {
  /** Whether the key may sign certificates. */
  readonly ca: boolean;
  /** How many intermediates that are not self-issued may follow. */
  readonly pathLength: number | undefined;
}

/** NameConstraints (section 4.2.1.10). */
export interface NameConstraints {
  /**
   * Where names must be, kind by kind, or `undefined` if the field is absent.
   */
  readonly permittedSubtrees: readonly GeneralSubtree[] | undefined;
  /** Where they must not be, or `undefined` if the field is absent. */
  readonly excludedSubtrees: readonly GeneralSubtree[] | undefined;
}

/** One subtree of names. Its address, if it is one, has a mask. */
export interface GeneralSubtree {
  /** What names are compared with. */
  readonly base: GeneralName;
  /** 0 in this profile. */
  readonly minimum: number;
  /** Absent in this profile. */
  readonly maximum: number | undefined;
}

/** PolicyInformation (section 4.2.1.4). */
export interface CertificatePolicy {
  /** Its object identifier. */
  readonly oid: string;
  /** PolicyQualifiers in DER, which path validation only passes on. */
  readonly qualifiers: Uint8Array | undefined;
}

/** One pair of policyMappings (section 4.2.1.5). */
export interface PolicyMapping {
  /** A policy of the issuer's domain. */
  readonly issuerDomainPolicy: string;
  /** The one of the subject's domain that is as good. */
  readonly subjectDomainPolicy: string;
}

/** PolicyConstraints (section 4.2.1.11). */
export interface PolicyConstraints {
  /** How many more certificates may do without an acceptable policy. */
  readonly requireExplicitPolicy: number | undefined;
  /** How many more certificates may map policies. */
  readonly inhibitPolicyMapping: number | undefined;
}

/** AuthorityKeyIdentifier (section 4.2.1.1). */
export interface AuthorityKeyIdentifier {
  /** The subjectKeyIdentifier of the issuer's certificate. */
  readonly keyIdentifier: Uint8Array | undefined;
  /** The issuer of the issuer's certificate. */
  readonly authorityCertIssuer: readonly GeneralName[] | undefined;
  /**
   * The serial number of the issuer's certificate, as an INTEGER's contents.
   */
  readonly authorityCertSerialNumber: Uint8Array | undefined;
}

/** AccessDescription (section 4.2.2.1). */
export interface AccessDescription {
  /** What is there, as an object identifier. */
  readonly accessMethod: string;
  /** Where it is. */
  readonly accessLocation: GeneralName;
}

/** Reads `KeyUsage`. */
export function readKeyUsage(reader: DerReader): KeyUsage[] {
  const usages = readNamedBits(reader, "", Tag.BIT_STRING, keyUsages);
  if (usages.length === 0) {
    reader.deviation("", "no usage at all (RFC 5280 section 4.2.1.3)");
  }
  return usages;
}

/** Reads `BasicConstraints`. */
export function readBasicConstraints(reader: DerReader): BasicConstraints {
  const sequence = reader.sequence("");
  const present = sequence.has(Tag.BOOLEAN);
  const ca = present && sequence.boolean("cA");
  if (present && !ca) {
    sequence.deviation("cA", "FALSE is spelt out (X.690 section 11.5)");
  }
  const pathLength = sequence.done
    ? undefined
    : sequence.integer("pathLenConstraint");
  if (pathLength !== undefined && !ca) {
    sequence.deviation(
      "pathLenConstraint",
      "present without cA (RFC 5280 section 4.2.1.9)",
    );
  }
  sequence.end();
  return { ca, pathLength };
}

/** Reads `NameConstraints`. */
export function readNameConstraints(reader: DerReader): NameConstraints {
  const sequence = reader.sequence("");
  const permittedSubtrees = readSubtrees(sequence, 0, "permittedSubtrees");
  const excludedSubtrees = readSubtrees(sequence, 1, "excludedSubtrees");
  sequence.end();
  if (permittedSubtrees === undefined && excludedSubtrees === undefined) {
    sequence.fail("", "neither subtrees (RFC 5280 section 4.2.1.10)");
  }
  return { permittedSubtrees, excludedSubtrees };
}

function readSubtrees(
  reader: DerReader,
  n: number,
  field: string,
): GeneralSubtree[] | undefined {
  if (!reader.has(constructedTag(n))) return undefined;
  return readList(reader, field, readSubtree, constructedTag(n));
}

function readSubtree(reader: DerReader): GeneralSubtree {
  const sequence = reader.sequence("GeneralSubtree");
  const base = readGeneralName(sequence, "base", "subnet");
  const minimum = sequence.has(contextTag(0))
    ? sequence.integer("minimum", contextTag(0))
    : 0;
  const maximum = sequence.has(contextTag(1))
    ? sequence.integer("maximum", contextTag(1))
    : undefined;
  sequence.end();
  if (minimum !== 0 || maximum !== undefined) {
    sequence.deviation(
      "",
      "minimum or maximum is present (RFC 5280 section 4.2.1.10)",
    );
  }
  return { base, minimum, maximum };
}

/** Reads `CertificatePolicies`: each policy once. */
export function readCertificatePolicies(
  reader: DerReader,
): CertificatePolicy[] {
  const seen = new Set<string>();
  return readList(reader, "", (list) => {
    const sequence = list.sequence("PolicyInformation");
    const oid = sequence.oid("policyIdentifier");
    const qualifiers = sequence.done
      ? undefined
      : sequence.raw("policyQualifiers", Tag.SEQUENCE);
    sequence.end();
    if (seen.has(oid)) {
      list.fail(
        "policyIdentifier",
        `${oid} appears twice (RFC 5280 section 4.2.1.4)`,
      );
    }
    seen.add(oid);
    return { oid, qualifiers };
  });
}

/** Reads `PolicyMappings`. */
export function readPolicyMappings(reader: DerReader): PolicyMapping[] {
  return readList(reader, "", (list) => {
    const sequence = list.sequence("");
    const issuerDomainPolicy = sequence.oid("issuerDomainPolicy");
    const subjectDomainPolicy = sequence.oid("subjectDomainPolicy");
    sequence.end();
    return { issuerDomainPolicy, subjectDomainPolicy };
  });
}

/** Reads `PolicyConstraints`: one of the two at the least. */
export function readPolicyConstraints(reader: DerReader): PolicyConstraints {
  const sequence = reader.sequence("");
  if (sequence.done) {
    sequence.fail("", "an empty sequence (RFC 5280 section 4.2.1.11)");
  }
  const requireExplicitPolicy = readSkipCerts(
    sequence,
    0,
    "requireExplicitPolicy",
  );
  const inhibitPolicyMapping = readSkipCerts(
    sequence,
    1,
    "inhibitPolicyMapping",
  );
  sequence.end();
  return { requireExplicitPolicy, inhibitPolicyMapping };
}

function readSkipCerts(
  reader: DerReader,
  n: number,
  field: string,
): number | undefined {
  return reader.has(contextTag(n))
    ? reader.integer(field, contextTag(n))
    : undefined;
}

/** Reads `AuthorityKeyIdentifier`. */
export function readAuthorityKeyIdentifier(
  reader: DerReader,
): AuthorityKeyIdentifier {
  const sequence = reader.sequence("");
  const keyIdentifier = sequence.has(contextTag(0))
    ? sequence.octetString("keyIdentifier", contextTag(0))
    : undefined;
  const authorityCertIssuer = sequence.has(constructedTag(1))
    ? readGeneralNames(sequence, "authorityCertIssuer", constructedTag(1))
    : undefined;
  const authorityCertSerialNumber = sequence.has(contextTag(2))
    ? sequence.integerBytes("authorityCertSerialNumber", contextTag(2))
    : undefined;
  sequence.end();
  if (
    (authorityCertIssuer === undefined) !==
      (authorityCertSerialNumber === undefined)
  ) {
    sequence.deviation(
      "",
      "only one of authorityCertIssuer and authorityCertSerialNumber (RFC 5280 section 4.2.1.1)",
    );
  }
  return { keyIdentifier, authorityCertIssuer, authorityCertSerialNumber };
}

/** Reads `ExtKeyUsageSyntax`. */
export function readExtKeyUsage(reader: DerReader): string[] {
  return readList(reader, "", (list) => list.oid("KeyPurposeId"));
}

/** Reads `AuthorityInfoAccessSyntax`. */
export function readAccessDescriptions(
  reader: DerReader,
): AccessDescription[] {
  return readList(reader, "", (list) => {
    const sequence = list.sequence("AccessDescription");
    const accessMethod = sequence.oid("accessMethod");
    const accessLocation = readGeneralName(sequence, "accessLocation");
    sequence.end();
    return { accessMethod, accessLocation };
  });
}

/** Reads the `Features` of RFC 7633 section 4. */
export function readTlsFeatures(reader: DerReader): number[] {
  return readList(reader, "", (list) => list.integer("Feature"));
}

/** KeyUsage (RFC 5280 section 4.2.1.3), by bit number. */
export const keyUsages: readonly KeyUsage[] = [
  "digitalSignature",
  "nonRepudiation",
  "keyEncipherment",
  "dataEncipherment",
  "keyAgreement",
  "keyCertSign",
  "cRLSign",
  "encipherOnly",
  "decipherOnly",
];
