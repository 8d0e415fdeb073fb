/**
 * Whether a certificate is revoked, by an OCSP response: acceptance
 * requirements of RFC 6960 section 3.2, for responses that were stapled.
 *
 * @module
 */

import { equals } from "@std/bytes";
import { hashAlgorithms, sha1 } from "../../crypto/primitives/hash.ts";
import {
  refusalOfKey,
  type SecurityPolicy,
} from "../../crypto/suites/security_level.ts";
import type { Certificate } from "../certificate/certificate.ts";
import { revoked } from "./crl_check.ts";
import { TlsCertificateError } from "../certificate/errors.ts";
import type {
  OcspCertId,
  OcspResponderId,
  OcspResponse,
  OcspSingleResponse,
} from "../status/ocsp.ts";
import { KeyPurpose } from "../asn1/oids.ts";
import {
  CLOCK_TOLERANCE,
  type IssuedBy,
  type RevocationStatus,
  signatureRefusal,
} from "./revocation.ts";
import type { WorkBudget } from "../certificate/work_budget.ts";

/** What a response is checked for. */
export interface OcspCheck extends IssuedBy {
  readonly response: OcspResponse;
  /** The time. */
  readonly now: Date;
  /** How strong signatures and keys have to be. */
  readonly security: SecurityPolicy;
  /** What the signatures may cost: a response has room for many certificates. */
  readonly budget?: WorkBudget | undefined;
}

/**
 * Finds out from an OCSP response whether a certificate is revoked.
 *
 * It counts if it is about the certificate, the issuer or a responder that the
 * issuer appointed signed it, and it is current to within five minutes. One
 * without nextUpdate counts for a day. That a certificate is revoked counts
 * however old the response is. Whether a responder's certificate was revoked is
 * not asked, as if it had id-pkix-ocsp-nocheck: such certificates are short.
 */
export async function checkOcspResponse(
  check: OcspCheck,
): Promise<RevocationStatus> {
  const { certificate, response, now } = check;
  if (response.status !== "successful") {
    return unusable(certificate, `the responder says ${response.status}`);
  }
  const [extension] = response.unhandledCriticalExtensions;
  if (extension !== undefined) {
    return unusable(
      certificate,
      `its critical extension ${extension} is not known`,
    );
  }
  const idOf = digestsOf(check);
  const singles = response.responses.filter(({ certId }) =>
    isAbout(certId, check, idOf)
  );
  if (singles.length === 0) {
    return unusable(certificate, "it is not about this certificate");
  }
  const fact = await signerRefusal(check);
  if (fact !== undefined) return unusable(certificate, fact);
  return statusOf(singles, certificate, now);
}

/** Several responses about one certificate: the worst, then the newest. */
function statusOf(
  singles: readonly OcspSingleResponse[],
  certificate: Certificate,
  now: Date,
): RevocationStatus {
  const bad = singles.find(({ status }) => status === "revoked");
  if (bad?.revocationTime !== undefined) {
    return revoked(certificate, bad.revocationTime, bad.revocationReason);
  }
  const [newest] = singles.toSorted((a, b) =>
    b.thisUpdate.getTime() - a.thisUpdate.getTime()
  );
  const fact = newest === undefined ? undefined : timeMisfit(newest, now);
  if (fact !== undefined) return unusable(certificate, fact);
  return newest?.status === "good"
    ? { status: "good" }
    : unusable(certificate, "its responder does not know the certificate");
}

/** Section 3.2 point 1: the hash is that of the responder's choice. */
function isAbout(
  id: OcspCertId,
  { certificate }: IssuedBy,
  digestsOf: (hashAlgorithm: string) => IssuerDigests | undefined,
): boolean {
  if (!equals(id.serialNumberBytes, certificate.serialNumberBytes)) {
    return false;
  }
  const issuer = digestsOf(id.hashAlgorithm);
  return issuer !== undefined && equals(id.issuerKeyHash, issuer.key) &&
    issuer.names.some((name) => equals(id.issuerNameHash, name));
}

/** What a CertID says of an issuer. */
interface IssuerDigests {
  readonly key: Uint8Array;
  readonly names: readonly Uint8Array[];
}

/**
 * Hashes an issuer's key and name, each once: a response has room for hundreds
 * of CertIDs, and a name for many kilobytes.
 */
