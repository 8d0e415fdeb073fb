/**
 * Makes CRLs and OCSP responses, right ones and wrong ones, for tests.
 *
 * @module
 */

import { sha1, sha256 } from "../../crypto/primitives/hash.ts";
import { securityPolicy } from "../../crypto/suites/security_level.ts";
import type { Certificate } from "../../x509/certificate/certificate.ts";
import {
  boolean,
  enumerated,
  explicit,
  generalizedTime,
  integer,
  octetString,
  oid,
  sequence,
  time,
  tlv,
} from "../../x509/asn1/der.ts";
import type { IssuedCertificate } from "../../x509/issue/issue.ts";
import {
  certificateScheme,
  encodeSignatureAlgorithm,
  signStructure,
} from "../../x509/issue/issue_signature.ts";
import { HashOid } from "../../x509/asn1/oids.ts";
import type {
  SignatureSchemeName,
  Signer,
} from "../../x509/keys/private_key.ts";

/** The default of all tests. */
export const security = securityPolicy();
export const NOW = new Date("2030-06-15T12:00:00Z");
export const DAY = 86_400_000;

/** A validity that lasts before and after `NOW`. */
export const YEARS = {
  notBefore: new Date("2020-01-01T00:00:00Z"),
  notAfter: new Date("2040-01-01T00:00:00Z"),
};

export function daysFromNow(days: number): Date {
  return new Date(NOW.getTime() + days * DAY);
}

/** The certificate of something that was issued. */
export function certificateOf({ identity }: IssuedCertificate): Certificate {
  return identity.chain[0] as Certificate; // a chain has one at the least
}

/** An `Extension` in DER. */
export function extension(
  id: string,
  value: Uint8Array,
  critical = false,
): Uint8Array {
  return sequence(
    oid(id),
    ...(critical ? [boolean(true)] : []),
    octetString(value),
  );
}

/** The extension cRLReason. */
export function reason(value: number): Uint8Array {
  return extension("2.5.29.21", enumerated(value));
}

/** An entry of a CRL. */
export function entry(
  certificate: Certificate,
  ...extensions: Uint8Array[]
): Uint8Array {
  return sequence(
    tlv(0x02, certificate.serialNumberBytes),
    time(daysFromNow(-10)),
    ...(extensions.length > 0 ? [sequence(...extensions)] : []),
  );
}

export interface CrlOptions {
  entries?: Uint8Array[];
  extensions?: Uint8Array[];
  thisUpdate?: Date;
  nextUpdate?: Date | null;
  version?: number | null;
  signer?: Signer;
  scheme?: SignatureSchemeName;
  issuerName?: Uint8Array;
}

/** A CRL of `issuer`, current at {@linkcode NOW} unless told otherwise. */
export function makeCrl(
  issuer: IssuedCertificate,
  options: CrlOptions = {},
): Promise<Uint8Array> {
  const {
    entries = [],
    extensions = [extension("2.5.29.20", integer(1))],
    thisUpdate = daysFromNow(-1),
    nextUpdate = daysFromNow(1),
    version = 1,
    signer = issuer.identity.key,
    scheme = certificateScheme(signer),
    issuerName = certificateOf(issuer).subjectName.raw,
  } = options;
  const tbs = sequence(
    ...(version === null ? [] : [integer(version)]),
    encodeSignatureAlgorithm(scheme),
    issuerName,
    time(thisUpdate),
    ...(nextUpdate === null ? [] : [time(nextUpdate)]),
    ...(entries.length > 0 ? [sequence(...entries)] : []),
    ...(extensions.length > 0 ? [explicit(0, sequence(...extensions))] : []),
  );
  return signStructure(tbs, signer, scheme);
}

/** CertID of a certificate. */
export function certId(
  certificate: Certificate,
  issuer: Certificate,
  hash: "SHA-1" | "SHA-256" = "SHA-1",
): Uint8Array {
  const { digest } = hash === "SHA-1" ? sha1 : sha256;
  return sequence(
    sequence(oid(HashOid[hash])),
    octetString(digest(certificate.issuerName.raw)),
    octetString(digest(issuer.publicKey.bytes)),
    tlv(0x02, certificate.serialNumberBytes),
  );
}

export const GOOD = tlv(0x80);
export const UNKNOWN = tlv(0x82);
export const REVOKED = tlv(
  0xa1,
  generalizedTime(daysFromNow(-10)),
  explicit(0, enumerated(1)),
);

/** A SingleResponse. */
export function single(
  id: Uint8Array,
  status: Uint8Array = GOOD,
  options: {
    thisUpdate?: Date;
    nextUpdate?: Date | null;
    extensions?: Uint8Array[];
  } = {},
): Uint8Array {
  const {
    thisUpdate = daysFromNow(-1),
    nextUpdate = daysFromNow(1),
    extensions = [],
  } = options;
  return sequence(
    id,
    status,
    generalizedTime(thisUpdate),
    ...(nextUpdate === null ? [] : [explicit(0, generalizedTime(nextUpdate))]),
    ...(extensions.length > 0 ? [explicit(1, sequence(...extensions))] : []),
  );
}

export interface OcspOptions {
  singles: Uint8Array[];
  responder: IssuedCertificate;
  byKey?: boolean;
  producedAt?: Date;
  certificates?: Certificate[];
  extensions?: Uint8Array[];
  signer?: Signer;
  scheme?: SignatureSchemeName;
}

/** A successful OCSP response. */
export async function makeOcspResponse(
  options: OcspOptions,
): Promise<Uint8Array> {
  const { responder, signer = responder.identity.key } = options;
  const { scheme = certificateScheme(signer) } = options;
  const own = certificateOf(responder);
  const { extensions = [], certificates = [] } = options;
  const { producedAt = daysFromNow(-1) } = options;
  const data = sequence(
    options.byKey
      ? explicit(2, octetString(sha1.digest(own.publicKey.bytes)))
      : explicit(1, own.subjectName.raw),
    generalizedTime(producedAt),
    sequence(...options.singles),
    ...(extensions.length > 0 ? [explicit(1, sequence(...extensions))] : []),
  );
  const signed = await signStructure(data, signer, scheme);
  return wrapBasic(
    certificates.length === 0 ? signed : withCertificates(signed, certificates),
  );
}

/** OCSPResponse around BasicOCSPResponse. */
export function wrapBasic(basic: Uint8Array, status = 0): Uint8Array {
  return sequence(
    enumerated(status),
    explicit(
      0,
      sequence(oid("1.3.6.1.5.5.7.48.1.1"), octetString(basic)),
    ),
  );
}

/** Appends the field `certs` to a BasicOCSPResponse. */
function withCertificates(
  signed: Uint8Array,
  certificates: readonly Certificate[],
): Uint8Array {
  const header = (signed[1] ?? 0) < 0x80 ? 2 : 2 + ((signed[1] ?? 0) & 0x7f);
  return sequence(
    signed.subarray(header),
    explicit(0, sequence(...certificates.map(({ raw }) => raw))),
  );
}
