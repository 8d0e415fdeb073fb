/**
 * Labels of PEM blocks: which hold certificates, and what to say of others that
 * stand in place of a certificate.
 *
 * @module
 */

import { TlsCertificateError } from "./errors.ts";
import type { PemBlock } from "../asn1/pem.ts";
import { foreign, isKeystore, KEYSTORE_HINT } from "../asn1/key_structure.ts";

/** RFC 7468 section 5.1 has the first; OpenSSL writes and reads the others. */
export const certificateLabels: ReadonlySet<string> = new Set([
  "CERTIFICATE",
  "X509 CERTIFICATE",
  "TRUSTED CERTIFICATE",
]);

/**
 * Throws the error of a text without certificates, which names its content.
 *
 * @param input The text, or bytes without certificates.
 */
export function refuseOtherBlocks(
  blocks: readonly PemBlock[],
  input?: string | Uint8Array,
): never {
  if (input instanceof Uint8Array && isKeystore(input)) {
    throw new TlsCertificateError(
      "malformed_certificate",
      `Cannot read the certificate: ${foreign("Java keystore")}`,
      { hint: KEYSTORE_HINT },
    );
  }
  const labels = blocks.map(({ label }) => label);
  const found = labels.length === 0
    ? "no PEM block at all"
    : `${labels.join(", ")} and no CERTIFICATE`;
  const hint = labels.length === 0
    ? "Give PEM text or DER bytes, not the path of a file"
    : labels.map((label) => hints.get(label)).find((text) => text);
  throw new TlsCertificateError(
    "malformed_certificate",
    `Cannot read the certificate: the text has ${found}`,
    { hint },
  );
}

const REQUEST =
  "This is a signing request: have it signed, and use the certificate";
const KEY = 'This is a private key: it belongs in "key"';

const hints: ReadonlyMap<string, string> = new Map([
  ["CERTIFICATE REQUEST", REQUEST],
  ["NEW CERTIFICATE REQUEST", REQUEST],
  ["PRIVATE KEY", KEY],
  ["ENCRYPTED PRIVATE KEY", KEY],
  ["RSA PRIVATE KEY", KEY],
  ["EC PRIVATE KEY", KEY],
  ["PUBLIC KEY", "This is a public key, without a certificate"],
  ["X509 CRL", 'This is a revocation list: it belongs in "crls"'],
  [
    "PKCS7",
    "This is PKCS#7: take the certificates out of it (openssl pkcs7 -print_certs)",
  ],
  [
    "CMS",
    "This is PKCS#7: take the certificates out of it (openssl pkcs7 -print_certs)",
  ],
]);
