/**
 * Turns options into the configuration that verifies a peer's certificates.
 *
 * @module
 */

import { sha256 } from "../../crypto/primitives/hash.ts";
import { toHex } from "../../encoding.ts";
import type { SecurityPolicy } from "../../crypto/suites/security_level.ts";
import type { TrustConfig } from "../../handshake/common/trust_config.ts";
import { Crl } from "../../x509/status/crl.ts";
import { revocationSources } from "../../x509/path/sources.ts";
import { CtLogs } from "../../x509/path/ct_logs.ts";
import { mozillaList } from "../../x509/trust/trust_data.ts";
import { TrustStore } from "../../x509/trust/trust_store.ts";
import { isDefaultMozilla } from "../../x509/trust/trust_source.ts";
import { namesOf, type ReadOptions } from "./table.ts";

/** How a side verifies its peers: the same for all connections of a context. */
export function trustConfig(
  side: "client" | "server",
  options: ReadOptions,
  security: SecurityPolicy,
): TrustConfig {
  const { parsed } = options;
  let store: Promise<TrustStore> | undefined;
  let fingerprint: Promise<string> | undefined;
  const given = side === "server" ? clientAuthorities(options) : parsed.trust;
  return {
    store: given === undefined
      ? () =>
        store ??= defaultStore(parsed.caCerts).catch((error) => {
          // Something missing may be there for the next connection.
          store = undefined;
          throw error;
        })
      : () => given.load(),
    ownStore: given === undefined ? storeToTryFirst(options) : undefined,
    publicKeys: parsed.trustedPublicKeys,
    trustsNobody: given === nobody && parsed.trustedPublicKeys.length === 0,
    usage: parsed.usage,
    strictCertificates: parsed.strictCertificates,
    unsafelyIgnoreCertificateErrors: parsed.unsafelyIgnoreCertificateErrors,
    unsafelyDisableHostnameVerification:
      parsed.unsafelyDisableHostnameVerification,
    ...revocationSources(parsed),
    allowUnknownRevocation: parsed.allowUnknownRevocation,
    requireOcsp: parsed.requireOcsp,
    ctLogs: parsed.ctLogs,
    fingerprint: () =>
      fingerprint ??= trustFingerprint(side, options, security)
        .catch((error) => {
          fingerprint = undefined;
          throw error;
        }),
  };
}

/**
 * The authorities that may issue certificates of clients: only the given ones.
 * A certificate from a public authority does not admit a client.
 */
export function clientAuthorities({ parsed }: ReadOptions): TrustStore {
  return parsed.trust ?? parsed.caCerts ?? nobody;
}

const nobody = TrustStore.none();

/**
 * `caCerts` alone, where what they accept the default store beside them accepts
 * as well: a path that ends at one of them is a path in both. Mozilla's list takes
 * away from that only by its dates, which stand for themselves. Where something is
 * fetched for a path, it is fetched once, for the path in both.
 */
function storeToTryFirst({ parsed }: ReadOptions): TrustConfig["ownStore"] {
  const { caCerts } = parsed;
  const { sources } = revocationSources(parsed);
  return caCerts === undefined || sources !== undefined || !isDefaultMozilla()
    ? undefined
    : {
      store: caCerts,
      isEnough: (path) =>
        !path.some(({ subjectName }) => DATED.has(subjectName.key)),
    };
}

const DATED: ReadonlySet<string> = new Set(mozillaList.dated);

async function defaultStore(
  caCerts: TrustStore | undefined,
): Promise<TrustStore> {
  const store = await TrustStore.default();
  if (caCerts === undefined) return store;
  // The same object each time: verdicts are kept by it.
  let both = merged.get(caCerts);
  if (both === undefined) {
    both = store.with(caCerts);
    merged.set(caCerts, both);
  }
  return both;
}

/** The default store with those of a list. */
const merged = new WeakMap<TrustStore, TrustStore>();

/**
 * Equal if two sets of options give the same verdict on a peer. Values
 * count by their content, so that options that are written out again, or a
 * session that another process imports, agree; functions by which they are.
 * `verify` is not part of it: it is called again when a session is resumed.
 */
async function trustFingerprint(
  side: "client" | "server",
  options: ReadOptions,
  security: SecurityPolicy,
): Promise<string> {
  const { given, parsed } = options;
  const parts: unknown[] = [side, security, await anchorsOf(side, options)];
  for (const name of JUDGING) {
    // These two are the anchors.
    if (name === "trust" || name === "caCerts") continue;
    const value = parsed[name];
    parts.push(
      name,
      typeof value === "function"
        ? identify(given[name] as object)
        : contentOf(value),
    );
  }
  const digest = sha256.digest(new TextEncoder().encode(JSON.stringify(parts)));
  return toHex(digest);
}

/** The result of a function is unknown: a function counts by its identity. */
function identify(given: object): string {
  let id = fingerprints.get(given);
  if (id === undefined) {
    id = crypto.randomUUID();
    fingerprints.set(given, id);
  }
  return id;
}

function contentOf(value: unknown): unknown {
  if (value instanceof CtLogs) return value.fingerprint;
  return Array.isArray(value)
    ? value.map((item) => item instanceof Crl ? fingerprintOfCrl(item) : item)
      .sort()
    : value ?? null;
}

/**
 * The default store counts by its content, and is hashed once for a process.
 */
async function anchorsOf(
  side: "client" | "server",
  options: ReadOptions,
): Promise<readonly (string | null)[]> {
  const { trust, caCerts } = options.parsed;
  const given = side === "server" ? clientAuthorities(options) : trust;
  if (given !== undefined) return [given.fingerprint, null];
  return [
    isDefaultMozilla()
      ? mozillaList.fingerprint
      : (await TrustStore.default()).fingerprint,
    caCerts === undefined ? null : caCerts.fingerprint,
  ];
}

const JUDGING = namesOf((row) => row.judges ?? false);

/** A list may have megabytes: it is hashed once. */
function fingerprintOfCrl(crl: Crl): string {
  let fingerprint = fingerprints.get(crl);
  if (fingerprint === undefined) {
    fingerprint = toHex(sha256.digest(crl.raw));
    fingerprints.set(crl, fingerprint);
  }
  return fingerprint;
}

const fingerprints = new WeakMap<object, string>();
