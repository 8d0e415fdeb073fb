/**
 * Which options there are, whose they are, and what may stand there: one table.
 * Nothing is ever ignored: an unknown name, a wrong type or an option of the
 * other side is a `TypeError` before a byte is sent.
 *
 * @module
 */

import { Leave } from "../crypto/security_level.ts";
import { Session } from "../handshake/session.ts";
import { TrustStore } from "../x509/trust_store.ts";
import {
  type Check,
  hasMethods,
  isAlpn,
  isBoolean,
  isBytes,
  isCertificates,
  isClientAuth,
  isFragmentLength,
  isFunction,
  isIdentity,
  isInteger,
  isKey,
  isList,
  isListOf,
  isNames,
  isObject,
  isOneOf,
  isPassphrase,
  isServerName,
  isSessionIdContext,
  isSni,
  isSomeBytes,
  isString,
  isText,
  isTicketKeys,
  kindOf,
  wants,
} from "./option_checks.ts";
import { hintFor } from "./option_hints.ts";

/** Who has an option. */
type Owner = "both" | "client" | "server";

/** An option: whose it is, and what its value must be. */
export interface OptionRule {
  readonly owner: Owner;
  readonly check: Check;
}

/**
 * Checks names and types.
 *
 * @throws {TypeError} If an option is unknown, of a wrong type, or not for this.
 * @throws {RangeError} If a number is out of range.
 */
export function checkOptions(
  options: unknown,
  side: "client" | "server" | "either",
  entry: string,
  more: Readonly<Record<string, OptionRule>> = {},
): void {
  checkEach(options, entry, (name) => {
    const rule = Object.hasOwn(more, name) ? more[name] : ruleOf(name);
    if (
      rule !== undefined && side !== "either" && rule.owner !== "both" &&
      rule.owner !== side
    ) {
      throw new TypeError(
        `Cannot use option "${name}" of ${entry}: it is for a ${rule.owner}`,
      );
    }
    return rule?.check;
  });
  refuseContradictions(options as Readonly<Record<string, unknown>>, entry);
}

/**
 * Checks what a method is given, as options are.
 *
 * @throws {TypeError} If a name is unknown, or a value of a wrong type.
 */
export function checkArguments(
  options: unknown,
  entry: string,
  checks: Readonly<Record<string, Check>>,
): void {
  checkEach(
    options,
    entry,
    (name) => Object.hasOwn(checks, name) ? checks[name] : undefined,
  );
}

function checkEach(
  options: unknown,
  entry: string,
  checkOf: (name: string) => Check | undefined,
): void {
  if (
    typeof options !== "object" || options === null || Array.isArray(options)
  ) {
    throw new TypeError(
      `Cannot use the options of ${entry}: an object is wanted, not ${
        kindOf(options)
      }`,
    );
  }
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue;
    const check = checkOf(name);
    if (check === undefined) {
      throw new TypeError(
        `Cannot use option "${name}" of ${entry}: ${
          PLACES.has(name)
            ? `it says where to, or where at, which is for connect() and listen()`
            : `there is no such option${hintFor(name, Object.keys(rules))}`
        }`,
      );
    }
    check(value, name);
  }
}

function ruleOf(name: string): OptionRule | undefined {
  return Object.hasOwn(rules, name) ? rules[name] : undefined;
}

/**
 * Refuses pairs that cannot both hold, and halves that need the other.
 *
 * @throws {TypeError} If there are such.
 */
export function refuseContradictions(
  options: Readonly<Record<string, unknown>>,
  entry: string,
): void {
  const has = (name: string) => options[name] !== undefined;
  const refuse = (why: string): never => {
    throw new TypeError(`Cannot use the options of ${entry}: ${why}`);
  };
  if (has("cert") !== has("key")) {
    refuse(has("cert") ? `"cert" needs "key"` : `"key" needs "cert"`);
  }
  if (has("pfx") && has("cert")) {
    refuse(`"pfx" and "cert" both give the certificate`);
  }
  if (has("passphrase") && !has("key") && !has("pfx")) {
    refuse(`"passphrase" is there, and neither "key" nor "pfx" that it opens`);
  }
  if (has("trust") && has("caCerts")) {
    refuse(
      `"trust" replaces the default store, to which "caCerts" adds: give one of them, or trust.with(…)`,
    );
  }
  if (has("hostname") && has("path")) {
    refuse(`"path" and "hostname" are two addresses`);
  }
  if (options.requireOcsp === true && options.requestOcsp === false) {
    refuse(`"requireOcsp" wants what "requestOcsp" does not ask for`);
  }
  if (has("ctLogs") && options.requestScts === false) {
    refuse(`"ctLogs" wants what "requestScts" does not ask for`);
  }
  if (has("ocspResponse") && has("onOcspRequest")) {
    refuse(`"ocspResponse" and "onOcspRequest" both give the staple`);
  }
  if (options.tickets === 0 && has("ticketKeys")) {
    refuse(`"ticketKeys" is there, and "tickets" is 0`);
  }
}

