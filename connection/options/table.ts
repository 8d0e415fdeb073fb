/**
 * The options, one row each: its side, its scope, the reader of its value, its
 * default, and what else follows from it. All code that reads options uses this
 * table; a missing or superfluous row does not compile.
 *
 * @module
 */

import {
  parseCipherSuites,
  parseGroups,
  parseProtocolVersion,
  parseSignatureSchemes,
} from "../../crypto/suites/names.ts";
import { randomBytes } from "../../crypto/primitives/bytes.ts";
import type { CipherSuiteList } from "../../crypto/suites/cipher_suite.ts";
import { LegacyPermit } from "../../crypto/suites/security_level.ts";
import { DEFAULT_MAX_CERTIFICATE_SIZE } from "../../handshake/messages/framing.ts";
import { isSession } from "../../handshake/session/session_state.ts";
import type {
  Session,
  SessionCacheLike,
  SessionStore,
} from "../../handshake/session/session.ts";
import { TrustStore } from "../../x509/trust/trust_store.ts";
import {
  authorityNames,
  caCerts,
  crls,
  ctLogs,
  publicKeys,
} from "./authorities.ts";
import type { FetchOptions, ProxyOptions } from "./fetch_options.ts";
import type { HttpOptions } from "./http_options.ts";
import type { ListenOptions, SocketListener } from "./listen_options.ts";
import type { ContextOptions, TlsContext } from "./options.ts";
import type { ConnectOptions } from "./connect_options.ts";
import { pskOption } from "./psk.ts";
import { serverName, serverNames } from "./server_names.ts";
import {
  alpnProtocols,
  boolean,
  bytes,
  certificateCompression,
  certificateInput,
  certificateTypes,
  clientAuth,
  clock,
  echOption,
  expected,
  fragmentLength,
  func,
  generator,
  identityInput,
  integer,
  keyInput,
  listOf,
  methods,
  names,
  object,
  oneOf,
  padding,
  type Parse,
  passphrase,
  refuse,
  someBytes,
  string,
  text,
  traceDepth,
} from "./values.ts";
import {
  earlyDataOption,
  sessionIdContext,
  ticketKeys,
  ticketRequest,
} from "./session_values.ts";

/** All options that there are. */
export type AllOptions =
  & ContextOptions
  & ConnectOptions
  & ListenOptions
  & HttpOptions<never, never>
  & FetchOptions
  & { context?: TlsContext | undefined };

/** The name of an option. */
export type OptionName = keyof AllOptions;

/** A function of the option's type. */
type Hook<K extends OptionName> = Extract<
  NonNullable<AllOptions[K]>,
  (...args: never[]) => unknown
>;

/** The description of an option. */
export interface Row<T = unknown> {
  /** Who has it. */
  readonly side: "both" | "client" | "server";
  /**
   * What it holds for: all connections of a context, which is made anew where
   * it changes; one connection; where `connect` and `listen` meet; a listener;
   * a server of HTTP; a client of HTTP.
   */
  readonly scope:
    | "context"
    | "connection"
    | "address"
    | "listener"
    | "http"
    | "fetch";
  /** Reads the value once, into the form that everyone uses. */
  readonly parse: Parse<T>;
  /** The value if none is given, in the form of the option. */
  readonly default?: unknown;
  /** A session is bound to it: it is part of how a peer is verified. */
  readonly judges?: boolean;
  /**
   * A function of the caller's: one that decides fails its connection if it
   * throws, one that observes fails nothing.
   */
  readonly hook?: "decides" | "observes";
  /** Part of our identity: these options change together. */
  readonly identity?: boolean;
}

type More = Omit<Row, "side" | "scope" | "parse" | "default">;

/**
 * Rows of a side, for a scope: `default` as the option has it, if there is one.
 */
function rows(side: Row["side"], scope: Row["scope"]) {
  return {
    absent: <T>(parse: Parse<T>, more: More = {}): Row<T | undefined> => ({
      side,
      scope,
      parse,
      ...more,
    }),
    defaults: <T>(
      value: unknown,
      parse: Parse<T>,
      more: More = {},
    ): Row<T> => ({
      side,
      scope,
      parse,
      default: value,
      ...more,
    }),
  };
}

const both = rows("both", "context");
const client = rows("client", "context");
const server = rows("server", "context");
const bothEach = rows("both", "connection");
const clientEach = rows("client", "connection");
const address = rows("both", "address");
const clientAddress = rows("client", "address");
const listener = rows("server", "listener");
const http = rows("server", "http");
const fetch = rows("client", "fetch");

/** The longest time of a timer, in milliseconds. */
const MAX_TIMEOUT = 2 ** 31 - 1;

function oneOfNumbers<T extends number>(...values: readonly T[]): Parse<T> {
  return expected(
    values.join(" or "),
    (value): value is T => values.some((one) => one === value),
  );
}

const version: Parse<number> = (value, name) =>
  parseProtocolVersion(name, value);

