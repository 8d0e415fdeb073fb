/**
 * The ServerHello of TLS 1.2 and below (RFC 5246 section 7.4.1.3), for a new
 * session or a resumed one, extension by extension.
 *
 * @module
 */

import type { CipherSuite } from "../../crypto/suites/cipher_suites.ts";
import { bytesOfName } from "../../encoding.ts";
import { TlsProtocolError } from "../../errors.ts";
import {
  CertificateStatusType,
  CertificateType,
  ECPointFormat,
  ProtocolVersion,
} from "../../registry.ts";
import type { ServerConfig } from "../common/config.ts";
import type { LocalIdentity } from "../common/local_identity.ts";
import type { Extensions } from "../messages/extensions.ts";
import { tls12 } from "../messages/message_kinds_tls12.ts";
import { DOWNGRADE_TLS11, DOWNGRADE_TLS12 } from "../messages/server_hello.ts";
import { MAX_RECORD_SIZE_LIMIT_TLS12 } from "../messages/limits.ts";
import {
  answerRecordLimits,
  type RecordLimits,
  useAnsweredLimits,
} from "../common/record_limits.ts";
import {
  checkClientRenegotiationInfo,
  serverRenegotiationInfo,
} from "../common/renegotiation_info.ts";
import type { Tls12Parameters } from "./secrets.ts";
import type { ServerHandshake } from "../common/flow.ts";
import { answeredType, chooseClientType } from "../common/certificate_types.ts";
import { acknowledgesName } from "../common/negotiate.ts";
import type { ServerChoiceTls12 } from "./server_negotiate.ts";
import type { SessionState } from "../session/session_state.ts";
import { issuesTicket, keepsById, type ResumedSession } from "./sessions.ts";
import type { Tls12Profile } from "../common/tls12_profile.ts";

/** What the ServerHello settled. */
export interface ServerTerms {
  readonly params: Tls12Parameters;
  /** session_id of a new session; empty if it is not kept by ID. */
  readonly sessionId: Uint8Array;
  /** The session that is resumed. */
  readonly session: ResumedSession | undefined;
  /** A NewSessionTicket follows. */
  readonly issuesTicket: boolean;
  /** The response of a CertificateStatus that follows. */
  readonly ocspResponse: Uint8Array | undefined;
  /** The client has renegotiation_info (RFC 5746). */
  readonly secureRenegotiation: boolean;
  /** The answer to the client's limits on records. */
  readonly limits: RecordLimits;
  /** CertificateType of the client (RFC 7250). */
  readonly clientCertificateType: number;
}

/** Sends the ServerHello of a full handshake. */
export async function sendServerHello(
  hs: ServerHandshake,
  profile: Tls12Profile,
  choice: ServerChoiceTls12,
): Promise<ServerTerms> {
  const { config, hello } = hs;
  const { suite, identity } = choice;
  const isRequested = requestsCertificate(config, choice);
  const clientCertificateType = isRequested
    ? chooseClientType(config, hello.extensions.client_certificate_type, true)
    : CertificateType.X509;
  const ocspResponse = await staple(hs, identity);
  const sessionId = keepsById(hs) ? config.random(32) : new Uint8Array();
  const terms = {
    ...termsOf(hs, profile, suite),
    issuesTicket: issuesTicket(hs),
    sessionId,
    session: undefined,
    ocspResponse,
    clientCertificateType,
  };
  send(hs, terms, sessionId, {
    ...commonExtensions(hs, terms),
    ...certificateExtensions(hs, identity, ocspResponse),
    server_certificate_type: answeredType(hello, identity),
    // RFC 7250 section 4.2: where it was offered and a certificate follows.
    client_certificate_type:
      isRequested && hello.extensions.client_certificate_type !== undefined
        ? clientCertificateType
        : undefined,
    // RFC 6066 section 3; not when a session is resumed.
    server_name: acknowledgesName(hs) || undefined,
  });
  return terms;
}

/** Sends the ServerHello of an abbreviated handshake. */
export function resumeWithServerHello(
  hs: ServerHandshake,
  profile: Tls12Profile,
  session: ResumedSession,
): ServerTerms {
  const { state, suite, renew } = session;
  const terms = {
    ...termsOf(hs, profile, suite, state),
    issuesTicket: renew && issuesTicket(hs),
    sessionId: new Uint8Array(),
    session,
    ocspResponse: undefined,
    clientCertificateType: CertificateType.X509,
  };
  // RFC 5246 section 7.4.1.3 and RFC 5077 section 3.4: the client's own.
  send(hs, terms, hs.hello.legacySessionId, {
    ...commonExtensions(hs, terms),
    server_certificate_type: answeredType(hs.hello, session.localIdentity),
  });
  return terms;
}

type CommonTerms = Pick<
  ServerTerms,
  "params" | "issuesTicket" | "secureRenegotiation" | "limits"
>;

