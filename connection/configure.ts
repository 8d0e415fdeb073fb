/**
 * From options to what a handshake needs, with the defaults and their reasons.
 *
 * @module
 */

import { randomBytes } from "../crypto/bytes.ts";
import {
  type CipherSuite,
  defaultCipherSuites,
  pskCipherSuites,
} from "../crypto/cipher_suites.ts";
import { sha256 } from "../crypto/hash.ts";
import { defaultNamedGroups } from "../crypto/named_groups.ts";
import {
  parseCipherSuites,
  parseGroups,
  parseProtocolVersion,
  parseSignatureSchemes,
} from "../crypto/names.ts";
import type { KeyExchangeGroup } from "../crypto/provider.ts";
import {
  DEFAULT_SECURITY_LEVEL,
  type SecurityPolicy,
  securityPolicy,
} from "../crypto/security_level.ts";
import { defaultSignatureSchemes } from "../crypto/signature_schemes.ts";
import type {
  ClientConfig,
  HandshakeConfig,
  Identity,
  ServerConfig,
  TrustConfig,
} from "../handshake/config.ts";
import { DEFAULT_MAX_CERTIFICATE_SIZE } from "../handshake/message.ts";
import type { TicketKeys } from "../handshake/ticket_keys.ts";
import { ProtocolVersion } from "../registry.ts";
import { Certificate } from "../x509/certificate.ts";
import { Crl } from "../x509/crl.ts";
import { type DhParams, parseDhParams } from "../x509/dh_params.ts";
import { parseKeyPair } from "../x509/key_pair.ts";
import { parseIpAddress } from "../x509/ip_address.ts";
import { normalizeDnsName } from "../x509/name_match.ts";
import { parsePfx } from "../x509/pfx.ts";
import { CtLogs } from "../x509/sct_check.ts";
import { TrustStore } from "../x509/trust_store.ts";
import type { ContextOptions } from "./options.ts";
import { clientPsk, serverPsk } from "./psk.ts";
import { identityOf } from "./identity.ts";

/** What could be read at once. */
export interface CommonSettings {
  readonly minVersion: number;
  readonly maxVersion: number;
  readonly cipherSuites: readonly CipherSuite[];
  readonly groups: readonly KeyExchangeGroup[];
  readonly keyShares: readonly KeyExchangeGroup[];
  readonly signatureSchemes: readonly number[];
  readonly certificateSignatureSchemes: readonly number[] | undefined;
  readonly security: SecurityPolicy;
  readonly trust: TrustConfig;
  readonly dhParams: DhParams | undefined;
  readonly now: () => number;
}

/** What of it decides on a peer. */
interface JudgingSettings {
  readonly security: SecurityPolicy;
  readonly caCerts: readonly Certificate[];
  readonly crls: readonly Crl[] | undefined;
  readonly ctLogs: CtLogs | undefined;
}

/** What had to be waited for. */
export interface Loaded {
  readonly identities: readonly Identity[];
}

/**
 * Reads what can be read at once.
 *
 * @throws {TypeError} If an option is not what it must be.
 */
export function commonSettings(options: ContextOptions): CommonSettings {
  const range = versionRange(options);
  const named = options.cipherSuites === undefined
    ? { cipherSuites: defaultSuites(range.minVersion, options) }
    : parseCipherSuites(options.cipherSuites);
  const level = options.securityLevel ??
    ("securityLevel" in named ? named.securityLevel : undefined) ??
    DEFAULT_SECURITY_LEVEL;
  const security = securityPolicy(level, options.legacy);
  const versions = usableVersions(range, named.cipherSuites);
  const groups = options.groups === undefined
    ? defaultNamedGroups
    : parseGroups(options.groups);
  return {
    ...versions,
    cipherSuites: named.cipherSuites.filter((suite) =>
      suite.minVersion <= versions.maxVersion &&
      suite.maxVersion >= versions.minVersion
    ),
    groups,
    keyShares: keyShareGroups(groups, options.keyShares),
    signatureSchemes: options.signatureSchemes === undefined
      ? defaultSignatureSchemes.map((row) => row.id)
      : parseSignatureSchemes(options.signatureSchemes),
    certificateSignatureSchemes: options.certificateSignatureSchemes ===
        undefined
      ? undefined
      : parseSignatureSchemes(options.certificateSignatureSchemes),
    security,
    dhParams: options.dhParams === undefined
      ? undefined
      : parseDhParams(options.dhParams, security),
    trust: trustConfig(options, {
      security,
      caCerts: (options.caCerts ?? []).flatMap(readCertificates),
      crls: options.crls?.map((crl) =>
        crl instanceof Crl ? crl : Crl.parse(crl)
      ),
      ctLogs: options.ctLogs && new CtLogs(options.ctLogs),
    }),
    now: clockOf(options.now),
  };
}

