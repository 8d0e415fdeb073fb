/**
 * What a client offers (RFC 9846 section 4.2.2): the ClientHello, the ephemeral
 * keys behind its shares, the sessions and keys behind its identities.
 *
 * @module
 */

import type {
  KeyExchangeGroup,
  KeyShareOffer,
} from "../../crypto/primitives/provider.ts";
import { isPostQuantum } from "../../crypto/groups/named_groups.ts";
import { schemesForServers } from "../../crypto/signatures/signature_schemes.ts";
import { bytesOfName } from "../../encoding.ts";
import {
  CertificateStatusType,
  CipherSuite,
  ECPointFormat,
  HandshakeType,
  NameType,
  ProtocolVersion,
  PskKeyExchangeMode,
} from "../../registry.ts";
import type { ClientConfig } from "./config.ts";
import type { ClientPsk } from "./psk_config.ts";
import { makeShares } from "./key_shares.ts";
import { offeredTypes } from "./certificate_types.ts";
import { hasHole } from "./versions.ts";
import { type Extensions, typesOf } from "../messages/extensions.ts";
import { Grease } from "../messages/grease.ts";
import { encodeMessage } from "../messages/framing.ts";
import { ClientHello } from "../messages/client_hello.ts";
import {
  type OfferedPsk,
  offeredPsks,
  type OfferedSession,
} from "./offered_psk.ts";
import { isTls13, type SessionState } from "../session/session_state.ts";
import { MAX_RECORD_SIZE_LIMIT_TLS12 } from "../messages/limits.ts";
import type { Transcript } from "../io/transcript.ts";

/** All that a client put into its ClientHello and behind it. */
export interface ClientOffer {
  /** The message as a value. */
  readonly hello: ClientHello;
  /** The message as it was sent, header included. */
  readonly raw: Uint8Array;
  /** The ephemeral keys, by group. */
  readonly shares: ReadonlyMap<number, KeyShareOffer>;
  /** The keys behind `pre_shared_key`. */
  readonly psks: readonly OfferedPsk[];
  /** The session of TLS 1.2 or below that is offered. */
  readonly session: OfferedSession | undefined;
  /** Types of the extensions that were sent. */
  readonly extensionTypes: ReadonlySet<number>;
}

/** Makes the first ClientHello. */
export async function makeClientHello(
  config: ClientConfig,
  session: OfferedSession | undefined,
  externalPsks: readonly ClientPsk[],
  renegotiationInfo: Uint8Array = new Uint8Array(),
): Promise<ClientOffer> {
  const grease = config.grease ? new Grease(config.random(8)) : undefined;
  const shares = offersTls13(config)
    ? await (config.madeShares?.take() ??
      makeShares(config.keyShares, config.keyRandom))
    : new Map<number, KeyShareOffer>();
  const psks = offersTls13(config)
    ? await offeredPsks(config, session, externalPsks)
    : [];
  const session12 = isTls13(session?.state) ? undefined : session;
  const extensions = clientExtensions(
    config,
    shares,
    psks,
    session12?.state,
    grease,
  );
  if (extensions.renegotiation_info !== undefined) {
    extensions.renegotiation_info = renegotiationInfo;
  }
  const hello: ClientHello = {
    // RFC 9846 section 4.2.2: legacy_version is at most that of TLS 1.2.
    legacyVersion: Math.min(config.maxVersion, ProtocolVersion["TLSv1.2"]),
    random: config.random(32),
    legacySessionId: legacySessionId(config, session12?.state),
    cipherSuites: cipherSuites(config, session?.state, grease),
    legacyCompressionMethods: [0],
    extensions,
  };
  return finishOffer(hello, shares, psks, session12);
}

/** Encodes an offer, and binds its PSKs to what stands before (4.2.11.2). */
export function finishOffer(
  hello: ClientHello,
  shares: ReadonlyMap<number, KeyShareOffer>,
  psks: readonly OfferedPsk[],
  session: OfferedSession | undefined,
  previous?: Transcript,
): ClientOffer {
  const binders = psks.map((psk) => new Uint8Array(psk.hash.length));
  const whole = psks.length === 0 ? hello : withPsks(hello, psks, binders);
  const raw = encodeMessage(HandshakeType.client_hello, ClientHello, whole);
  bindPsks(raw, psks, binders, previous);
  return {
    hello: whole,
    raw,
    shares,
    psks,
    session,
    extensionTypes: new Set(typesOf(whole.extensions)),
  };
}

