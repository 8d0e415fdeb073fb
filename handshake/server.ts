/**
 * The server: ClientHello in, the version, then TLS 1.3 or what was before.
 *
 * @module
 */

import { nameOfBytes } from "../encoding.ts";
import { TlsProtocolError } from "../errors.ts";
import { Lazy } from "../lazy.ts";
import {
  CipherSuite,
  NamedGroup,
  nameOf,
  NameType,
  ProtocolVersion,
  SignatureScheme,
} from "../registry.ts";
import { others } from "../record/not_tls.ts";
import type { KeyExchangeGroup } from "../crypto/primitives/provider.ts";
import { verifyHostname } from "../x509/certificate/hostname.ts";
import type { ServerConfig } from "./common/config.ts";
import type { ClientHelloInfo } from "./common/callback_info.ts";
import type { LocalIdentity } from "./common/local_identity.ts";
import type { ServerConnection } from "./common/server_connection.ts";
import type { Established, EstablishedTls12 } from "./common/established.ts";
import { typesOf } from "./messages/extensions.ts";
import type { ServerHandshake } from "./common/flow.ts";
import type { HandshakeIO } from "./io/message_stream.ts";
import { tls13 } from "./messages/message_kinds.ts";
import type { ClientHello } from "./messages/client_hello.ts";
import {
  chooseAlpn,
  chooseVersion,
  noCommonProtocol,
} from "./common/negotiate.ts";
import type { PreviousHandshake } from "./common/renegotiation_info.ts";

export { connectionInfo } from "./common/connection_info.ts";
export { explain } from "./io/explanation.ts";

/** Runs a server's handshake to its end. */
export async function serverHandshake(
  io: HandshakeIO,
  initial: ServerConfig,
  connection: ServerConnection,
): Promise<Established> {
  io.records.reader.others = others;
  // While the ClientHello is on its way; below TLS 1.3 no sooner than a client
  // asks for it, unless nothing else is on.
  (initial.maxVersion < ProtocolVersion["TLSv1.3"] ? flowTls12 : flowTls13)
    .prepare();
  const received = await io.receive(tls13.clientHello);
  const ech = initial.ech !== undefined &&
      received.value.extensions.encrypted_client_hello !== undefined
    ? await (flowEch.loaded ?? await flowEch.load())
      .openEch(io, initial, initial.ech, received)
    : undefined;
  const { value: hello, raw } = ech?.received ?? received;
  const info = clientHelloInfo(hello, raw, connection.remoteAddr);
  connection.sawClientHello(info);
  const config = await configFor(initial, info);
  connection.useConfig(config);
  // RFC 9849 section 6.1.3: "clients and servers will also need to pad all other
  // handshake messages that have sensitive-length fields". Whether the ClientHello
  // was accepted or GREASE makes no difference, or it would show. Where a session
  // is resumed, EncryptedExtensions and Finished are short, but have the protocol
  // that ALPN selected: only a KeyUpdate alone says nothing by its length.
  if (ech !== undefined) {
    io.records.writer.hideHandshakeLengths(KEY_UPDATE_LENGTH);
  }
  const version = selectVersion(config, hello);
  checkCompression(hello);
  const alpnProtocol = await selectProtocol(config, info);
  const hs: ServerHandshake = {
    io,
    config,
    hello,
    raw,
    info,
    alpnProtocol,
    connection,
    ech: ech?.rest,
  };
  const established = version === ProtocolVersion["TLSv1.3"]
    ? await (flowTls13.loaded ?? await flowTls13.load())
      .serverHandshakeTls13(hs)
    : await (flowTls12.loaded ?? await flowTls12.load())
      .serverHandshakeTls12(hs, version);
  return ech === undefined
    ? established
    : { ...established, ech: ech.rest.state };
}

/** Loads the parts of a server's handshakes that come when they are needed. */
export async function loadServerParts(
  { ech, groups: [preferred] }: ServerConfig,
  { hasTls13, hasTls12 }: {
    readonly hasTls13: boolean;
    readonly hasTls12: boolean;
  },
): Promise<void> {
  await Promise.all([
    ...hasTls13 ? [flowTls13.load()] : [],
    ...hasTls12 ? [flowTls12.load()] : [],
    ...ech === undefined ? [] : [flowEch.load()],
    loadGroup(preferred),
  ]);
}

/** A group loads what it needs for its first key. */
async function loadGroup(group: KeyExchangeGroup | undefined): Promise<void> {
  if (group === undefined || loadedGroups.has(group)) return;
  await group.offer();
  loadedGroups.add(group);
}

const loadedGroups = new WeakSet<KeyExchangeGroup>();

/** Reads a ClientHello that somebody else may answer. */
export async function readClientHelloInfo(
  io: HandshakeIO,
  remoteAddr: unknown,
): Promise<ClientHelloInfo> {
  io.records.reader.others = others;
  const { value, raw } = await io.receive(tls13.clientHello);
  return clientHelloInfo(value, raw, remoteAddr);
}

