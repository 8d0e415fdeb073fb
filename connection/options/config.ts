/**
 * Turns the options of a context into the configuration of its connections and
 * handshakes. It is made once, except for the caller's functions, which
 * `bound_hooks.ts` binds to each connection.
 *
 * @module
 */

import {
  schemesForServers,
  signatureSchemeById,
} from "../../crypto/signatures/signature_schemes.ts";
import type {
  ClientConfig,
  HandshakeConfig,
  ServerConfig,
} from "../../handshake/common/config.ts";
import type { ConnectionConfig } from "../../handshake/common/connection_config.ts";
import type { LocalIdentity } from "../../handshake/common/local_identity.ts";
import type { TicketKeys } from "../../handshake/session/ticket_keys.ts";
import type { CipherSuite } from "../../crypto/suites/cipher_suite.ts";
import { CertificateType, ProtocolVersion } from "../../registry.ts";
import {
  parseReferenceName,
  type ReferenceName,
} from "../../x509/certificate/name_match.ts";
import { distinguishedNames, fitsAuthorities } from "./authorities.ts";
import type { Settings } from "./settings.ts";
import type { ParsedOptions, ReadOptions } from "./table.ts";
import { clientAuthorities, trustConfig } from "./trust_config.ts";
import { earlyDataOfClient } from "./session_values.ts";

/** The options that differ between connections. */
export type ConnectionOptions = Pick<
  ParsedOptions,
  | "handshakeTimeout"
  | "readTimeout"
  | "writeTimeout"
  | "signal"
  | "allowHalfOpen"
  | "initialData"
  | "serverName"
  | "session"
  | "onSession"
>;

/** The input of a configuration: the options, and what follows from them. */
export interface Source {
  /** The options of the context. */
  readonly options: ReadOptions;
  /** What follows from several options together. */
  readonly settings: Settings;
  /** Our certificates. */
  readonly identities: readonly LocalIdentity[];
}

/** Where a client has dialled. */
export interface ClientAddress {
  readonly hostname?: string | undefined;
  /** Names the server in caches of sessions. */
  readonly key: string;
  /** Key shares that were made meanwhile. */
  readonly shares: ClientConfig["madeShares"];
  /** Says what is sent as early data, in place of the option. */
  readonly earlyData?: ClientConfig["earlyData"];
}

/** The name that a client asks for and verifies. */
export interface ClientName {
  /** The name that the certificate must be valid for. */
  readonly verifyName: ReferenceName | undefined;
  /** host_name of the server_name extension. */
  readonly serverName: string | undefined;
}

/**
 * The name that a client asks for: `serverName`, or the host that was dialled.
 */
export function clientName(
  { serverName }: ConnectionOptions,
  hostname: string | undefined,
): ClientName {
  const name = serverName ||
    (hostname === undefined ? undefined : parseReferenceName(hostname));
  return {
    verifyName: name,
    // RFC 6066 section 3: "Literal IPv4 and IPv6 addresses are not permitted".
    serverName: serverName === false || name?.type !== "dns"
      ? undefined
      : name.value,
  };
}

/** Options of a connection that its configuration has, and not the context's. */
export const OWN_OPTIONS = [
  "handshakeTimeout",
  "readTimeout",
  "writeTimeout",
  "allowHalfOpen",
] as const satisfies (keyof ConnectionOptions & keyof ConnectionConfig)[];

/** The options that concern the connection, not its handshake. */
export function connectionConfig(
  { parsed }: ReadOptions,
  own: Pick<ConnectionOptions, typeof OWN_OPTIONS[number]>,
): ConnectionConfig {
  return {
    handshakeTimeout: own.handshakeTimeout,
    readTimeout: own.readTimeout,
    writeTimeout: own.writeTimeout,
    allowHalfOpen: own.allowHalfOpen,
    maxFragmentSize: parsed.maxFragmentSize,
    dynamicRecordSizing: parsed.dynamicRecordSizing,
    padding: parsed.padding,
    maxCertificateSize: parsed.maxCertificateSize,
    onEvent: undefined,
    trace: undefined,
    traceDepth: parsed.traceDepth,
  };
}

/** The configuration of all clients of a context, except for their name. */
export function clientConfig(
  source: Source,
): Omit<ClientConfig, keyof ClientName | "session" | "sessionKey"> {
  const { options: { parsed }, settings, identities } = source;
  if (schemesForServers(settings.signatureSchemes).length === 0) {
    throw new TypeError(
      `Cannot use "signatureSchemes" at a client: it names no scheme that a server may sign with (RFC 9963 section 3)`,
    );
  }
  return {
    ...handshakeConfig("client", source),
    side: "client",
    cipherSuites: parsed.certificateWithPsk === "never"
      ? settings.cipherSuites
      : withCertificates(settings.cipherSuites),
    sessionCache: parsed.sessionCache,
    onSession: undefined,
    onCertificateRequest: undefined,
    requestOcsp: parsed.requestOcsp,
    requestScts: parsed.requestScts,
    keepsSessions: parsed.sessionCache !== undefined,
    postHandshakeAuth: parsed.postHandshakeAuth ??
      (identities.length > 0 || parsed.onCertificateRequest !== undefined),
    certificateTypes: parsed.certificateTypes ?? typesOf(identities),
    ticketRequest: parsed.ticketRequest,
    maxFragmentLength: parsed.maxFragmentLength,
    keyShares: settings.keyShares,
    madeShares: undefined,
    fallback: parsed.fallback,
    earlyData: undefined,
    ech: undefined,
  };
}

