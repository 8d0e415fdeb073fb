/**
 * OCSP responses (RFC 6960 section 4.2): read. Whether one can be relied on,
 * `ocsp_check.ts` says.
 *
 * @module
 */

import { TlsError } from "../../errors.ts";
import { type AlgorithmIdentifier, readAlgorithm } from "../asn1/algorithm.ts";
import { Certificate } from "../certificate/certificate.ts";
import { type CrlReason, readReason } from "./crl_entry.ts";
import {
  constructedTag,
  contextTag,
  type DerContext,
  derContext,
  DerReader,
} from "../asn1/der.ts";
import {
  type Extension,
  readExtensions,
  unhandledCritical,
} from "../certificate/extensions.ts";
import { DistinguishedName } from "../certificate/name.ts";
import {
  ExtensionOid,
  hashNames,
  signatureAlgorithmNames,
} from "../asn1/oids.ts";
import { isPem } from "../asn1/pem.ts";
import { formatSerial } from "../certificate/serial_number.ts";

/** OCSPResponseStatus (section 4.2.1). */
export type OcspResponseStatus =
  | "successful"
  | "malformedRequest"
  | "internalError"
  | "tryLater"
  | "sigRequired"
  | "unauthorized";

/** What a responder says about one certificate. */
export interface OcspSingleResponse {
  /** Which certificate. */
  readonly certId: OcspCertId;
  /** Its status. */
  readonly status: "good" | "revoked" | "unknown";
  /** When it was revoked. */
  readonly revocationTime: Date | undefined;
  /** Why, if that is said. */
  readonly revocationReason: CrlReason | undefined;
  /** The time at which this was known to be correct. */
  readonly thisUpdate: Date;
  /**
   * The time by which something newer is known, or `undefined` for any time.
   */
  readonly nextUpdate: Date | undefined;
  /** The extensions, in their order. */
  readonly extensions: readonly Extension[];
  /** A SignedCertificateTimestampList (RFC 6962 section 3.3). */
  readonly signedCertificateTimestamps: Uint8Array | undefined;
}

/** CertID (section 4.1.1). */
export interface OcspCertId {
  /** WebCrypto's name, or a dotted object identifier. */
  readonly hashAlgorithm: string;
  /** Digest of the issuer's name in DER. */
  readonly issuerNameHash: Uint8Array;
  /** Digest of the issuer's key: the contents of its BIT STRING. */
  readonly issuerKeyHash: Uint8Array;
  /** The serial number's INTEGER: its contents. */
  readonly serialNumberBytes: Uint8Array;
  /** In upper-case hexadecimal, as `Certificate.serialNumber`. */
  readonly serialNumber: string;
}

/** Who signed: by name, or by the SHA-1 of the key. */
export type OcspResponderId =
  | { readonly type: "name"; readonly name: DistinguishedName }
  | { readonly type: "keyHash"; readonly keyHash: Uint8Array };

/**
 * An OCSP response. That it could be read says that it is well formed and
 * nothing else: `verifyChain` decides whether to rely on it.
 *
 * @example What a staple says
 * ```ts
 * import { OcspResponse } from "@x/tls/x509";
 * import { assertEquals } from "@std/assert";
 *
 * const base64 = "MIH1CgEAoIHvMIHsBgkrBgEFBQcwAQEEgd4wgdswgY6iFgQUGHZWUv9s" +
 *   "Vtfod/cVyol9Cl3QDQYYDzIwMzAwNjE0MTIwMDAwWjBjMGEwOTAHBgUrDgMCGgQUcR05" +
 *   "dnHJ+s8iQglZJZeaBpjkaxEEFBh2VlL/bFbX6Hf3FcqJfQpd0A0GAgJKX4AAGA8yMDMw" +
 *   "MDYxNDEyMDAwMFqgERgPMjAzMDA2MTYxMjAwMDBaMAUGAytlcANBADo0gAO2iDb9W9PL" +
 *   "ulBAEfjW87PLOUoQP4wQRM9c4qcVL/rsoR0A6tMl8MMM3g/8Jtyca+b+xtPVN8WAtkrI" +
 *   "XQc=";
 * const der = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
 * const response = OcspResponse.parse(der);
 * assertEquals(response.status, "successful");
 * assertEquals(response.responses[0]?.certId.serialNumber, "4A5F");
 * assertEquals(response.responses[0]?.status, "good");
 * ```
 */