/** With `psk`, the AEAD suites that authenticate by nothing else as well. */
function defaultSuites(
  minVersion: number,
  { psk }: ContextOptions,
): readonly CipherSuite[] {
  const suites = defaultCipherSuites(minVersion);
  return psk === undefined ? suites : [
    ...suites,
    ...pskCipherSuites.filter((suite) =>
      suite.authentication === "PSK" && suite.cipher.kind === "aead"
    ),
  ];
}

function versionRange(
  options: ContextOptions,
): { minVersion: number; maxVersion: number } {
  const maxVersion = options.maxVersion === undefined
    ? ProtocolVersion["TLSv1.3"]
    : parseProtocolVersion("maxVersion", options.maxVersion);
  const minVersion = options.minVersion === undefined
    ? ProtocolVersion["TLSv1.2"]
    : parseProtocolVersion("minVersion", options.minVersion);
  if (options.minVersion === undefined && maxVersion < minVersion) {
    throw new TypeError(
      `Cannot use maxVersion "${options.maxVersion}": versions below TLSv1.2 are on only where minVersion names one`,
    );
  }
  if (minVersion > maxVersion) {
    throw new TypeError(
      `Cannot use minVersion "${options.minVersion}" with maxVersion "${
        options.maxVersion ?? "TLSv1.3"
      }": it is the higher one`,
    );
  }
  return { minVersion, maxVersion };
}

/** A version for which no suite is on is off. */
function usableVersions(
  range: { minVersion: number; maxVersion: number },
  suites: readonly CipherSuite[],
): { minVersion: number; maxVersion: number } {
  const usable: number[] = [];
  for (let v = range.minVersion; v <= range.maxVersion; v++) {
    if (suites.some((s) => s.minVersion <= v && s.maxVersion >= v)) {
      usable.push(v);
    }
  }
  const [first] = usable;
  const last = usable.at(-1);
  if (first === undefined || last === undefined) {
    throw new TypeError(
      `Cannot use "cipherSuites": none of them belongs to a version from minVersion to maxVersion`,
    );
  }
  return { minVersion: first, maxVersion: last };
}

/**
 * The shares of the first ClientHello: the first group, and behind a hybrid
 * X25519, so that a server without hybrids need not ask for a second one.
 */
function keyShareGroups(
  groups: readonly KeyExchangeGroup[],
  chosen: ContextOptions["keyShares"],
): readonly KeyExchangeGroup[] {
  if (chosen !== undefined) {
    if (chosen.length === 0) return [];
    const shares = parseGroups(chosen);
    const foreign = shares.find((share) => !groups.includes(share));
    if (foreign !== undefined) {
      throw new TypeError(
        `Cannot use "keyShares": ${foreign.name} is not in "groups"`,
      );
    }
    return shares;
  }
  const [first] = groups;
  if (first === undefined) return [];
  const classical = groups.find((group) => group.kind !== "hybrid");
  return first.kind === "hybrid" && classical !== undefined
    ? [first, classical]
    : [first];
}

function clockOf(now: ContextOptions["now"]): () => number {
  if (now === undefined) return Date.now;
  return () => {
    const time = Number(now());
    // No date is before or after what is no time: nothing would ever expire.
    if (Number.isFinite(time)) return time;
    throw new TypeError(`Cannot use what option "now" gave: it is no time`);
  };
}

