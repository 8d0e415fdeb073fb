/**
 * PolicyQualifierInfo (RFC 5280 section 4.2.1.4), which path validation only
 * passes on.
 *
 * @module
 */

import { TlsError } from "../../errors.ts";
import { derContext, DerReader, Tag } from "../asn1/der.ts";
import type { CertificateExtensions } from "../certificate/extensions.ts";

/** A qualifier, as far as it is of the two kinds that the RFC defines. */
export interface Qualifier {
  /** The policy that it belongs to. */
  readonly policy: string;
  /** Its kind. */
  readonly oid: string;
  /** The URI of a CPS pointer. */
  readonly uri?: string;
  /** The explicitText of a user notice. */
  readonly text?: string;
  /** Whether that is an IA5String. */
  readonly isIa5Text?: boolean;
}

/** `id-qt-cps` */
export const CPS = "1.3.6.1.5.5.7.2.1";

/** `id-qt-unotice` */
export const USER_NOTICE = "1.3.6.1.5.5.7.2.2";

/** The qualifiers of all policies, or `undefined` if one cannot be read. */
export function qualifiersOf(
  { certificatePolicies = [] }: CertificateExtensions,
): Qualifier[] | undefined {
  try {
    return certificatePolicies.flatMap(({ oid, qualifiers }) =>
      qualifiers === undefined ? [] : readQualifiers(oid, qualifiers)
    );
  } catch (error) {
    if (error instanceof TlsError) return undefined;
    throw error;
  }
}

function readQualifiers(policy: string, der: Uint8Array): Qualifier[] {
  const list = DerReader.of(der, CONTEXT).sequence("policyQualifiers");
  const found: Qualifier[] = [];
  while (!list.done) {
    const reader = list.sequence("PolicyQualifierInfo");
    const oid = reader.oid("policyQualifierId");
    found.push({ policy, oid, ...readQualifier(reader, oid) });
  }
  return found;
}

function readQualifier(reader: DerReader, oid: string): Partial<Qualifier> {
  if (oid === CPS) return { uri: reader.string("cPSuri").value };
  if (oid !== USER_NOTICE || reader.done) return {};
  const notice = reader.sequence("UserNotice");
  if (notice.has(Tag.SEQUENCE)) notice.raw("noticeRef");
  if (notice.done) return {};
  const isIa5Text = notice.has(Tag.IA5_STRING);
  return { text: notice.string("explicitText").value, isIa5Text };
}

const CONTEXT = derContext("the policy qualifiers", "malformed_certificate");
