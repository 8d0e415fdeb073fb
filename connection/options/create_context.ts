/**
 * The contexts that users make, and those that entries make of the options that
 * they get; and the one that others of this process begin with.
 *
 * @module
 */

import { defaultCipherSuites } from "../../crypto/suites/cipher_suites.ts";
import { DEFAULT_SECURITY_LEVEL } from "../../crypto/suites/security_level.ts";
import { nameOf, ProtocolVersion } from "../../registry.ts";
import { beside, Context, type Contextual } from "./context.ts";
import { optionsOf } from "./option_set.ts";
import type { ContextOptions, TlsContext } from "./options.ts";
import { changed, entry, noOptions, readGiven } from "./read.ts";
import type { GivenOptions, OptionName } from "./table.ts";

/**
 * Checks options, and reads what they hold once for many connections.
 *
 * @param options Options of clients, servers or both.
 * @returns The context.
 * @throws {TypeError} If an option is unknown, of a wrong type, or contradicts
 * another.
 * @throws {RangeError} If a number is out of range.
 * @throws {TlsError} If `caCerts`, `crls` or the like cannot be read.
 *
 * @example One context, many connections
 * ```ts
 * import { createContext } from "@x/tls";
 * import { assert } from "@std/assert";
 *
 * const strict = createContext({ minVersion: "TLSv1.3" });
 * const withAlpn = strict.with({ alpnProtocols: ["h2", "http/1.1"] });
 * assert(withAlpn !== strict);
 * ```
 */
export function createContext(options: ContextOptions = {}): TlsContext {
  const given = readGiven(options, CREATE);
  const { context, own } = contextOf(given, CREATE.name);
  // Beside a context there may be options of each connection, as in with().
  return Object.keys(own).length === 0
    ? context
    : context.change(own, CREATE.name);
}

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
  const before = defaultContext;
  if (context === undefined) {
    defaultContext = undefined;
    return before;
  }
  if (!(context instanceof Context)) {
    throw new TypeError(
      "Cannot set the default context: expected what createContext() returns",
    );
  }
  const reason = unfitReason(context);
  if (reason === undefined) {
    defaultContext = context;
    return before;
  }
  throw new TypeError(
    `Cannot set the default context: ${reason}; give that to each connection that is meant`,
  );
}

/** Whether others begin with options that are not the module's own defaults. */
export function hasDefault(): boolean {
  return defaultContext !== undefined;
}

/** Whether a value is a context, as `createContext` returns one. */
export function isContext(value: unknown): value is Context {
  return value instanceof Context;
}

/**
 * The context of given options: that which is among them, where the others add
 * nothing to it.
 *
 * @throws {TypeError} If an option is none, or contradicts another.
 */
export function contextOf(
  { context, ...given }: GivenOptions,
  whose: string,
): Contextual {
  if (context === undefined) {
    const all = `the options of ${whose}`;
    const made = defaultContext === undefined
      ? new Context(changed(noOptions, given, all))
      : begin(defaultContext, given, all);
    return { context: made, own: {} };
  }
  return beside(context, given);
}

/**
 * A context that begins with a base. `versions` stands in place of `minVersion`
 * and `maxVersion`: the one that others give goes before the other of the base.
 */
function begin(base: Context, given: GivenOptions, whose: string): Context {
  const beginWith = (given: GivenOptions, removed: readonly OptionName[]) =>
    new Context(changed(optionsOf(base), given, whose, removed));
  if (given.versions !== undefined) {
    return beginWith(given, ["minVersion", "maxVersion"]);
  }
  const isBounded = given.minVersion !== undefined ||
    given.maxVersion !== undefined;
  if (!isBounded || !base.has("versions")) return beginWith(given, []);
  const { minVersion, maxVersion } = base.settings;
  // From TLS 1.2 on no set has a hole.
  const bounds = {
    minVersion: nameOf(ProtocolVersion, minVersion),
    maxVersion: nameOf(ProtocolVersion, maxVersion),
  };
  return beginWith({ ...bounds, ...given }, ["versions"]);
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

const CREATE = entry("createContext()", "either");

/** What others of this process begin with. */
let defaultContext: Context | undefined;