export class OcspResponse {
  /** All of it, in DER. */
  readonly raw: Uint8Array;
  /** Whether the responder answered; what follows is empty if not. */
  readonly status: OcspResponseStatus;
  /** What the signature is over: ResponseData, in DER. */
  readonly tbsResponseData: Uint8Array;
  /** Who signed it. */
  readonly responderId: OcspResponderId | undefined;
  /** When it was signed. */
  readonly producedAt: Date | undefined;
  /** What it says, certificate by certificate. */
  readonly responses: readonly OcspSingleResponse[];
  /** The nonce of the request that it answers. */
  readonly nonce: Uint8Array | undefined;
  /** The extensions of the whole response, in their order. */
  readonly extensions: readonly Extension[];
  /** Critical extensions anywhere in it that are not understood. */
  readonly unhandledCriticalExtensions: readonly string[];
  /** The algorithm of the signature, with its parameters. */
  readonly signatureAlgorithmIdentifier: AlgorithmIdentifier | undefined;
  /** The signature. */
  readonly signature: Uint8Array;
  /** Certificates that came with it: the responder's. */
  readonly certificates: readonly Certificate[];

  private constructor(der: Uint8Array) {
    const outer = DerReader.of(der, OCSP);
    const reader = outer.sequence("");
    outer.end();
    this.raw = der;
    this.status = readStatus(reader);
    const bytes = reader.optionalExplicit(0, "responseBytes");
    reader.end();
    if ((bytes !== undefined) !== (this.status === "successful")) {
      reader.fail(
        "responseBytes",
        `${
          bytes ? "present" : "is missing"
        } with the status ${this.status} (RFC 6960 section 4.2.1)`,
      );
    }
    const basic = bytes && readBasic(bytes);
    this.tbsResponseData = basic?.tbsResponseData ?? new Uint8Array(0);
    this.signatureAlgorithmIdentifier = basic?.algorithm;
    this.signature = basic?.signature ?? new Uint8Array(0);
    this.certificates = basic?.certificates ?? [];
    this.responderId = basic?.responderId;
    this.producedAt = basic?.producedAt;
    this.responses = basic?.responses ?? [];
    this.extensions = basic?.extensions ?? [];
    this.nonce = basic?.nonce;
    this.unhandledCriticalExtensions = unhandledCritical(
      [this, ...this.responses].flatMap(({ extensions }) => extensions),
      handled,
    );
  }

  /**
   * Reads a response.
   *
   * @param der DER, from a responder or a TLS handshake. It is copied.
   * @returns The response.
   * @throws {TlsError} `malformed_ocsp_response`, if it is not one; the error
   * names the field and the rule.
   */
  static parse(der: Uint8Array): OcspResponse {
    if (!(der instanceof Uint8Array)) {
      throw new TypeError(
        "Cannot read the OCSP response: expected a Uint8Array",
      );
    }
    if (der.length > 0 && isPem(der)) {
      throw new TlsError(
        "malformed_ocsp_response",
        "Cannot read the OCSP response: this is not DER",
      );
    }
    return new OcspResponse(new Uint8Array(der));
  }

  /** The algorithm of the signature: its RFC's name, or object identifier. */
  get signatureAlgorithm(): string | undefined {
    const oid = this.signatureAlgorithmIdentifier?.oid;
    return oid && (signatureAlgorithmNames.get(oid) ?? oid);
  }
}

function readStatus(reader: DerReader): OcspResponseStatus {
  const value = reader.enumerated("responseStatus");
  return statuses[value] ?? reader.fail("responseStatus", `${value}`);
}

/** BasicOCSPResponse (section 4.2.1), which is the only type there is. */
function readBasic(explicit: DerReader) {
  const responseBytes = explicit.sequence("");
  explicit.end();
  const responseType = responseBytes.oid("responseType");
  if (responseType !== ID_PKIX_OCSP_BASIC) {
    responseBytes.fail(
      "responseType",
      `expected id-pkix-ocsp-basic, got ${responseType}`,
    );
  }
  const response = responseBytes.inOctetString("response");
  responseBytes.end();
  const basic = response.sequence("BasicOCSPResponse");
  response.end();
  const tbsResponseData = basic.peekRaw("tbsResponseData");
  const data = readResponseData(basic.sequence("tbsResponseData"));
  const algorithm = readAlgorithm(basic, "signatureAlgorithm");
  const signature = basic.bitStringBytes("signature");
  const certificates = readCertificates(basic);
  basic.end();
  return { tbsResponseData, ...data, algorithm, signature, certificates };
}

function readCertificates(basic: DerReader): Certificate[] {
  const explicit = basic.optionalExplicit(0, "certs");
  if (explicit === undefined) return [];
  const list = explicit.sequence("");
  explicit.end();
  const certificates: Certificate[] = [];
  while (!list.done) {
    if (certificates.length === MAX_CERTIFICATES) {
      list.fail("", `more than ${MAX_CERTIFICATES} certificates`);
    }
    certificates.push(Certificate.parse(list.raw("Certificate")));
  }
  return certificates;
}

