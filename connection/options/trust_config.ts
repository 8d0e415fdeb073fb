/**
 * From options to how a peer's certificates are judged.
 *
 * @module
 */

import { sha256 } from "../../crypto/hash.ts";
import type { SecurityPolicy } from "../../crypto/security_level.ts";
import type { TrustConfig } from "../../handshake/config.ts";
import { revocationSources } from "../../x509/path_sources.ts";
import { TrustStore } from "../../x509/trust_store.ts";
import { namesOf, type ReadOptions } from "./table.ts";

/** How a side judges its peers: the same for all connections of a context. */
export function trustConfig(
  side: "client" | "server",
  options: ReadOptions,
  security: SecurityPolicy,
): TrustConfig {
  const { parsed } = options;
  let store: Promise<TrustStore> | undefined;
  let fingerprint: string | undefined;
  const given = side === "server" ? clientAuthorities(options) : parsed.trust;
  return {
    store: given === undefined
      ? () =>
        store ??= defaultStore(parsed.caCerts).catch((error) => {
          // What is missing may be there for the next connection.
          store = undefined;
          throw error;
        })
      : () => given.load(),
    usage: parsed.usage,
    strictCertificates: parsed.strictCertificates,
    unsafelyIgnoreCertificateErrors: parsed.unsafelyIgnoreCertificateErrors,
    unsafelyDisableHostnameVerification:
      parsed.unsafelyDisableHostnameVerification,
    unsafelyAllowAnonymous: parsed.unsafelyAllowAnonymous,
    ...revocationSources(parsed),
    allowUnknownRevocation: parsed.allowUnknownRevocation,
    requireOcsp: parsed.requireOcsp,
    ctLogs: parsed.ctLogs,
    get fingerprint() {
      return fingerprint ??= trustFingerprint(side, options, security);
    },
  };
}

/**
 * The authorities that clients may come from: those that were given, and no
 * others. A certificate of any public authority lets nobody in.
 */
export function clientAuthorities({ parsed }: ReadOptions): TrustStore {
  return parsed.trust ?? parsed.caCerts ?? nobody;
}

const nobody = TrustStore.none();

async function defaultStore(
  caCerts: TrustStore | undefined,
): Promise<TrustStore> {
  const store = await TrustStore.default();
  return caCerts === undefined ? store : store.with(caCerts);
}

/**
 * Equal where two sets of options judge a peer alike. Lists count by what they
 * are, not by what they do: a session that was exported is resumed by another
 * process only where there are none.
 */
function trustFingerprint(
  side: "client" | "server",
  { given, parsed }: ReadOptions,
  security: SecurityPolicy,
): string {
  const parts: unknown[] = [side, security];
  for (const name of JUDGING) {
    const value = parsed[name];
    parts.push(
      name,
      value instanceof TrustStore
        ? value.fingerprint
        : typeof value === "object" || typeof value === "function"
        ? identify(given[name] as object)
        : value,
    );
  }
  const digest = sha256.digest(new TextEncoder().encode(JSON.stringify(parts)));
  return digest.toHex();
}

const JUDGING = namesOf((row) => row.judges ?? false);

function identify(value: object): string {
  let id = ids.get(value);
  if (id === undefined) {
    id = crypto.randomUUID();
    ids.set(value, id);
  }
  return id;
}

const ids = new WeakMap<object, string>();
