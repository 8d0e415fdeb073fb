/**
 * The options with certificates, revocation lists and logs to verify by.
 *
 * @module
 */

import { readDictionary } from "../../dictionary.ts";
import { toHex } from "../../encoding.ts";
import type { Certificate } from "../../x509/certificate/certificate.ts";
import { Crl } from "../../x509/status/crl.ts";
import type { CrlSource } from "../../x509/fetch/fetch_crls.ts";
import { parsePublicKey } from "../../crypto/signatures/public_key.ts";
import { isPem, parsePem } from "../../x509/asn1/pem.ts";
import { readCertificates } from "../../x509/keys/inputs.ts";
import { type CtLog, CtLogs } from "../../x509/path/ct_logs.ts";
import { cachedStore } from "../../x509/trust/store_cache.ts";
import type { TrustStore } from "../../x509/trust/trust_store.ts";
import { func, list, listOf, type Parse, refuse, text } from "./values.ts";

/** Certificates to trust, or `undefined` if the list is empty. */
export const caCerts: Parse<TrustStore | undefined> = (value, name) => {
  const given = listOf(text)(value, name);
  return given.length === 0 ? undefined : cachedStore(given);
};

/**
 * Revocation lists: parsed, or to be parsed, or a function that returns them.
 */
export const crls: Parse<readonly Crl[] | CrlSource> = (value, name) => {
  if (typeof value === "function") return func<CrlSource>()(value, name);
  return list(value, name).flatMap((crl) => {
    if (crl instanceof Crl) return [crl];
    if (typeof crl === "string" || crl instanceof Uint8Array) {
      return Crl.parseAll(crl);
    }
    return refuse(name, "a Crl, PEM or DER", crl);
  });
};

/** Raw public keys: the SubjectPublicKeyInfo of each in hex. */
export const publicKeys: Parse<readonly string[]> = (value, name) =>
  listOf(text)(value, name).flatMap((given) => {
    const ders = given instanceof Uint8Array && !isPem(given)
      ? [given]
      : parsePem(given).filter(({ label }) => label === "PUBLIC KEY")
        .map(({ der }) => der);
    if (ders.length === 0) refuse(name, 'PEM with "PUBLIC KEY", or DER', given);
    return ders.map((der) => {
      parsePublicKey(der);
      return toHex(der);
    });
  });

/** Logs of certificates. */
export const ctLogs: Parse<CtLogs> = (value, name) =>
  new CtLogs(
    list(value, name).map((log, at) =>
      readDictionary(
        log,
        `Cannot use option "${name}[${at}]"`,
        CT_LOG_MEMBERS,
      ) as unknown as CtLog // its members are checked when they are read
    ),
  );

const CT_LOG_MEMBERS = new Set([
  "key",
  "id",
  "name",
  "notAfterStart",
  "notAfterEnd",
  "retiredAt",
]);

/** Distinguished names for certificate_authorities, in DER. */
export const authorityNames: Parse<readonly Uint8Array[]> = (value, name) => {
  const names = distinguishedNames(
    listOf(text)(value, name).flatMap(readCertificates),
  );
  if (fitsAuthorities(names)) return names;
  throw new TypeError(
    `Cannot use option "${name}": its names take more than ${MAX_AUTHORITIES} bytes (RFC 5246 section 7.4.4)`,
  );
};

/** The subjects of certificates, each once. */
export function distinguishedNames(
  certificates: readonly Certificate[],
): Uint8Array[] {
  const names = new Map<string, Uint8Array>();
  for (const { subjectName: { raw } } of certificates) {
    names.set(toHex(raw), raw);
  }
  return [...names.values()];
}

/** Whether names fit into certificate_authorities. */
export function fitsAuthorities(names: readonly Uint8Array[]): boolean {
  const size = names.reduce((sum, name) => sum + 2 + name.length, 0);
  return size <= MAX_AUTHORITIES;
}

/** RFC 5246 section 7.4.4, RFC 9846 section 4.3.4: the list, in bytes. */
const MAX_AUTHORITIES = 2 ** 16 - 1;
