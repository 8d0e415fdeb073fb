/**
 * PFX files, also called PKCS#12 (RFC 7292): a private key with its
 * certificates under one passphrase.
 *
 * @module
 */

import { equals } from "@std/bytes";
import { TlsError } from "../../errors.ts";
import { Certificate } from "../certificate/certificate.ts";
import { type Identity, isSamePublicKey, orderChain } from "./key_pair.ts";
import { refuseUnknownOptions } from "../asn1/known_options.ts";
import type { PfxBag, PfxBags } from "./pfx_bags.ts";
import { openPfx } from "./pfx_open.ts";
import { PrivateKey, type PrivateKeyOptions } from "./private_key.ts";

/** Options of {@linkcode parsePfx}. */
export interface PfxOptions extends PrivateKeyOptions {
  /** Which key to take, if the file has several: its friendly name. */
  friendlyName?: string | undefined;
}

/** What a PFX file holds. */
export interface PfxIdentity extends Identity<PrivateKey> {
  /** All certificates of the file but the one of the key. */
  readonly caCerts: readonly Certificate[];
}

/**
 * Reads a PFX file: those of today (PBES2 with AES) and of old (3DES, RC2), as
 * OpenSSL, NSS, GnuTLS, Java, macOS and Windows write them. One without a private
 * key is a trust store: `TrustStore.fromPfx()`.
 *
 * @param bytes The file.
 * @param options The passphrase, and which key to take of several.
 * @returns The key, its chain (without a root, which is in `caCerts`), and all
 * other certificates.
 * @throws {TlsError} `passphrase_required` or `wrong_passphrase`;
 * `malformed_pfx`, if it is damaged or has no key; `malformed_key`, if it has
 * several and none was chosen; `key_mismatch`, if no certificate belongs to the
 * key, or there is none; `unsupported_key`, with the name of an algorithm that is
 * refused, or if it takes more than `maxIterations`.
 * @throws {TlsCertificateError} `malformed_certificate`
 *
 * @example A key and its certificate from one file
 * ```ts
 * import { parsePfx } from "@x/tls/x509";
 * import { assertEquals } from "@std/assert";
 *
 * const base64 = // of await Deno.readFile("server.pfx")
 *   "MIIDVgIBAzCCAwwGCSqGSIb3DQEHAaCCAv0EggL5MIIC9TCCAgIGCSqGSIb3DQEHBqCC" +
 *   "AfMwggHvAgEAMIIB6AYJKoZIhvcNAQcBMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEF" +
 *   "DDAcBAiW1ES0R+WZjwICCAAwDAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEDurLg4U" +
 *   "2NxhK0RJCFzc3AaAggGAOffQxECb0qIi6FE0uP15i1Gb3mZYWvavw35Xtzp64dgkU8Fe" +
 *   "YfQGr2rgvOKrbzg2gWMelMNpXjy8ldLhPgKs1aYfQjdNvPI9O4eJWLowbkZ5UDkBwxy8" +
 *   "+7paUVAd3KhsqnFDPgK3Q87va0IJ21ezrqYV8qVidWfXwm2UE1ngRePuXE/veeHY6h8F" +
 *   "5Px5mceltfjXh26MdndjT9lYoNx6nLgMNkIMw0+wzMpllDqtUR0OiO1gTrRkamkr+85O" +
 *   "3vB8sAJ5NLp7KdR92L4OuDB/lznlG8SWCe94W/jjDqXSEBz8VKE8FC7VU3FjBMmQb2IA" +
 *   "zlTKX8NhzrOzdDluPYU083xf2Zf5sfiQdJ04rGlM3NcqEb8qFBlnnP+y23ZF8PJbAAXp" +
 *   "GlOYo1817BekDJl2vuXofLBORdL9hZq/BNfZEr8Q9e6pJNZ/uw1z0qNEGgw+uUyYd6+s" +
 *   "8vDe03opn5GOeNmLtMscyBpISFqPRs1TR7Zm5pNA8KHkksKtWBNAyVvZMIHsBgkqhkiG" +
 *   "9w0BBwGggd4EgdswgdgwgdUGCyqGSIb3DQEMCgECoIGeMIGbMFcGCSqGSIb3DQEFDTBK" +
 *   "MCkGCSqGSIb3DQEFDDAcBAh+UzNIZg7sMQICCAAwDAYIKoZIhvcNAgkFADAdBglghkgB" +
 *   "ZQMEASoEEAehEMattHAC7FfU1kRGuEsEQCiFbSIywJVTA+VPqdKJS9FKe0EC22PwxtZS" +
 *   "t9TVM6fTQ5r/SktWO0IV0oYhSb1zv1jsAkpmOnPkSmc8enfMNnMxJTAjBgkqhkiG9w0B" +
 *   "CRUxFgQULs/Q9+UQyov+t6zw4of+GnyvKRwwQTAxMA0GCWCGSAFlAwQCAQUABCClcw5D" +
 *   "SI1PBmD6+JAOrX/W1nLXh723x2sdP3rAlVgC6QQIgQp2imduL2ECAggA";
 * const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
 * const identity = await parsePfx(bytes, { passphrase: "secret" });
 * assertEquals(identity.chain[0]?.subject, "CN=a.test");
 * assertEquals(identity.key.publicKey.type, "ed25519");
 * ```
 */
