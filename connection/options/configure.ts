/**
 * From options to what the handshake of a client or a server needs.
 *
 * @module
 */

import { hasLeave } from "../../crypto/security_level.ts";
import type {
  ClientConfig,
  HandshakeConfig,
  Identity,
  ServerConfig,
} from "../../handshake/config.ts";
import { DEFAULT_MAX_CERTIFICATE_SIZE } from "../../handshake/message.ts";
import { maxFragmentLengthOf } from "../../handshake/record_limits.ts";
import type { TicketKeys } from "../../handshake/ticket_keys.ts";
import { parseIpAddress } from "../../x509/ip_address.ts";
import { normalizeDnsName } from "../../x509/name_match.ts";
import { parsePfx } from "../../x509/pfx.ts";
import { identityOf, ownFault, requireStrength } from "./identity.ts";
import { isSomeBytes } from "./values.ts";
import type { ContextOptions } from "./options.ts";
import { clientPsk, serverPsk } from "./psk.ts";
import type { CommonSettings } from "./settings.ts";

/** What had to be waited for. */
export interface Loaded {
  readonly identities: readonly Identity[];
}

/**
 * Reads what takes time.
 *
 * @throws {TlsError} If a key or certificate cannot be read or does not match.
 */
export async function load(
  options: ContextOptions,
  { security }: CommonSettings,
): Promise<Loaded> {
  const { cert, key, pfx, passphrase, certificates = [] } = options;
  const identities: Identity[] = [];
  if (cert !== undefined && key !== undefined) {
    identities.push(await identityOf({ cert, key, passphrase }, "cert"));
  }
  if (pfx !== undefined) {
    identities.push(await ownFault(parsePfx(pfx, { passphrase })));
  }
  for (const input of certificates) {
    identities.push(await identityOf(input, "certificates"));
  }
  for (const identity of identities) requireStrength(identity, security);
  const { ocspResponse, signedCertificateTimestamps } = options;
  return {
    identities: identities.map((identity, index) => ({
      ...identity,
      ...(index === 0 ? { ocspResponse, signedCertificateTimestamps } : {}),
    })),
  };
}

function handshakeConfig(
  options: ContextOptions,
  settings: CommonSettings,
  { identities }: Loaded,
): HandshakeConfig {
  return {
    minVersion: settings.minVersion,
    maxVersion: settings.maxVersion,
    cipherSuites: settings.cipherSuites,
    groups: settings.groups,
    signatureSchemes: settings.signatureSchemes,
    certificateSignatureSchemes: settings.certificateSignatureSchemes,
    security: settings.security,
    weakSessions: hasLeave(options.legacy, "sessions"),
    alpnProtocols: options.alpnProtocols ?? [],
    identities,
    trust: settings.trust,
    psk: undefined,
    renegotiation: options.renegotiation ?? "never",
    renegotiationLimit: {
      count: options.renegotiationLimit ?? 3,
      seconds: options.renegotiationWindow ?? 600,
    },
    minDhSize: options.minDhSize ?? 2048,
    maxFragmentSize: options.maxFragmentSize ?? 16384,
    recordSizeLimit: options.recordSizeLimit,
    maxCertificateSize: options.maxCertificateSize ??
      DEFAULT_MAX_CERTIFICATE_SIZE,
    now: settings.now,
    random: settings.random,
    keyLog: options.keyLog,
    grease: options.grease ?? true,
    onEvent: options.onEvent,
  };
}

/** What a client's connection needs. */
export function clientConfig(
  options: ContextOptions & { hostname?: string; sessionKey?: string },
  settings: CommonSettings,
  loaded: Loaded,
): ClientConfig {
  const { hostname, serverName } = options;
  const name = typeof serverName === "string" ? serverName : hostname;
  const { onCertificateRequest } = options;
  return {
    ...handshakeConfig(options, settings, loaded),
    side: "client",
    // RFC 6066 section 3: no address, and no final dot.
    serverName: serverName === false || name === undefined ||
        parseIpAddress(name) !== undefined
      ? undefined
      : normalizeDnsName(name),
    verifyName: name,
    session: options.session,
    sessionCache: options.sessionCache,
    sessionKey: options.sessionKey ?? name ?? "",
    onSession: options.onSession,
    onCertificateRequest: onCertificateRequest === undefined
      ? undefined
      : async (info) => {
        const answer = await onCertificateRequest(info);
        if (answer === undefined || answer === null) return answer;
        const identity = await identityOf(answer, "onCertificateRequest");
        requireStrength(identity, settings.security);
        return identity;
      },
    requestOcsp: options.requestOcsp ?? true,
    requestScts: options.requestScts ?? true,
    keepsSessions: options.sessionCache !== undefined ||
      options.onSession !== undefined,
    postHandshakeAuth: options.postHandshakeAuth ??
      (loaded.identities.length > 0 || onCertificateRequest !== undefined),
    maxFragmentLength: options.maxFragmentLength &&
      maxFragmentLengthOf(options.maxFragmentLength),
    keyShares: settings.keyShares,
    fallback: options.fallback ?? false,
    psk: clientPsk(options.psk),
  };
}

/** What a server's connection needs. */
export function serverConfig(
  options: ContextOptions,
  settings: CommonSettings,
  loaded: Loaded,
  ticketKeys: TicketKeys | undefined,
  lookUps: Pick<ServerConfig, "sni" | "onClientHello">,
): ServerConfig {
  const { psk, onOcspRequest } = options;
  return {
    ...handshakeConfig(options, settings, loaded),
    side: "server",
    clientAuth: options.clientAuth ?? "none",
    certificateAuthorities: settings.certificateAuthorities,
    ...lookUps,
    onAlpn: options.onAlpn,
    acknowledgeServerName: options.acknowledgeServerName ?? true,
    equalCipherSuites: settings.equalCipherSuites,
    preferServerCipherSuites: options.preferServerCipherSuites ?? true,
    ticketKeys,
    sessionStore: options.sessionStore,
    ticketCount: options.tickets ?? 2,
    sessionTimeout: options.sessionTimeout ?? DEFAULT_SESSION_TIMEOUT,
    sessionIdContext: contextBytes(options.sessionIdContext),
    onOcspRequest: onOcspRequest === undefined
      ? undefined
      : async (identity) => {
        const staple = await onOcspRequest(identity);
        if (staple === undefined || staple === null) return undefined;
        isSomeBytes(staple, "onOcspRequest");
        return staple;
      },
    dhParams: settings.dhParams,
    cookie: options.helloRetry === "cookie",
    psk: serverPsk(psk, options.pskIdentityHint),
  };
}

function contextBytes(context: string | Uint8Array | undefined): Uint8Array {
  return typeof context === "string"
    ? new TextEncoder().encode(context)
    : context ?? new Uint8Array();
}

/** A day, in seconds. */
const DEFAULT_SESSION_TIMEOUT = 86_400;