/** ResponseData (section 4.2.1). */
function readResponseData(data: DerReader) {
  const version = data.optionalExplicit(0, "version");
  if (version !== undefined && version.integer("") !== 0) {
    data.fail("version", "is not v1 (RFC 6960 section 4.2.2.3)");
  }
  version?.end();
  const responderId = readResponderId(data);
  const producedAt = data.generalizedTime("producedAt");
  const list = data.sequence("responses");
  const responses: OcspSingleResponse[] = [];
  while (!list.done) {
    if (responses.length === MAX_RESPONSES) {
      list.fail("", `more than ${MAX_RESPONSES} responses`);
    }
    responses.push(readSingleResponse(list));
  }
  const extensions = readExplicitExtensions(data, "responseExtensions");
  data.end();
  const nonce = valueOf(data, extensions, ExtensionOid.ocspNonce);
  return { responderId, producedAt, responses, extensions, nonce };
}

function readResponderId(data: DerReader): OcspResponderId {
  const byName = data.optionalExplicit(1, "responderID");
  if (byName !== undefined) {
    const name = DistinguishedName.read(byName, "byName");
    byName.end();
    return { type: "name", name };
  }
  const byKey = data.explicit(2, "responderID");
  const keyHash = byKey.octetString("byKey");
  byKey.end();
  return { type: "keyHash", keyHash };
}

/** SingleResponse (section 4.2.1). */
function readSingleResponse(list: DerReader): OcspSingleResponse {
  const single = list.sequence("SingleResponse");
  const certId = readCertId(single.sequence("certID"));
  const certStatus = readCertStatus(single);
  const thisUpdate = single.generalizedTime("thisUpdate");
  const next = single.optionalExplicit(0, "nextUpdate");
  const nextUpdate = next?.generalizedTime("");
  next?.end();
  const extensions = readExplicitExtensions(single, "singleExtensions");
  single.end();
  return {
    certId,
    ...certStatus,
    thisUpdate,
    nextUpdate,
    extensions,
    signedCertificateTimestamps: valueOf(
      single,
      extensions,
      ExtensionOid.ocspSignedCertificateTimestampList,
    ),
  };
}

function readCertId(certId: DerReader): OcspCertId {
  const { oid } = readAlgorithm(certId, "hashAlgorithm");
  const issuerNameHash = certId.octetString("issuerNameHash");
  const issuerKeyHash = certId.octetString("issuerKeyHash");
  const serialNumberBytes = certId.integerBytes("serialNumber");
  certId.end();
  return {
    hashAlgorithm: hashNames.get(oid) ?? oid,
    issuerNameHash,
    issuerKeyHash,
    serialNumberBytes,
    serialNumber: formatSerial(serialNumberBytes),
  };
}

function readCertStatus(
  single: DerReader,
): Pick<
  OcspSingleResponse,
  "status" | "revocationTime" | "revocationReason"
> {
  const none = { revocationTime: undefined, revocationReason: undefined };
  if (single.has(contextTag(0))) {
    single.null("good", contextTag(0));
    return { status: "good", ...none };
  }
  if (single.has(contextTag(2))) {
    single.null("unknown", contextTag(2));
    return { status: "unknown", ...none };
  }
  const revoked = single.sequence("revoked", constructedTag(1));
  const revocationTime = revoked.generalizedTime("revocationTime");
  const explicit = revoked.optionalExplicit(0, "revocationReason");
  const revocationReason = explicit && readReason(explicit, "");
  explicit?.end();
  revoked.end();
  return { status: "revoked", revocationTime, revocationReason };
}

function readExplicitExtensions(
  reader: DerReader,
  field: string,
): readonly Extension[] {
  const explicit = reader.optionalExplicit(1, field);
  const extensions = explicit ? readExtensions(explicit, "") : [];
  explicit?.end();
  return extensions;
}

/** The contents of an extension whose value is an OCTET STRING. */
function valueOf(
  reader: DerReader,
  extensions: readonly Extension[],
  oid: string,
): Uint8Array | undefined {
  const extension = extensions.find((extension) => extension.oid === oid);
  if (extension === undefined) return undefined;
  const inside = reader.inside(extension.name ?? oid, extension.value);
  const value = inside.octetString("");
  inside.end();
  return value;
}

const OCSP: DerContext = derContext(
  "the OCSP response",
  "malformed_ocsp_response",
);

const ID_PKIX_OCSP_BASIC = "1.3.6.1.5.5.7.48.1.1";

/** By number; 4 is not used. */
const statuses: readonly (OcspResponseStatus | undefined)[] = [
  "successful",
  "malformedRequest",
  "internalError",
  "tryLater",
  undefined,
  "sigRequired",
  "unauthorized",
];

/** Extensions that are honoured, or that only add information. */
const handled: ReadonlySet<string> = new Set([
  ExtensionOid.ocspNonce,
  ExtensionOid.ocspSignedCertificateTimestampList,
  ExtensionOid.cRLReason,
  ExtensionOid.invalidityDate,
]);

/** A responder's certificate and its issuers: more only cost time. */
const MAX_CERTIFICATES = 8;

/** Responders that sign in advance answer for a handful at once. */
const MAX_RESPONSES = 256;