/**
 * Runs another handshake of a server on a connection of TLS 1.2 or below, with
 * the version, the name and the ALPN protocol that it has.
 */
export async function serverRenegotiation(
  io: HandshakeIO,
  initial: ServerConfig,
  { previous, connection, clientAuth }: {
    readonly previous: PreviousHandshake;
    readonly connection: ServerConnection;
    /** In the place of the configuration's. */
    readonly clientAuth: ServerConfig["clientAuth"] | undefined;
  },
): Promise<EstablishedTls12> {
  const { value: hello, raw } = await io.receive(tls13.clientHello);
  const info = clientHelloInfo(hello, raw, connection.remoteAddr);
  checkCompression(hello);
  if (
    !offeredVersions(hello).includes(previous.version) ||
    info.serverName !== previous.serverName
  ) {
    throw new TlsProtocolError(
      "handshake_failure",
      "Cannot accept ClientHello: a renegotiation must keep the version and server_name",
    );
  }
  const found = await configFor(initial, info);
  connection.useConfig(found);
  const config = { ...found, clientAuth: clientAuth ?? found.clientAuth };
  const alpnProtocol = info.alpnProtocols.find((protocol) =>
    protocol === previous.alpnProtocol
  );
  const hs = {
    io,
    config,
    hello,
    raw,
    info,
    alpnProtocol,
    connection,
    previous,
  };
  const { serverHandshakeTls12 } = await flowTls12.load();
  return {
    ...await serverHandshakeTls12(hs, previous.version),
    alpnProtocol: previous.alpnProtocol,
  };
}

/** RFC 5246 section 7.4.1.2: it MUST contain CompressionMethod.null. */
function checkCompression({ legacyCompressionMethods }: ClientHello): void {
  if (!legacyCompressionMethods.includes(0)) {
    throw new TlsProtocolError(
      "illegal_parameter",
      "Cannot accept ClientHello: legacy_compression_methods lacks 0, no compression",
    );
  }
}

/** The configuration for this client: by its hello, then by its name. */
async function configFor(
  initial: ServerConfig,
  info: ClientHelloInfo,
): Promise<ServerConfig> {
  const config = await initial.onClientHello?.(info) ?? initial;
  const named = await config.sni?.(info.serverName);
  if (named === undefined) {
    if (!canAuthenticate(config)) throw unknownName(info);
    const identities = byName(config.identities, info.serverName);
    return identities === config.identities
      ? config
      : { ...config, identities };
  }
  return isConfig(named) ? named : { ...config, identities: named };
}

/** Whether the server can authenticate itself, or need not. */
function canAuthenticate(config: ServerConfig): boolean {
  return config.identities.length > 0 || config.psk !== undefined ||
    config.cipherSuites.some(({ authentication }) => authentication === "anon");
}

/** RFC 6066 section 3: a name that the server does not recognize. */
function unknownName({ serverName }: ClientHelloInfo): TlsProtocolError {
  const hint =
    `Where there shall be one for all clients, give "cert" and "key" besides "sni"`;
  return serverName === undefined
    ? new TlsProtocolError(
      "handshake_failure",
      "Cannot serve a client that sends no server_name: no certificate is configured for it",
      { hint },
    )
    : new TlsProtocolError(
      "unrecognized_name",
      `Cannot serve "${serverName}": no certificate is configured for that name`,
      { hint },
    );
}

function isConfig(
  value: readonly LocalIdentity[] | ServerConfig,
): value is ServerConfig {
  return !Array.isArray(value);
}

/**
 * Those that are for the name, if there are any: one for another name would
 * but be refused, however well its key fits what the client offers.
 */
function byName(
  identities: readonly LocalIdentity[],
  serverName: string | undefined,
): readonly LocalIdentity[] {
  if (serverName === undefined || identities.length < 2) return identities;
  const matching = identities.filter((identity) => isFor(identity, serverName));
  if (matching.length === 0) return identities;
  // A raw public key has no name.
  return identities.filter((identity) =>
    identity.chain.length === 0 || matching.includes(identity)
  );
}

function isFor({ chain: [leaf] }: LocalIdentity, serverName: string): boolean {
  if (leaf === undefined) return false;
  try {
    verifyHostname(leaf, serverName);
    return true;
  } catch {
    return false;
  }
}

/**
 * RFC 9846 section 4.3.1: supported_versions alone decides where it is there;
 * without it legacy_version is the highest that the client has.
 */
function selectVersion(config: ServerConfig, hello: ClientHello): number {
  checkLegacyVersion(hello);
  const version = chooseVersion(offeredVersions(hello), config);
  // RFC 7507 section 3: a client that fell back although it need not have.
  if (
    hello.cipherSuites.includes(CipherSuite.TLS_FALLBACK_SCSV) &&
    version < config.maxVersion
  ) {
    throw new TlsProtocolError(
      "inappropriate_fallback",
      `Cannot accept ClientHello: it falls back to ${
        nameOf(ProtocolVersion, version)
      } where a higher version is on`,
    );
  }
  return version;
}

