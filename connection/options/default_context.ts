/**
 * The context that others of this process begin with.
 *
 * @module
 */

import { defaultCipherSuites } from "../../crypto/suites/cipher_suites.ts";
import { DEFAULT_SECURITY_LEVEL } from "../../crypto/suites/security_level.ts";
import { nameOf, ProtocolVersion } from "../../registry.ts";
import { Context, replaceDefault } from "./context.ts";
import type { TlsContext } from "./options.ts";
import type { GivenOptions, OptionName } from "./table.ts";

/**
 * Makes a context the base of all that follow in this process: of clients,
 * servers and `createContext()` that name no `context` of their own. Their own
 * options go before those of the base. What exists already stays as it is.
 *
 * It can only make connections stricter, as those who write the others do not see
 * it: no version, suite or security level below the module's own defaults, TLS 1.3
 * always among the versions, and none of the options that say who is trusted, who we are, or what is accepted
 * without a check. Authorities for a whole process belong into `DENO_CERT`,
 * `SSL_CERT_FILE` or `NODE_EXTRA_CA_CERTS`.
 *
 * @param context The base, or `undefined` for the module's own defaults.
 * @returns The one before, to be put back.
 * @throws {TypeError} If it is not a context, or has an option that is not for
 * others.
 *
 * @example TLS 1.3 for everything in this process
 * ```ts
 * import { connect, createContext, setDefaultContext } from "@x/tls";
 * import { assertRejects } from "@std/assert";
 *
 * const before = setDefaultContext(createContext({ minVersion: "TLSv1.3" }));
 * await assertRejects(
 *   () => connect({ port: 443, maxVersion: "TLSv1.2" }),
 *   TypeError,
 *   "maxVersion",
 * );
 * setDefaultContext(before);
 * ```
 */
export function setDefaultContext(
  context: TlsContext | undefined,
): TlsContext | undefined {
  if (context === undefined) return replaceDefault(undefined);
  if (!(context instanceof Context)) {
    throw new TypeError(
      "Cannot set the default context: expected what createContext() returns",
    );
  }
  const reason = unfitReason(context);
  if (reason === undefined) {
    return replaceDefault({
      context,
      begin: (given, whose) => begin(context, given, whose),
    });
  }
  throw new TypeError(
    `Cannot set the default context: ${reason}; give that to each connection that is meant`,
  );
}

/**
 * A context that begins with a base. `versions` stands in place of `minVersion`
 * and `maxVersion`: the one that others give goes before the other of the base.
 */
function begin(base: Context, given: GivenOptions, whose: string): Context {
  if (given.versions !== undefined) {
    return base.base(given, whose, ["minVersion", "maxVersion"]);
  }
  const isBounded = given.minVersion !== undefined ||
    given.maxVersion !== undefined;
  if (!isBounded || !base.has("versions")) return base.base(given, whose, []);
  const { minVersion, maxVersion } = base.settings;
  // From TLS 1.2 on no set has a hole.
  const bounds = {
    minVersion: nameOf(ProtocolVersion, minVersion),
    maxVersion: nameOf(ProtocolVersion, maxVersion),
  };
  return base.base({ ...bounds, ...given }, whose, ["versions"]);
}

/** What in a context is not for others. */
function unfitReason(context: Context): string | undefined {
  const { minVersion, maxVersion, security, cipherSuites } = context.settings;
  const foreign = context.names.find((name) => !FOR_OTHERS.has(name));
  if (foreign !== undefined) return `option "${foreign}" is not for others`;
  if (minVersion < ProtocolVersion["TLSv1.2"]) {
    return "it allows a version below TLSv1.2";
  }
  if (maxVersion < ProtocolVersion["TLSv1.3"]) return "it turns TLSv1.3 off";
  if (security.level < DEFAULT_SECURITY_LEVEL) {
    return `its security level is below ${DEFAULT_SECURITY_LEVEL}`;
  }
  const known = new Set(
    defaultCipherSuites(ProtocolVersion["TLSv1.2"]).map(({ id }) => id),
  );
  const weaker = cipherSuites.find(({ id }) => !known.has(id));
  return weaker && `${weaker.name} is not among the default suites`;
}

/** What neither weakens a connection nor says who its ends are. */
const FOR_OTHERS: ReadonlySet<OptionName> = new Set(
  [
    "minVersion",
    "maxVersion",
    "versions",
    "cipherSuites",
    "groups",
    "keyShares",
    "signatureSchemes",
    "certificateSignatureSchemes",
    "securityLevel",
    "strictCertificates",
    "requireOcsp",
    "readTimeout",
    "writeTimeout",
    "maxFragmentSize",
    "recordSizeLimit",
    "dynamicRecordSizing",
    "maxCertificateSize",
    "grease",
    "onEvent",
    "trace",
  ] as const satisfies readonly OptionName[],
);
