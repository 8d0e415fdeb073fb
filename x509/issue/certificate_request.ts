/**
 * Requests for certificates (PKCS#10, RFC 2986): what a certification authority
 * is given.
 *
 * @module
 */

import {
  boolean,
  explicit,
  integer,
  octetString,
  oid,
  sequence,
  set,
} from "../asn1/der.ts";
import {
  anything,
  checkOptionTypes,
  type OptionType,
  strings,
} from "../asn1/known_options.ts";
import { ExtensionOid } from "../asn1/oids.ts";
import { formatPem } from "../asn1/pem.ts";
import { PrivateKey } from "../keys/private_key.ts";
import { generateKey } from "./issue.ts";
import {
  encodeGeneralName,
  encodeName,
  type SubjectInput,
} from "./issue_names.ts";
import type { IssuedKeyType } from "./issue_options.ts";
import { certificateScheme, signStructure } from "./issue_signature.ts";

/** Options of {@linkcode createCertificateRequest}. */
export interface CertificateRequestOptions {
  /**
   * DNS names (also with a wildcard), IP addresses, mailboxes and URIs for
   * subjectAltName; one at least.
   */
  names: readonly string[];
  /**
   * The subject: a common name, an RFC 4514 string, or attributes such as
   * `{ C: "US", CN: "Example" }`.
   *
   * @default {an empty one, since the names are what counts}
   */
  subject?: SubjectInput;
  /**
   * The kind of key to make, as `issueCertificate` has it.
   *
   * @default {"P-256"}
   */
  keyType?: IssuedKeyType | (string & Record<never, never>);
  /** A private key in PEM, if a new one is not wanted. */
  key?: string;
}

/** A request for a certificate, and the key that it is about. */
export interface CertificateRequest {
  /** The request in DER. */
  readonly raw: Uint8Array;
  /** The request in PEM. */
  readonly request: string;
  /** PEM: the private key as PKCS#8, not encrypted. */
  readonly key: string;
}

/**
 * Makes a request for a certificate (PKCS#10, RFC 2986), signed with the key
 * that the certificate will be for.
 *
 * @param options The names, and the key if there is one already.
 * @returns The request and the key.
 * @throws {TypeError} If a name or key type is none, or there is no name.
 * @throws {TlsError} If `key` cannot be read.
 *
 * @example A request for two names
 * ```ts
 * import { createCertificateRequest } from "@x/tls/x509";
 * import { assert } from "@std/assert";
 *
 * const { request, key } = await createCertificateRequest({
 *   names: ["example.com", "www.example.com"],
 * });
 * assert(request.startsWith("-----BEGIN CERTIFICATE REQUEST-----"));
 * assert(key.startsWith("-----BEGIN PRIVATE KEY-----"));
 * ```
 */
export async function createCertificateRequest(
  options: CertificateRequestOptions,
): Promise<CertificateRequest> {
  checkOptionTypes(CANNOT, options, OPTIONS);
  const { names, subject, keyType = "P-256" } = options;
  if (names === undefined || names.length === 0) {
    throw new TypeError(`${CANNOT}: it needs names`);
  }
  const made = options.key ??
    formatPem("PRIVATE KEY", await generateKey(keyType));
  const key = await PrivateKey.parse(made);
  const raw = await signStructure(
    // RFC 2986 section 4.1: version 1 is 0.
    sequence(
      integer(0),
      subject === undefined ? sequence() : encodeName(subject),
      key.publicKey.spki,
      explicit(0, extensionRequest(names, subject === undefined)),
    ),
    key,
    certificateScheme(key),
  );
  return { raw, request: formatPem("CERTIFICATE REQUEST", raw), key: made };
}

/** The attribute extensionRequest (RFC 2985 section 5.4.2). */
function extensionRequest(
  names: readonly string[],
  isCritical: boolean,
): Uint8Array {
  const value = octetString(sequence(...names.map(encodeGeneralName)));
  const extension = isCritical
    ? sequence(oid(ExtensionOid.subjectAltName), boolean(true), value)
    : sequence(oid(ExtensionOid.subjectAltName), value);
  return sequence(oid(EXTENSION_REQUEST), set(sequence(extension)));
}

const CANNOT = "Cannot create the certificate request";

const OPTIONS: Readonly<Record<keyof CertificateRequestOptions, OptionType>> = {
  names: strings,
  subject: anything,
  keyType: anything,
  key: anything,
};

const EXTENSION_REQUEST = "1.2.840.113549.1.9.14";
