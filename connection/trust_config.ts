/**
 * From options to how a peer's certificates are judged.
 *
 * @module
 */

import { sha256 } from "../crypto/hash.ts";
import type { SecurityPolicy } from "../crypto/security_level.ts";
import type { TrustConfig } from "../handshake/config.ts";
import { Crl } from "../x509/crl.ts";
import { CtLogs } from "../x509/sct_check.ts";
import { TrustStore } from "../x509/trust_store.ts";
import type { ContextOptions } from "./options.ts";

/**
 * How peers are judged: the same for all connections of a context.
 *
 * @throws {TypeError} If an option is not what it must be.
 */
export function trustConfig(
  options: ContextOptions,
  security: SecurityPolicy,
): TrustConfig {
  const { trust } = options;
  const caCerts = options.caCerts?.length
    ? TrustStore.of(...options.caCerts)
    : undefined;
  const crls = options.crls?.map((crl) =>
    crl instanceof Crl ? crl : Crl.parse(crl)
  );
  let store: Promise<TrustStore> | undefined;
  let fingerprint: string | undefined;
  return {
    store: trust === undefined
      ? () =>
        store ??= defaultStore(caCerts).catch((error) => {
          // What is missing may be there for the next connection.
          store = undefined;
          throw error;
        })
      : () => trust,
    verify: options.verify,
    usage: options.usage,
    strict: options.strictCertificates ?? false,
    ignoreErrors: options.unsafelyIgnoreCertificateErrors ?? false,
    ignoreHostname: options.unsafelyDisableHostnameVerification ?? false,
    crls,
    allowUnknownRevocation: options.allowUnknownRevocation ?? false,
    requireOcsp: options.requireOcsp ?? false,
    ctLogs: options.ctLogs && new CtLogs(options.ctLogs),
    get fingerprint() {
      return fingerprint ??= trustFingerprint(options, caCerts, security);
    },
  };
}

async function defaultStore(
  caCerts: TrustStore | undefined,
): Promise<TrustStore> {
  const store = await TrustStore.default();
  return caCerts === undefined ? store : store.with(caCerts);
}

/**
 * Equal where two sets of options judge a peer alike. Callbacks and lists count
 * by what they are, not by what they do: a session that was exported is resumed
 * by another process only where there are none.
 */
function trustFingerprint(
  options: ContextOptions,
  caCerts: TrustStore | undefined,
  security: SecurityPolicy,
): string {
  const parts = [
    identify(options.trust),
    identify(options.verify),
    identify(options.ctLogs),
    identify(options.crls),
    identify(caCerts),
    options.usage ?? "",
    options.strictCertificates ?? false,
    options.unsafelyIgnoreCertificateErrors ?? false,
    options.unsafelyDisableHostnameVerification ?? false,
    options.allowUnknownRevocation ?? false,
    options.requireOcsp ?? false,
    security,
  ];
  const digest = sha256.digest(new TextEncoder().encode(JSON.stringify(parts)));
  return digest.toHex();
}

function identify(value: object | undefined): string {
  if (value === undefined) return "";
  if (value instanceof TrustStore) return storeFingerprint(value);
  let id = ids.get(value);
  if (id === undefined) {
    id = crypto.randomUUID();
    ids.set(value, id);
  }
  return id;
}

/**
 * Equal for two stores of the same certificates with the same trust settings,
 * however they came about.
 */
function storeFingerprint(store: TrustStore): string {
  let fingerprint = ids.get(store);
  if (fingerprint === undefined) {
    fingerprint = store.certificates
      .map((certificate) =>
        [
          certificate.fingerprint("SHA-256"),
          store.has(certificate, "server"),
          store.has(certificate, "client"),
        ].join(" ")
      )
      .sort().join();
    ids.set(store, fingerprint);
  }
  return fingerprint;
}

const ids = new WeakMap<object, string>();