const versions: Parse<readonly number[]> = (value, name) => {
  const read = new Set(listOf(version)(value, name));
  if (read.size > 0) return [...read].sort((a, b) => b - a);
  return refuse(name, "one version or more", value);
};

/** The options. */
export const table = {
  context: bothEach.absent(object as Parse<TlsContext>),
  minVersion: both.defaults("TLSv1.2", version),
  maxVersion: both.defaults("TLSv1.3", version),
  versions: both.absent(versions),
  cipherSuites: both.absent(
    names((value) => parseCipherSuites(value as string | CipherSuiteList)),
  ),
  groups: both.absent(names(parseGroups)),
  signatureSchemes: both.absent(names(parseSignatureSchemes)),
  certificateSignatureSchemes: both.absent(names(parseSignatureSchemes)),
  securityLevel: both.absent(integer(0, 5)),
  legacy: both.defaults(
    [],
    listOf(expected('a value of "@x/tls/legacy"', LegacyPermit.isLegacyPermit)),
  ),
  alpnProtocols: both.defaults([], alpnProtocols),
  certificateCompression: both.defaults([], certificateCompression),
  peerCertificateTypes: both.defaults(["X509"], certificateTypes, {
    judges: true,
  }),
  trustedPublicKeys: both.defaults([], publicKeys, { judges: true }),
  delegatedCredentials: both.defaults(false, boolean, { judges: true }),
  cert: both.absent(certificateInput, { identity: true }),
  key: both.absent(keyInput, { identity: true }),
  passphrase: both.absent(passphrase, { identity: true }),
  pfx: both.absent(bytes, { identity: true }),
  certificates: both.defaults([], listOf(identityInput), { identity: true }),
  keyLog: both.absent(func<Hook<"keyLog">>(), { hook: "observes" }),
  onEvent: both.absent(func<Hook<"onEvent">>(), { hook: "observes" }),
  trace: both.absent(func<Hook<"trace">>(), { hook: "observes" }),
  traceDepth: both.defaults("messages", traceDepth),
  handshakeTimeout: bothEach.defaults(60_000, integer(0, MAX_TIMEOUT)),
  readTimeout: bothEach.absent(integer(1, MAX_TIMEOUT)),
  writeTimeout: bothEach.absent(integer(1, MAX_TIMEOUT)),
  signal: bothEach.absent(
    expected("an AbortSignal", (v) => v instanceof AbortSignal),
  ),
  allowHalfOpen: bothEach.defaults(true, boolean),
  maxFragmentSize: both.absent(integer(64, 16384)),
  recordSizeLimit: both.absent(integer(64, 16385)),
  dynamicRecordSizing: both.defaults(false, boolean),
  padding: both.absent(padding),
  maxCertificateSize: both.defaults(
    DEFAULT_MAX_CERTIFICATE_SIZE,
    integer(1024, 2 ** 24 - 1),
  ),
  psk: both.absent(pskOption, { hook: "decides" }),
  certificateWithPsk: both.defaults(
    "never",
    oneOf("never", "allow", "require"),
    { judges: true },
  ),
  earlyData: both.absent(earlyDataOption, { hook: "decides" }),
  renegotiation: both.defaults("never", oneOf("never", "once", "freely")),
  renegotiationLimit: both.defaults(3, integer(1, 2 ** 31 - 1)),
  renegotiationWindow: both.defaults(600, integer(1, 2 ** 31 - 1)),
  minDhSize: both.defaults(2048, integer(1024, 16384)),
  grease: both.defaults(true, boolean),
  ech: both.absent(echOption),
  now: both.defaults(Date.now, clock),
  random: both.defaults(randomBytes, generator),
  initialData: bothEach.absent(bytes),
  caCerts: both.absent(caCerts, { judges: true }),
  trust: both.absent(
    expected(
      "a TrustStore, as TrustStore.of() makes one,",
      (v) => v instanceof TrustStore,
    ),
    { judges: true },
  ),
  // It is called again for a session, so the session is not bound to it.
  verify: both.absent(func<Hook<"verify">>(), { hook: "decides" }),
  usage: both.absent(oneOf("server", "client", "any"), { judges: true }),
  strictCertificates: both.defaults(false, boolean, { judges: true }),
  crls: both.absent(crls, { judges: true }),
  ocsp: both.absent(func<Hook<"ocsp">>(), { judges: true }),
  issuers: both.absent(func<Hook<"issuers">>(), { judges: true }),
  allowUnknownRevocation: both.defaults(false, boolean, { judges: true }),
  unsafelyIgnoreCertificateErrors: both.defaults(false, boolean, {
    judges: true,
  }),
  unsafelyDisableHostnameVerification: client.defaults(false, boolean, {
    judges: true,
  }),
  unsafelyAllowAnonymous: both.defaults(false, boolean, { judges: true }),
  serverName: clientEach.absent(serverName),
  session: clientEach.absent(
    expected(
      "a Session, as onSession or Session.import() gives one,",
      (v): v is Session => isSession(v),
    ),
  ),
  sessionCache: client.absent(
    methods<SessionCacheLike>("get", "set", "delete"),
  ),
  onSession: clientEach.absent(func<Hook<"onSession">>(), { hook: "observes" }),
  onCertificateRequest: client.absent(func<Hook<"onCertificateRequest">>(), {
    hook: "decides",
  }),
  requireOcsp: client.defaults(false, boolean, { judges: true }),
  ctLogs: client.absent(ctLogs, { judges: true }),
  certificateTypes: client.absent(certificateTypes),
  ticketRequest: client.absent(ticketRequest),
  postHandshakeAuth: client.absent(boolean),
  requestOcsp: client.defaults(true, boolean),
  requestScts: client.defaults(true, boolean),
  fallback: client.defaults(false, boolean),
  maxFragmentLength: client.absent(fragmentLength),
  keyShares: client.absent(
    names((value, name) => value.length === 0 ? [] : parseGroups(value, name)),
  ),
  clientAuth: server.defaults("none", clientAuth),
  certificateAuthorities: server.absent(authorityNames),
  sni: server.absent(serverNames, { hook: "decides" }),
  onClientHello: server.absent(func<Hook<"onClientHello">>(), {
    hook: "decides",
  }),
  onAlpn: server.absent(func<Hook<"onAlpn">>(), { hook: "decides" }),
  acknowledgeServerName: server.defaults(true, boolean),
  preferServerCipherSuites: server.defaults(true, boolean),
  ticketKeys: server.absent(ticketKeys),
  sessionStore: server.absent(methods<SessionStore>("get", "set", "delete")),
  sessionTimeout: server.defaults(86_400, integer(1, 604_800)),
  sessionIdContext: server.defaults("", sessionIdContext),
  tickets: server.defaults(2, integer(0, 16)),
  ocspResponse: server.absent(someBytes, { identity: true }),
  onOcspRequest: server.absent(func<Hook<"onOcspRequest">>(), {
    hook: "decides",
  }),
  signedCertificateTimestamps: server.absent(listOf(someBytes), {
    identity: true,
  }),
  pskIdentityHint: server.absent(string),
  dhParams: server.absent(text),
  helloRetry: server.defaults("needed", oneOf("needed", "cookie")),
  halfRtt: server.defaults(false, boolean),
  hostname: address.absent(string),
  port: address.absent(integer(0, 65535)),
  path: address.absent(string),
  family: clientAddress.absent(oneOfNumbers(4, 6)),
  lookup: clientAddress.absent(func<Hook<"lookup">>()),
  localAddress: clientAddress.absent(string),
  localPort: clientAddress.absent(integer(0, 65535)),
  listener: listener.absent(methods<SocketListener>("accept", "close")),
  ipv6Only: listener.absent(boolean),
  reusePort: listener.absent(boolean),
  tcpBacklog: listener.absent(integer(1, 65535)),
  maxPendingHandshakes: listener.defaults(256, integer(1, 1_000_000)),
  maxConnections: listener.absent(integer(1, Number.MAX_SAFE_INTEGER)),
  onHandshakeError: listener.absent(func<Hook<"onHandshakeError">>(), {
    hook: "observes",
  }),
  onListenerEvent: listener.absent(func<Hook<"onListenerEvent">>(), {
    hook: "observes",
  }),
  onListen: http.absent(func<Hook<"onListen">>()),
  onError: http.absent(func<Hook<"onError">>()),
  onUpgrade: http.absent(func<Hook<"onUpgrade">>()),
  headersTimeout: http.defaults(60_000, integer(0, MAX_TIMEOUT)),
  automaticCompression: http.defaults(false, boolean),
  redirectHttp: http.defaults(false, boolean),
  earlyRequests: http.defaults("refuse", oneOf("refuse", "delay", "allow")),
  unsafelyAllowMisdirectedRequests: http.defaults(false, boolean),
  proxy: fetch.absent(
    expected(
      "the URL of a proxy, or an object with it",
      (v): v is string | URL | ProxyOptions =>
        typeof v === "string" || typeof v === "object" && v !== null,
    ),
  ),
} satisfies { readonly [K in OptionName]-?: Row };

/** The options as read, with the defaults. */
export type ParsedOptions = {
  readonly [K in OptionName]: ReturnType<(typeof table)[K]["parse"]>;
};

/** Options that were given, each under its name, and nothing else. */
export type GivenOptions = { readonly [K in OptionName]?: unknown };

/** Options that were read. */
export interface ReadOptions {
  /** As given. */
  readonly given: GivenOptions;
  /** As read, with the defaults. */
  readonly parsed: ParsedOptions;
}

/** The names of all options. */
export const optionNames: readonly OptionName[] = Object.keys(
  table,
) as OptionName[]; // it has no other keys

/** The names of the options whose row satisfies a condition. */
export function namesOf(
  isMeant: (row: Row) => boolean,
): ReadonlySet<OptionName> {
  return new Set(optionNames.filter((name) => isMeant(table[name])));
}