/**
 * RFC 9973 section 7: an external PSK "MUST NOT be the sole basis for
 * authentication" beside certificates, and below TLS 1.3 it would be with some.
 *
 * @throws {TypeError} If there are no others.
 */
function withCertificates(suites: readonly CipherSuite[]): CipherSuite[] {
  const usable = suites.filter((suite) => suite.authentication !== "PSK");
  if (usable.length > 0) return usable;
  throw new TypeError(
    `Cannot use "certificateWithPsk" with "cipherSuites": in all of them the pre-shared key stands for the certificate`,
  );
}

/**
 * The schemes that delegated credentials may sign with (RFC 9345 section 4).
 *
 * @throws {TypeError} If there are none.
 */
function delegableSchemes(schemes: readonly number[]): readonly number[] {
  const usable = schemesForServers(schemes).filter((id) => {
    const row = signatureSchemeById(id);
    return row?.keyType !== "rsa" &&
      row?.versions.includes(ProtocolVersion["TLSv1.3"]);
  });
  if (usable.length > 0) return usable;
  throw new TypeError(
    `Cannot use "delegatedCredentials": "signatureSchemes" has no scheme for them (RFC 9345 section 4)`,
  );
}

/**
 * Refuses a delegated credential that was signed for the other side (RFC 9345
 * section 4).
 */
function shownBy(
  side: "client" | "server",
  identity: LocalIdentity,
): LocalIdentity {
  const signedFor = identity.delegation?.side ?? side;
  if (signedFor === side) return identity;
  throw new TypeError(
    `Cannot use "delegatedCredential" at a ${side}: it was signed for a ${signedFor} (RFC 9345 section 4)`,
  );
}

/** What a client can show, in order of preference. */
function typesOf(identities: readonly LocalIdentity[]): readonly number[] {
  const { X509, RawPublicKey } = CertificateType;
  const types = identities
    .map(({ chain }) => chain.length === 0 ? RawPublicKey : X509);
  return types.length === 0 ? [X509] : [...new Set(types)];
}

/** The configuration of all connections of a server. */
export function serverConfig(
  source: Source,
  sessions: {
    readonly ticketKeys: TicketKeys | undefined;
    readonly sessionStore: ServerConfig["sessionStore"];
  },
): ServerConfig {
  const { options, options: { parsed }, settings } = source;
  return {
    ...handshakeConfig("server", source),
    side: "server",
    clientAuth: parsed.clientAuth,
    certificateAuthorities: parsed.certificateAuthorities ??
      acceptableAuthorities(options),
    sni: undefined,
    onClientHello: undefined,
    onAlpn: undefined,
    acknowledgeServerName: parsed.acknowledgeServerName,
    equalCipherSuites: settings.equalCipherSuites,
    preferServerCipherSuites: parsed.preferServerCipherSuites,
    ...sessions,
    tickets: parsed.tickets,
    sessionTimeout: parsed.sessionTimeout,
    sessionIdContext: parsed.sessionIdContext,
    onOcspRequest: undefined,
    dhParams: settings.dhParams,
    helloRetry: parsed.helloRetry,
    earlyData: policyOf(parsed.earlyData),
    halfRtt: parsed.halfRtt,
    ech: undefined,
  };
}

/** How a server accepts early data. */
function policyOf(
  earlyData: ParsedOptions["earlyData"],
): ServerConfig["earlyData"] {
  if (earlyData === undefined) return undefined;
  if ("policy" in earlyData) return earlyData.policy;
  throw earlyDataOfClient();
}

/** The configuration that both sides have. */
function handshakeConfig(
  side: "client" | "server",
  { options, settings, identities }: Source,
): HandshakeConfig {
  const { parsed } = options;
  return {
    ...connectionConfig(options, parsed),
    minVersion: settings.minVersion,
    maxVersion: settings.maxVersion,
    versions: settings.versions,
    cipherSuites: settings.cipherSuites,
    groups: settings.groups,
    signatureSchemes: settings.signatureSchemes,
    certificateSignatureSchemes: settings.certificateSignatureSchemes,
    security: settings.security,
    weakSessions: settings.weakSessions,
    alpnProtocols: parsed.alpnProtocols,
    peerCertificateTypes: parsed.peerCertificateTypes,
    delegatedCredentialSchemes: parsed.delegatedCredentials
      ? delegableSchemes(settings.signatureSchemes)
      : [],
    certificateCompression: parsed.certificateCompression,
    identities: identities.map((identity) => shownBy(side, identity)),
    trust: trustConfig(side, options, settings.security),
    verify: undefined,
    psk: undefined,
    certificateWithPsk: parsed.certificateWithPsk,
    renegotiation: parsed.renegotiation,
    renegotiationLimit: parsed.renegotiationLimit,
    renegotiationWindow: parsed.renegotiationWindow,
    minDhSize: parsed.minDhSize,
    recordSizeLimit: parsed.recordSizeLimit,
    now: parsed.now,
    random: parsed.random,
    keyRandom: options.given.random === undefined ? undefined : parsed.random,
    keyLog: undefined,
    grease: parsed.grease,
  };
}

/**
 * The names of the authorities that clients may come from, as Go and Node.js
 * send them; empty if they do not fit, which leaves the choice to the client.
 */
function acceptableAuthorities(options: ReadOptions): readonly Uint8Array[] {
  const names = distinguishedNames(clientAuthorities(options).certificates);
  return fitsAuthorities(names) ? names : [];
}
