/**
 * How suites are found by name, and the names of those that only `legacy.ts`
 * has: names alone, so that a string that has one can be answered with where
 * to find it.
 *
 * @module
 */

import type { CipherSuite } from "./cipher_suite.ts";

/** Whether a suite has this name, OpenSSL's or IANA's, in any case. */
export function isName(
  suite: Pick<CipherSuite, "name" | "opensslName">,
  name: string,
): boolean {
  const wanted = canonical(name);
  return suite.name.toUpperCase() === wanted ||
    suite.opensslName.toUpperCase() === wanted;
}

/** IANA's names and OpenSSL's. */
export const weakCipherSuiteNames = {
  TLS_RSA_WITH_RC4_128_MD5: "RC4-MD5",
  TLS_RSA_WITH_RC4_128_SHA: "RC4-SHA",
  TLS_ECDHE_ECDSA_WITH_RC4_128_SHA: "ECDHE-ECDSA-RC4-SHA",
  TLS_ECDHE_RSA_WITH_RC4_128_SHA: "ECDHE-RSA-RC4-SHA",
  TLS_RSA_WITH_3DES_EDE_CBC_SHA: "DES-CBC3-SHA",
  TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA: "DHE-RSA-DES-CBC3-SHA",
  TLS_ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA: "ECDHE-ECDSA-DES-CBC3-SHA",
  TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA: "ECDHE-RSA-DES-CBC3-SHA",
  TLS_DH_anon_WITH_RC4_128_MD5: "ADH-RC4-MD5",
  TLS_DH_anon_WITH_3DES_EDE_CBC_SHA: "ADH-DES-CBC3-SHA",
  TLS_DH_anon_WITH_AES_128_CBC_SHA: "ADH-AES128-SHA",
  TLS_DH_anon_WITH_AES_256_CBC_SHA: "ADH-AES256-SHA",
  TLS_DH_anon_WITH_AES_128_CBC_SHA256: "ADH-AES128-SHA256",
  TLS_DH_anon_WITH_AES_256_CBC_SHA256: "ADH-AES256-SHA256",
  TLS_DH_anon_WITH_AES_128_GCM_SHA256: "ADH-AES128-GCM-SHA256",
  TLS_DH_anon_WITH_AES_256_GCM_SHA384: "ADH-AES256-GCM-SHA384",
  TLS_ECDH_anon_WITH_RC4_128_SHA: "AECDH-RC4-SHA",
  TLS_ECDH_anon_WITH_3DES_EDE_CBC_SHA: "AECDH-DES-CBC3-SHA",
  TLS_ECDH_anon_WITH_AES_128_CBC_SHA: "AECDH-AES128-SHA",
  TLS_ECDH_anon_WITH_AES_256_CBC_SHA: "AECDH-AES256-SHA",
} as const;

/**
 * The error for a suite that was named by a string, though it exists only as
 * a value alone.
 *
 * @param option What was read, such as `"cipher string"`.
 * @param what The name as it was written.
 */
export function namesWeakSuite(option: string, what: string): TypeError {
  const iana = weakSuiteName(what);
  return new TypeError(
    `Cannot read ${option}: ${JSON.stringify(what)} names ${
      iana === undefined ? "suites that are" : "a suite that is"
    } insecure. Import ${
      iana ?? "each of them by its name"
    } from "@x/tls/legacy" and pass the value in "cipherSuites"`,
  );
}

/** IANA's name of a suite of `legacy.ts` that is given by either name. */
export function weakSuiteName(name: string): string | undefined {
  return Object.entries(weakCipherSuiteNames).find(([iana, openssl]) =>
    isName({ name: iana, opensslName: openssl }, name)
  )?.[0];
}

/** OpenSSL up to 1.0.2 said EDH for DHE in some names. */
function canonical(name: string): string {
  return name.toUpperCase().replace(/^EDH-RSA-/, "DHE-RSA-");
}