export async function parsePfx(
  bytes: Uint8Array,
  options: PfxOptions = {},
): Promise<PfxIdentity> {
  refuseUnknownOptions("Cannot read the PFX file", options, [
    "passphrase",
    "maxIterations",
    "friendlyName",
  ]);
  return await identityOf(await openPfx(bytes, options), options.friendlyName);
}

async function identityOf(
  bags: PfxBags,
  friendlyName: string | undefined,
): Promise<PfxIdentity> {
  const keyBag = onlyKey(bags, friendlyName);
  const key = await PrivateKey.parse(keyBag.der);
  const certificates = bags.certificates.map(({ der, localKeyId }, at) => ({
    localKeyId,
    certificate: Certificate.parseAt(at, der),
  }));
  const matching = certificates.filter(({ certificate }) =>
    isSamePublicKey(certificate.publicKey, key.publicKey)
  );
  const leaf =
    (matching.find(({ localKeyId }) =>
      localKeyId && keyBag.localKeyId &&
      equals(localKeyId, keyBag.localKeyId)
    ) ?? matching[0])?.certificate;
  if (leaf === undefined) {
    throw new TlsError(
      "key_mismatch",
      `Cannot read the PFX file: ${
        certificates.length === 0
          ? "it has a private key and no certificate"
          : `none of its ${certificates.length} certificates belongs to its private key`
      }`,
    );
  }
  const all = certificates.map(({ certificate }) => certificate);
  return {
    chain: orderChain(leaf, all).filter((one) => one === leaf || !isRoot(one)),
    key,
    caCerts: all.filter((one) => one !== leaf),
  };
}

function isRoot(certificate: Certificate): boolean {
  return certificate.isSelfIssued;
}

function onlyKey({ keys, certificates }: PfxBags, name?: string): PfxBag {
  const named = name === undefined
    ? keys
    : keys.filter(({ friendlyName }) => friendlyName === name);
  const [key] = named;
  if (key !== undefined && named.length === 1) return key;
  const names = keys.map(({ friendlyName }) =>
    friendlyName === undefined ? "one without a name" : `"${friendlyName}"`
  ).join(", ");
  if (keys.length === 0) {
    throw new TlsError(
      "malformed_pfx",
      `Cannot read the PFX file: it has no private key, but ${certificates.length} certificates`,
      { hint: "TrustStore.fromPfx() makes a trust store of it" },
    );
  }
  throw new TlsError(
    "malformed_key",
    key === undefined
      ? `Cannot read the PFX file: it has no private key named "${name}", but ${names}`
      : `Cannot read the PFX file: it has ${named.length} private keys: ${names}`,
    { hint: 'Choose one with the option "friendlyName"' },
  );
}