/** Options of connect() and listen() alone, which have rules of their own. */
const PLACES: ReadonlySet<string> = new Set(["hostname", "port", "path"]);

/** In milliseconds: what a timer can wait. */
const MAX_TIMEOUT = 2 ** 31 - 1;

function both(check: Check): OptionRule {
  return { owner: "both", check };
}
function client(check: Check): OptionRule {
  return { owner: "client", check };
}
function server(check: Check): OptionRule {
  return { owner: "server", check };
}

/** What has a place in the interface and is not there yet. */
const missing: OptionRule = both((_value, name) => {
  throw new TypeError(
    `Cannot use option "${name}": it is not implemented in this version`,
  );
});

const rules: Readonly<Record<string, OptionRule>> = {
  context: both(isObject),
  earlyData: missing,
  ech: missing,
  minVersion: both(isString),
  maxVersion: both(isString),
  cipherSuites: both(isNames),
  groups: both(isNames),
  signatureSchemes: both(isNames),
  certificateSignatureSchemes: both(isNames),
  securityLevel: both(isInteger(0, 5)),
  legacy: both(
    isListOf(wants('a value of "@x/tls/legacy"', (v) => Leave.isLeave(v))),
  ),
  alpnProtocols: both(isAlpn),
  cert: both(isCertificates),
  key: both(isKey),
  passphrase: both(isPassphrase),
  pfx: both(isBytes),
  certificates: both(isListOf(isIdentity)),
  keyLog: both(isFunction),
  onEvent: both(isFunction),
  trace: both(isFunction),
  handshakeTimeout: both(isInteger(0, MAX_TIMEOUT)),
  readTimeout: both(isInteger(1, MAX_TIMEOUT)),
  writeTimeout: both(isInteger(1, MAX_TIMEOUT)),
  signal: both(
    wants("an AbortSignal", (value) => value instanceof AbortSignal),
  ),
  allowHalfOpen: both(isBoolean),
  maxFragmentSize: both(isInteger(64, 16384)),
  recordSizeLimit: both(isInteger(64, 16385)),
  dynamicRecordSizing: both(isBoolean),
  padding: both(isFunction),
  maxCertificateSize: both(isInteger(1024, 2 ** 24 - 1)),
  psk: both(
    wants(
      "a key, a list or a function",
      (value) =>
        typeof value === "function" ||
        (typeof value === "object" && value !== null),
    ),
  ),
  renegotiation: both(isOneOf("never", "once", "freely")),
  renegotiationLimit: both(isInteger(1, 2 ** 31 - 1)),
  renegotiationWindow: both(isInteger(1, 2 ** 31 - 1)),
  minDhSize: both(isInteger(1024, 16384)),
  grease: both(isBoolean),
  now: both(isFunction),
  random: both(isFunction),
  initialData: both(isBytes),
  caCerts: both(isListOf(isText)),
  trust: both(
    wants(
      "a TrustStore, as TrustStore.of() makes one,",
      (value) => value instanceof TrustStore,
    ),
  ),
  verify: both(isFunction),
  usage: both(isOneOf("server", "client", "any")),
  strictCertificates: both(isBoolean),
  crls: both(isList),
  allowUnknownRevocation: both(isBoolean),
  unsafelyIgnoreCertificateErrors: both(isBoolean),
  unsafelyDisableHostnameVerification: client(isBoolean),
  serverName: client(isServerName),
  session: client(
    wants(
      "a Session, as onSession or Session.import() gives one,",
      (value) => value instanceof Session,
    ),
  ),
  sessionCache: client(hasMethods("get", "set", "delete")),
  onSession: client(isFunction),
  onCertificateRequest: client(isFunction),
  requireOcsp: client(isBoolean),
  ctLogs: client(isList),
  postHandshakeAuth: client(isBoolean),
  maxFragmentLength: client(isFragmentLength),
  keyShares: client(isNames),
  requestOcsp: client(isBoolean),
  requestScts: client(isBoolean),
  fallback: client(isBoolean),
  clientAuth: server(isClientAuth),
  certificateAuthorities: server(isListOf(isText)),
  sni: server(isSni),
  onClientHello: server(isFunction),
  onAlpn: server(isFunction),
  acknowledgeServerName: server(isBoolean),
  preferServerCipherSuites: server(isBoolean),
  ticketKeys: server(isTicketKeys),
  sessionStore: server(hasMethods("get", "set", "delete")),
  sessionTimeout: server(isInteger(1, 604_800)),
  sessionIdContext: server(isSessionIdContext),
  tickets: server(isInteger(0, 16)),
  ocspResponse: server(isSomeBytes),
  onOcspRequest: server(isFunction),
  signedCertificateTimestamps: server(isListOf(isSomeBytes)),
  pskIdentityHint: server(isString),
  dhParams: server(isText),
  helloRetry: server(isOneOf("needed", "cookie")),
};