function withPsks(
  hello: ClientHello,
  psks: readonly OfferedPsk[],
  binders: Uint8Array[],
): ClientHello {
  const identities = psks.map(({ identity, obfuscatedTicketAge }) => ({
    identity,
    obfuscatedTicketAge,
  }));
  const extensions = {
    ...hello.extensions,
    pre_shared_key: { identities, binders },
  };
  return { ...hello, extensions };
}

/**
 * RFC 9846 section 4.3.11.2, "PSK Binder": each is an HMAC over the transcript
 * up to and including the identities, its own list left off. They are filled in
 * at the end of the message, which has been encoded with zeros there.
 */
function bindPsks(
  raw: Uint8Array,
  psks: readonly OfferedPsk[],
  binders: readonly Uint8Array[],
  previous: Transcript | undefined,
): void {
  const truncated = truncateBinders(raw, binders);
  let at = truncated.length + 2;
  for (const [index, psk] of psks.entries()) {
    const binder = makeBinder(psk, truncated, previous);
    binders[index]?.set(binder);
    raw.set(binder, at + 1);
    at += 1 + binder.length;
  }
}

function makeBinder(
  psk: OfferedPsk,
  truncated: Uint8Array,
  previous: Transcript | undefined,
): Uint8Array {
  const transcriptHash = previous === undefined
    ? psk.hash.digest(truncated)
    : previous.hashWith(truncated);
  return psk.early.binder(psk.kind, transcriptHash);
}

/** The ClientHello without the binders list, its two length bytes included. */
export function truncateBinders(
  raw: Uint8Array,
  binders: readonly Uint8Array[],
): Uint8Array {
  const size = binders.reduce((sum, binder) => sum + 1 + binder.length, 2);
  return raw.subarray(0, raw.length - size);
}

function clientExtensions(
  config: ClientConfig,
  shares: ReadonlyMap<number, KeyShareOffer>,
  psks: readonly OfferedPsk[],
  session12: SessionState | undefined,
  grease: Grease | undefined,
): Extensions<"ClientHello"> {
  const extensions: Extensions<"ClientHello"> = {
    unknown: grease === undefined ? [] : grease.extensions(),
    supported_groups: [
      ...grease?.group() ?? [],
      ...config.groups.filter((group) => isForVersions(config, group))
        .map((group) => group.id),
    ],
  };
  if (config.maxVersion >= ProtocolVersion["TLSv1.2"]) {
    // RFC 5246 section 7.4.1.4.1: "this extension is not meaningful for TLS
    // versions prior to 1.2".
    extensions.signature_algorithms = [
      ...grease?.signatureScheme() ?? [],
      ...schemesForServers(config.signatureSchemes),
    ];
  }
  const { serverName, alpnProtocols, certificateSignatureSchemes } = config;
  if (serverName !== undefined) {
    extensions.server_name = [{
      nameType: NameType.host_name,
      hostName: utf8.encode(serverName),
    }];
  }
  if (alpnProtocols.length > 0) {
    extensions.application_layer_protocol_negotiation = alpnProtocols.map(
      bytesOfName,
    );
  }
  if (config.requestOcsp) {
    extensions.status_request = {
      statusType: CertificateStatusType.ocsp,
      responderIdList: [],
      requestExtensions: new Uint8Array(),
    };
  }
  if (config.requestScts) extensions.signed_certificate_timestamp = true;
  if (certificateSignatureSchemes !== undefined) {
    extensions.signature_algorithms_cert = [
      ...grease?.signatureScheme() ?? [],
      ...certificateSignatureSchemes,
    ];
  }
  const serverTypes = offeredTypes(config.peerCertificateTypes);
  if (serverTypes) extensions.server_certificate_type = serverTypes;
  const clientTypes = offeredTypes(config.certificateTypes);
  if (clientTypes) extensions.client_certificate_type = clientTypes;
  if (config.recordSizeLimit !== undefined) {
    extensions.record_size_limit = offersTls13(config)
      ? config.recordSizeLimit
      : Math.min(config.recordSizeLimit, MAX_RECORD_SIZE_LIMIT_TLS12);
  }
  if (config.maxFragmentLength !== undefined) {
    extensions.max_fragment_length = config.maxFragmentLength;
  }
  if (config.minVersion < ProtocolVersion["TLSv1.3"]) {
    addTls12(extensions, config, session12);
  }
  if (offersTls13(config)) {
    addTls13(extensions, config, shares, psks, grease);
  } else if (hasHole(config.versions)) {
    // Section 4.3.1 has servers of TLS 1.3 go by it alone: nothing else says
    // that a version in the middle is off.
    extensions.supported_versions = [...config.versions];
  }
  return extensions;
}