function termsOf(
  hs: ServerHandshake,
  profile: Tls12Profile,
  suite: CipherSuite,
  session?: SessionState,
): Omit<CommonTerms, "issuesTicket"> {
  const { config, hello, previous } = hs;
  const { extensions } = hello;
  const secureRenegotiation = checkClientRenegotiationInfo(hello, previous);
  const { max_fragment_length, ...limits } = answerRecordLimits(
    hs,
    MAX_RECORD_SIZE_LIMIT_TLS12,
  );
  return {
    params: {
      profile,
      suite,
      randoms: {
        clientRandom: hello.random.slice(),
        serverRandom: serverRandom(config, profile),
      },
      extendedMasterSecret: masterSecretExtended(hs),
      // RFC 7366 section 3: not with a stream cipher or an AEAD.
      encryptThenMac: extensions.encrypt_then_mac !== undefined &&
        suite.cipher.kind === "cbc",
      maxFragmentLength: session === undefined
        ? max_fragment_length
        : session.maxFragmentLength || undefined,
    },
    // RFC 6066 section 1.1: a resumed session keeps its limit, and the
    // ServerHello does not repeat it.
    limits: session === undefined ? { ...limits, max_fragment_length } : limits,
    secureRenegotiation,
  };
}

/** RFC 9846 section 4.2.3: a server that supports a higher version says so. */
function serverRandom(
  { random, maxVersion }: ServerConfig,
  { version }: Tls12Profile,
): Uint8Array {
  const { "TLSv1.2": tls12, "TLSv1.3": tls13 } = ProtocolVersion;
  const bytes = random(32).slice();
  if (version < tls12 && maxVersion >= tls12) bytes.set(DOWNGRADE_TLS11, 24);
  else if (maxVersion >= tls13) bytes.set(DOWNGRADE_TLS12, 24);
  return bytes;
}

/** RFC 7627 section 5.4: a renegotiation keeps the extended master secret. */
function masterSecretExtended({ hello, previous }: ServerHandshake): boolean {
  const isExtended = hello.extensions.extended_main_secret !== undefined;
  if (previous?.extendedMasterSecret && !isExtended) {
    throw new TlsProtocolError(
      "handshake_failure",
      "Cannot accept ClientHello: it has no extended_main_secret, which the previous handshake had (RFC 7627)",
    );
  }
  return isExtended;
}

/**
 * Whether the client is asked for a certificate: if the options say so and the
 * suite allows it (RFC 5246 section 7.4.4; with a PSK the client has proved
 * itself).
 */
export function requestsCertificate(
  { clientAuth }: ServerConfig,
  { suite, identity }: ServerChoiceTls12,
): boolean {
  return clientAuth !== "none" && identity !== undefined &&
    !suite.keyExchange.endsWith("PSK");
}

/** RFC 6066 section 8. */
async function staple(
  { config, hello }: ServerHandshake,
  identity: LocalIdentity | undefined,
): Promise<Uint8Array | undefined> {
  const { status_request } = hello.extensions;
  if (
    identity === undefined || identity.chain.length === 0 ||
    status_request?.statusType !== CertificateStatusType.ocsp
  ) return undefined;
  return await config.onOcspRequest?.(identity) ?? identity.ocspResponse;
}

function certificateExtensions(
  { hello: { extensions } }: ServerHandshake,
  identity: LocalIdentity | undefined,
  ocspResponse: Uint8Array | undefined,
): Extensions<"ServerHello"> {
  const timestamps = identity?.signedCertificateTimestamps ?? [];
  return {
    status_request: ocspResponse === undefined ? undefined : true,
    // RFC 6962 section 3.3.1.
    signed_certificate_timestamp: timestamps.length > 0 &&
        extensions.signed_certificate_timestamp !== undefined
      ? [...timestamps]
      : undefined,
  };
}

/** The extensions of both full and abbreviated handshakes. */
function commonExtensions(
  { hello: { extensions }, alpnProtocol, previous }: ServerHandshake,
  { params, secureRenegotiation, ...terms }: CommonTerms,
): Extensions<"ServerHello"> {
  const { suite } = params;
  const hasCurve = suite.keyExchange.startsWith("ECDHE");
  return {
    renegotiation_info: secureRenegotiation
      ? serverRenegotiationInfo(previous)
      : undefined,
    extended_main_secret: params.extendedMasterSecret ? true : undefined,
    encrypt_then_mac: params.encryptThenMac ? true : undefined,
    session_ticket: terms.issuesTicket ? true : undefined,
    // RFC 8422 section 5.2.
    ec_point_formats: hasCurve && extensions.ec_point_formats !== undefined
      ? [ECPointFormat.uncompressed]
      : undefined,
    application_layer_protocol_negotiation: alpnProtocol === undefined
      ? undefined
      : [bytesOfName(alpnProtocol)],
    ...terms.limits,
  };
}

function send(
  hs: ServerHandshake,
  { params, limits }: CommonTerms,
  legacySessionIdEcho: Uint8Array,
  extensions: Extensions<"ServerHello">,
): void {
  const { io } = hs;
  const { profile, suite, randoms } = params;
  io.transcript.selectHash(profile.transcriptHash(suite));
  io.send(tls12.serverHello, {
    legacyVersion: profile.version,
    random: randoms.serverRandom,
    legacySessionIdEcho,
    cipherSuite: suite.id,
    legacyCompressionMethod: 0,
    extensions,
  });
  const max_fragment_length = params.maxFragmentLength;
  useAnsweredLimits(hs, { ...limits, max_fragment_length }, "next_keys");
}