function digestsOf(
  { certificate, issuer }: IssuedBy,
): (hashAlgorithm: string) => IssuerDigests | undefined {
  const known = new Map<string, IssuerDigests>();
  return (hashAlgorithm) => {
    const hash = Object.values(hashAlgorithms).find(({ name }) =>
      name === hashAlgorithm && name !== "MD5"
    );
    if (hash === undefined) return undefined;
    const digests = known.get(hashAlgorithm) ?? {
      key: hash.digest(issuer.publicKey.bytes),
      names: [certificate.issuerName, issuer.subjectName]
        .map((name) => hash.digest(name.raw)),
    };
    known.set(hashAlgorithm, digests);
    return digests;
  };
}

/** Section 3.2 points 2 to 4: who signed, and whether they may. */
async function signerRefusal(check: OcspCheck): Promise<string | undefined> {
  const { response, issuer, security, budget } = check;
  const { responderId, signatureAlgorithmIdentifier: algorithm } = response;
  if (responderId === undefined || algorithm === undefined) {
    return "it is not signed";
  }
  const signed = {
    data: response.tbsResponseData,
    signature: response.signature,
    algorithm,
  };
  let fact: string | undefined;
  for (const signer of [issuer, ...response.certificates]) {
    const keyHash = sha1.digest(signer.publicKey.bytes);
    if (!isResponder(responderId, signer, keyHash)) continue;
    const refusal = await delegationRefusal(signer, check) ??
      await signatureRefusal(signed, signer.publicKey, security, { budget });
    if (refusal === undefined) return undefined;
    fact ??= refusal;
  }
  return fact ?? "neither the issuer nor a certificate in it is its responder";
}

/**
 * Section 4.2.2.2: the issuer itself, or whom it has issued a certificate with
 * id-kp-OCSPSigning. anyExtendedKeyUsage does not appoint one.
 */
async function delegationRefusal(
  signer: Certificate,
  { issuer, now, security, budget }: OcspCheck,
): Promise<string | undefined> {
  if (equals(signer.publicKey.spki, issuer.publicKey.spki)) return undefined;
  const who = `its responder "${signer.subject}"`;
  if (!signer.issuerName.equals(issuer.subjectName)) {
    return `${who} is not certified by the issuer of the certificate`;
  }
  const { extendedKeyUsage, keyUsage } = signer.extensionValues;
  if (!extendedKeyUsage?.includes(KeyPurpose.OCSPSigning)) {
    return `${who} has no extendedKeyUsage OCSPSigning (RFC 6960 section 4.2.2.2)`;
  }
  if (keyUsage !== undefined && !keyUsage.includes("digitalSignature")) {
    return `the keyUsage of ${who} has no digitalSignature`;
  }
  if (now < signer.notBefore || now > signer.notAfter) {
    return `the certificate of ${who} is not valid at ${now.toISOString()}`;
  }
  if (signer.unhandledCriticalExtensions.length > 0) {
    return `the certificate of ${who} has a critical extension that is not known`;
  }
  const weak = refusalOfKey(signer.publicKey, security);
  if (weak !== undefined) return `${who}: ${weak}`;
  const fact = await signatureRefusal(
    {
      data: signer.tbsCertificate,
      signature: signer.signature,
      algorithm: signer.signatureAlgorithmIdentifier,
    },
    issuer.publicKey,
    security,
    { budget },
  );
  return fact && `the certificate of ${who}: ${fact}`;
}

/** Section 3.2 points 5 and 6; section 2.4 on responses without nextUpdate. */
function timeMisfit(
  { thisUpdate, nextUpdate }: OcspSingleResponse,
  now: Date,
): string | undefined {
  if (thisUpdate.getTime() > now.getTime() + CLOCK_TOLERANCE) {
    return `it is not valid before ${thisUpdate.toISOString()}`;
  }
  const end = nextUpdate?.getTime() ?? thisUpdate.getTime() + MAX_AGE;
  return end + CLOCK_TOLERANCE < now.getTime()
    ? `it has expired at ${new Date(end).toISOString()}`
    : undefined;
}

function unusable(certificate: Certificate, fact: string): RevocationStatus {
  const error = new TlsCertificateError(
    "ocsp_response_unusable",
    `Cannot rely on the OCSP response for the certificate "${certificate.subject}": ${fact}`,
    { certificate },
  );
  return { status: "unknown", error };
}

/**
 * For how long a response without nextUpdate counts: one day, in milliseconds.
 * It could be stapled for ever otherwise.
 */
const MAX_AGE = 86_400_000;

/** Whether a responder's identifier is that of a certificate's key. */
function isResponder(
  id: OcspResponderId,
  certificate: Certificate,
  keyHash: Uint8Array,
): boolean {
  return id.type === "name"
    ? id.name.equals(certificate.subjectName)
    : equals(id.keyHash, keyHash);
}