/** ML-KEM is defined for TLS 1.3 alone (RFC 9954). */
function isForVersions(
  config: ClientConfig,
  group: KeyExchangeGroup,
): boolean {
  return offersTls13(config) || !isPostQuantum(group);
}

function addTls13(
  extensions: Extensions<"ClientHello">,
  config: ClientConfig,
  shares: ReadonlyMap<number, KeyShareOffer>,
  psks: readonly OfferedPsk[],
  grease: Grease | undefined,
): void {
  extensions.supported_versions = [
    ...grease?.version() ?? [],
    ...config.versions,
  ];
  extensions.key_share = [
    ...grease?.keyShare() ?? [],
    ...[...shares].map(([group, { share }]) => ({
      group,
      keyExchange: share,
    })),
  ];
  if (psks.length > 0 || config.keepsSessions) {
    // Section 4.3.9: needed for PSKs now, and for tickets to come.
    extensions.psk_key_exchange_modes = [PskKeyExchangeMode.psk_dhe_ke];
  }
  if (config.keepsSessions && config.ticketRequest !== undefined) {
    const { newSessionCount, resumptionCount } = config.ticketRequest;
    extensions.ticket_request = { newSessionCount, resumptionCount };
  }
  if (config.postHandshakeAuth) extensions.post_handshake_auth = true;
  if (config.delegatedCredentialSchemes.length > 0) {
    extensions.delegated_credential = [...config.delegatedCredentialSchemes];
  }
  if (config.certificateCompression.length > 0) {
    extensions.compress_certificate = config.certificateCompression
      .map(({ id }) => id);
  }
  if (config.certificateWithPsk !== "never") {
    extensions.tls_cert_with_extern_psk = offersCertificates(config, psks);
  }
  // The session goes first: early data is under the key of the first identity.
  if (psks[0]?.session?.earlyData !== undefined) extensions.early_data = true;
  if (psks.length > 0) {
    extensions.pre_shared_key = { identities: [], binders: [] };
  }
}

/**
 * RFC 9973 section 4: with external PSKs alone.
 *
 * @throws {TypeError} If there are none, and they are required.
 */
function offersCertificates(
  { certificateWithPsk }: ClientConfig,
  [psk]: readonly OfferedPsk[],
): true | undefined {
  if (psk === undefined && certificateWithPsk === "require") {
    throw new TypeError(
      `Cannot use option "certificateWithPsk": there is no pre-shared key to use`,
    );
  }
  return psk?.external && true;
}

/** What only TLS 1.2 and below looks at. */
function addTls12(
  extensions: Extensions<"ClientHello">,
  config: ClientConfig,
  session: SessionState | undefined,
): void {
  extensions.extended_main_secret = true;
  extensions.renegotiation_info = new Uint8Array();
  extensions.ec_point_formats = [ECPointFormat.uncompressed];
  if (config.cipherSuites.some((suite) => suite.cipher.kind === "cbc")) {
    extensions.encrypt_then_mac = true;
  }
  if (session !== undefined || config.keepsSessions) {
    extensions.session_ticket = session?.ticket ?? new Uint8Array();
  }
}

function cipherSuites(
  config: ClientConfig,
  session: SessionState | undefined,
  grease: Grease | undefined,
): number[] {
  // RFC 7507 section 4: "after all cipher suites that it actually intends to
  // negotiate", but not where the version is that of a session to resume.
  const isFallback = config.fallback && session?.version !== config.maxVersion;
  return [
    ...grease?.cipherSuite() ?? [],
    ...config.cipherSuites.map((suite) => suite.id),
    ...isFallback ? [CipherSuite.TLS_FALLBACK_SCSV] : [],
  ];
}

/**
 * RFC 9846 section 4.2.2: in compatibility mode a new value of 32 bytes, and
 * RFC 5077 section 3.4: with a ticket too, so that its acceptance shows.
 */
function legacySessionId(
  config: ClientConfig,
  session: SessionState | undefined,
): Uint8Array {
  if (session !== undefined && session.sessionId.length > 0) {
    return session.sessionId;
  }
  return offersTls13(config) || session !== undefined
    ? config.random(32)
    : new Uint8Array();
}

/** Whether TLS 1.3 is on. */
export function offersTls13(config: ClientConfig): boolean {
  return config.maxVersion >= ProtocolVersion["TLSv1.3"];
}

const utf8 = new TextEncoder();
