/**
 * The suites that cannot be chosen by name: with RC4, with 3DES, and without
 * any authentication of the server. Only `legacy.ts` reaches this file.
 *
 * @module
 */

import {
  agreement,
  type CipherSuite,
  type DatedKeyAgreement,
  type Protection,
  protection,
  tls12Suite,
} from "./cipher_suite.ts";
import { md5, sha1, sha256 } from "../primitives/hash.ts";
import { rc4 } from "../primitives/rc4.ts";
import { weakCipherSuiteNames } from "./suite_names.ts";
import { tripleDesCbc } from "../primitives/triple_des.ts";

const RC4_128_MD5: Protection = {
  hash: sha256,
  cipher: { kind: "stream", cipher: rc4, mac: md5 },
  encryption: "RC4",
  keyBits: 128,
  strength: 128,
};

const RC4_128_SHA: Protection = {
  ...RC4_128_MD5,
  cipher: { kind: "stream", cipher: rc4, mac: sha1 },
};

const TRIPLE_DES_CBC_SHA: Protection = {
  hash: sha256,
  cipher: { kind: "cbc", cipher: tripleDesCbc, mac: sha1 },
  encryption: "3DES",
  keyBits: 168,
  strength: 112,
};

/** The suites by their IANA names. */
export const weakCipherSuites: Readonly<
  Record<keyof typeof weakCipherSuiteNames, CipherSuite>
> = {
  TLS_RSA_WITH_RC4_128_MD5: row(
    "TLS_RSA_WITH_RC4_128_MD5",
    agreement.RSA,
    RC4_128_MD5,
  ),
  TLS_RSA_WITH_RC4_128_SHA: row(
    "TLS_RSA_WITH_RC4_128_SHA",
    agreement.RSA,
    RC4_128_SHA,
  ),
  TLS_ECDHE_ECDSA_WITH_RC4_128_SHA: row(
    "TLS_ECDHE_ECDSA_WITH_RC4_128_SHA",
    agreement.ECDHE_ECDSA,
    RC4_128_SHA,
  ),
  TLS_ECDHE_RSA_WITH_RC4_128_SHA: row(
    "TLS_ECDHE_RSA_WITH_RC4_128_SHA",
    agreement.ECDHE_RSA,
    RC4_128_SHA,
  ),
  TLS_RSA_WITH_3DES_EDE_CBC_SHA: row(
    "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
    agreement.RSA,
    TRIPLE_DES_CBC_SHA,
  ),
  TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA: row(
    "TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA",
    agreement.DHE_RSA,
    TRIPLE_DES_CBC_SHA,
  ),
  TLS_ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA: row(
    "TLS_ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA",
    agreement.ECDHE_ECDSA,
    TRIPLE_DES_CBC_SHA,
  ),
  TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA: row(
    "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA",
    agreement.ECDHE_RSA,
    TRIPLE_DES_CBC_SHA,
  ),
  TLS_DH_anon_WITH_RC4_128_MD5: row(
    "TLS_DH_anon_WITH_RC4_128_MD5",
    agreement.DH_anon,
    RC4_128_MD5,
  ),
  TLS_DH_anon_WITH_3DES_EDE_CBC_SHA: row(
    "TLS_DH_anon_WITH_3DES_EDE_CBC_SHA",
    agreement.DH_anon,
    TRIPLE_DES_CBC_SHA,
  ),
  TLS_DH_anon_WITH_AES_128_CBC_SHA: row(
    "TLS_DH_anon_WITH_AES_128_CBC_SHA",
    agreement.DH_anon,
    protection.AES_128_CBC_SHA,
  ),
  TLS_DH_anon_WITH_AES_256_CBC_SHA: row(
    "TLS_DH_anon_WITH_AES_256_CBC_SHA",
    agreement.DH_anon,
    protection.AES_256_CBC_SHA,
  ),
  TLS_DH_anon_WITH_AES_128_CBC_SHA256: row(
    "TLS_DH_anon_WITH_AES_128_CBC_SHA256",
    agreement.DH_anon,
    protection.AES_128_CBC_SHA256,
  ),
  TLS_DH_anon_WITH_AES_256_CBC_SHA256: row(
    "TLS_DH_anon_WITH_AES_256_CBC_SHA256",
    agreement.DH_anon,
    protection.AES_256_CBC_SHA256,
  ),
  TLS_DH_anon_WITH_AES_128_GCM_SHA256: row(
    "TLS_DH_anon_WITH_AES_128_GCM_SHA256",
    agreement.DH_anon,
    protection.AES_128_GCM_SHA256,
  ),
  TLS_DH_anon_WITH_AES_256_GCM_SHA384: row(
    "TLS_DH_anon_WITH_AES_256_GCM_SHA384",
    agreement.DH_anon,
    protection.AES_256_GCM_SHA384,
  ),
  TLS_ECDH_anon_WITH_RC4_128_SHA: row(
    "TLS_ECDH_anon_WITH_RC4_128_SHA",
    agreement.ECDH_anon,
    RC4_128_SHA,
  ),
  TLS_ECDH_anon_WITH_3DES_EDE_CBC_SHA: row(
    "TLS_ECDH_anon_WITH_3DES_EDE_CBC_SHA",
    agreement.ECDH_anon,
    TRIPLE_DES_CBC_SHA,
  ),
  TLS_ECDH_anon_WITH_AES_128_CBC_SHA: row(
    "TLS_ECDH_anon_WITH_AES_128_CBC_SHA",
    agreement.ECDH_anon,
    protection.AES_128_CBC_SHA,
  ),
  TLS_ECDH_anon_WITH_AES_256_CBC_SHA: row(
    "TLS_ECDH_anon_WITH_AES_256_CBC_SHA",
    agreement.ECDH_anon,
    protection.AES_256_CBC_SHA,
  ),
};

function row(
  name: keyof typeof weakCipherSuiteNames,
  keyAgreement: DatedKeyAgreement,
  weakProtection: Protection,
): CipherSuite {
  return tls12Suite(
    name,
    weakCipherSuiteNames[name],
    keyAgreement,
    weakProtection,
  );
}
