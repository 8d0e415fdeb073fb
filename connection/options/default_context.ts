/**
 * The context that others of this process begin with.
 *
 * @module
 */

import { defaultCipherSuites } from "../../crypto/suites/cipher_suites.ts";
import { DEFAULT_SECURITY_LEVEL } from "../../crypto/suites/security_level.ts";
import { ProtocolVersion } from "../../registry.ts";
import { Context, replaceDefault } from "./context.ts";
import type { TlsContext } from "./options.ts";
import type { OptionName } from "./table.ts";

/**
 * Makes a context the base of all that follow in this process: of clients,
 * servers and `createContext()` that name no `context` of their own. Their own
 * options go before those of the base. What exists already stays as it is.
 *
 * It can only make connections stricter, as those who write the others do not see
 * it: no version, suite or security level below the module's own defaults, and
 * none of the options that say who is trusted, who we are, or what is accepted
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
  if (reason === undefined) return replaceDefault(context);
  throw new TypeError(
    `Cannot set the default context: ${reason}; give that to each connection that is meant`,
  );
}

/** What in a context is not for others. */
function unfitReason(context: Context): string | undefined {
  const { minVersion, security, cipherSuites } = context.settings;
  const foreign = context.names.find((name) => !FOR_OTHERS.has(name));
  if (foreign !== undefined) return `option "${foreign}" is not for others`;
  if (minVersion < ProtocolVersion["TLSv1.2"]) {
    return "it allows a version below TLSv1.2";
  }
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