function readCertificates(input: string | Uint8Array): Certificate[] {
  return typeof input === "string"
    ? Certificate.fromPem(input)
    : [Certificate.parse(input)];
}

/**
 * Reads what takes time.
 *
 * @throws {TlsError} If a key or certificate cannot be read or does not match.
 */
export async function load(options: ContextOptions): Promise<Loaded> {
  const { cert, key, pfx, passphrase, certificates = [] } = options;
  const identities: Identity[] = [];
  if (cert !== undefined && key !== undefined) {
    identities.push(await parseKeyPair(cert, key, { passphrase }));
  }
  if (pfx !== undefined) identities.push(await parsePfx(pfx, { passphrase }));
  for (const input of certificates) {
    identities.push(await identityOf(input));
  }
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
    random: options.random ?? randomBytes,
    keyLog: options.keyLog,
    onEvent: options.onEvent,
  };
}

/** How peers are judged: the same for all connections of a context. */
function trustConfig(
  options: ContextOptions,
  settings: JudgingSettings,
): TrustConfig {
  const { trust } = options;
  const { caCerts } = settings;
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
    strict: options.strictCertificates ?? false,
    ignoreErrors: options.unsafelyIgnoreCertificateErrors ?? false,
    ignoreHostname: options.unsafelyDisableHostnameVerification ?? false,
    crls: settings.crls,
    allowUnknownRevocation: options.allowUnknownRevocation ?? false,
    requireOcsp: options.requireOcsp ?? false,
    ctLogs: settings.ctLogs,
    get fingerprint() {
      return fingerprint ??= trustFingerprint(options, settings);
    },
  };
}

async function defaultStore(
  caCerts: readonly Certificate[],
): Promise<TrustStore> {
  const store = await TrustStore.default();
  return caCerts.length === 0 ? store : store.with(...caCerts);
}

/**
 * Equal where two sets of options judge a peer alike. Callbacks and lists count
 * by what they are, not by what they do: a session that was exported is resumed
 * by another process only where there are none.
 */
function trustFingerprint(
  options: ContextOptions,
  { caCerts, security }: JudgingSettings,
): string {
  const parts = [
    identify(options.trust),
    identify(options.verify),
    identify(options.ctLogs),
    identify(options.crls),
    caCerts.map((certificate) => certificate.fingerprint("SHA-256")),
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

const ids = new WeakMap<object, string>();

/** Equal for two stores of the same certificates, however they came about. */
function storeFingerprint(store: TrustStore): string {
  let fingerprint = ids.get(store);
  if (fingerprint === undefined) {
    fingerprint = store.certificates
      .map((certificate) => certificate.fingerprint("SHA-256"))
      .sort().join();
    ids.set(store, fingerprint);
  }
  return fingerprint;
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
        return answer ? await identityOf(answer) : answer;
      },
    requestOcsp: options.requestOcsp ?? true,
    requestScts: options.requestScts ?? true,
    keepsSessions: options.sessionCache !== undefined ||
      options.onSession !== undefined,
    postHandshakeAuth: options.postHandshakeAuth ??
      (loaded.identities.length > 0 || onCertificateRequest !== undefined),
    keyShares: settings.keyShares,
    grease: options.grease ?? true,
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
    certificateAuthorities: (options.certificateAuthorities ?? [])
      .flatMap(readCertificates)
      .map((certificate) => certificate.subjectName.raw),
    ...lookUps,
    onAlpn: options.onAlpn,
    preferServerCipherSuites: options.preferServerCipherSuites ?? true,
    ticketKeys,
    sessionStore: options.sessionStore,
    ticketCount: options.tickets ?? 2,
    sessionTimeout: options.sessionTimeout ?? DEFAULT_SESSION_TIMEOUT,
    sessionIdContext: contextBytes(options.sessionIdContext),
    onOcspRequest,
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