/**
 * The legacy_version of a client that offers versions by supported_versions. RFC
 * 9846 section 4.2.2 has a server of TLS 1.3 abort for any value but 0x0303.
 * Here, as in BoringSSL, one above it passes: section 4.3.1 forbids to go by it,
 * and servers that could not bear a higher one are why the value was frozen.
 * SSL 3.0 is refused in any case (appendix E.5).
 *
 * @throws {TlsProtocolError} `protocol_version`.
 */
function checkLegacyVersion({ legacyVersion, extensions }: ClientHello): void {
  const { supported_versions } = extensions;
  if (supported_versions === undefined) return;
  const { "TLSv1": tls10, "TLSv1.2": tls12, "TLSv1.3": tls13 } =
    ProtocolVersion;
  const lowest = supported_versions.includes(tls13) ? tls12 : tls10;
  if (legacyVersion >= lowest) return;
  throw new TlsProtocolError(
    "protocol_version",
    `Cannot accept ClientHello: legacy_version is ${
      nameOf(ProtocolVersion, legacyVersion)
    }, below ${nameOf(ProtocolVersion, lowest)} (RFC 9846 section 4.2.2)`,
  );
}

function offeredVersions({ legacyVersion, extensions }: ClientHello): number[] {
  return extensions.supported_versions ?? versionsUpTo(legacyVersion);
}

function versionsUpTo(legacyVersion: number): number[] {
  const { "TLSv1": tls10, "TLSv1.1": tls11, "TLSv1.2": tls12 } =
    ProtocolVersion;
  const versions = [tls12, tls11, tls10].filter((v) => v <= legacyVersion);
  return versions.length > 0 ? versions : [legacyVersion];
}

/** RFC 7301 section 3.2. */
async function selectProtocol(
  config: ServerConfig,
  info: ClientHelloInfo,
): Promise<string | undefined> {
  const { alpnProtocols } = info;
  if (config.onAlpn === undefined || alpnProtocols.length === 0) {
    return chooseAlpn(config.alpnProtocols, alpnProtocols);
  }
  const given = await config.onAlpn(alpnProtocols, info);
  const chosen = given instanceof Uint8Array ? nameOfBytes(given) : given;
  if (chosen === "") {
    throw new TypeError(
      `Cannot use what option "onAlpn" returned: expected an ALPN protocol, got ""`,
    );
  }
  if (chosen !== undefined && !alpnProtocols.includes(chosen)) {
    throw noCommonProtocol([chosen], alpnProtocols);
  }
  return chosen;
}

/** The ClientHello as callbacks get it. */
export function clientHelloInfo(
  hello: ClientHello,
  raw: Uint8Array,
  remoteAddr: unknown,
): ClientHelloInfo {
  const { extensions } = hello;
  const protocols = extensions.application_layer_protocol_negotiation ?? [];
  return {
    serverName: hostName(hello),
    versions: offeredVersions(hello)
      .map((version) => nameOf(ProtocolVersion, version)),
    cipherSuites: hello.cipherSuites.map((id) => nameOf(CipherSuite, id)),
    groups: (extensions.supported_groups ?? [])
      .map((id) => nameOf(NamedGroup, id)),
    signatureSchemes: (extensions.signature_algorithms ?? [])
      .map((id) => nameOf(SignatureScheme, id)),
    pointFormats: extensions.ec_point_formats ?? [],
    alpnProtocols: protocols.map(nameOfBytes),
    alpnProtocolBytes: protocols.map((name) => name.slice()),
    certificateAuthorities: extensions.certificate_authorities ?? [],
    extensions: typesOf(extensions),
    remoteAddr,
    raw,
  };
}

/**
 * host_name of server_name (RFC 6066 section 3): ASCII, in lower case. It is
 * sent "without a trailing dot"; one that is there all the same makes no other
 * name of it.
 *
 * @throws {TlsProtocolError} `illegal_parameter`, if it is not such a name.
 */
function hostName(hello: ClientHello): string | undefined {
  const entry = hello.extensions.server_name
    ?.find(({ nameType }) => nameType === NameType.host_name);
  if (entry === undefined) return undefined;
  const name = nameOfBytes(entry.hostName);
  if (!HOST_NAME.test(name)) {
    throw new TlsProtocolError(
      "illegal_parameter",
      "Cannot accept ClientHello: expected a host name in ASCII as server_name",
    );
  }
  return name.toLowerCase().replace(/\.$/, "");
}

/** Letters, digits, hyphen, dot, and the underscore that is in use. */
const HOST_NAME = /^[A-Za-z0-9._-]+$/;

const flowTls13 = new Lazy(
  "a server's handshake of TLS 1.3",
  () => import("./tls13/server.ts"),
);

const flowTls12 = new Lazy(
  "a server's handshake of TLS 1.2",
  () => import("./tls12/server.ts"),
);

const flowEch = new Lazy(
  "Encrypted ClientHello of a server",
  () => import("./ech/server.ts"),
);

/** RFC 9846 section 4.7.3: its header, and request_update. */
const KEY_UPDATE_LENGTH = 5;
