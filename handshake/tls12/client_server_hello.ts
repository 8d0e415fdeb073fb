/**
 * What a ServerHello of TLS 1.2 or below settles for the client (RFC 5246
 * section 7.4.1.3), extension by extension.
 *
 * @module
 */

import type { CipherSuite } from "../../crypto/suites/cipher_suites.ts";
import { TlsProtocolError } from "../../errors.ts";
import { ECPointFormat } from "../../registry.ts";
import type { ClientHandshake } from "../common/flow.ts";
import { selectedType } from "../common/certificate_types.ts";
import { selectedProtocol } from "../common/negotiate.ts";
import {
  type Extensions,
  refuseMisplaced,
  refuseUnsolicited,
} from "../messages/extensions.ts";
import type { ServerHello } from "../messages/server_hello.ts";
import type { OfferedSession } from "../common/offered_psk.ts";
import { acceptRecordLimits } from "../common/record_limits.ts";
import { checkServerRenegotiationInfo } from "../common/renegotiation_info.ts";
import type { Tls12Parameters } from "./secrets.ts";
import type { SessionState } from "../session/session_state.ts";
import { hasExtendedMasterSecret } from "../common/resumable.ts";
import { belongsTo } from "../common/suites_tls12.ts";
import { profileOf } from "../common/tls12_profile.ts";

/** What the ServerHello settled. */
export interface ServerAnswer {
  readonly params: Tls12Parameters;
  /** The session that is resumed. */
  readonly session: OfferedSession | undefined;
  /** session_id of a new session; empty if it has none. */
  readonly sessionId: Uint8Array;
  readonly alpnProtocol: string | undefined;
  /** A NewSessionTicket will come. */
  readonly issuesTicket: boolean;
  /** A CertificateStatus may come. */
  readonly staples: boolean;
  readonly signedCertificateTimestamps: readonly Uint8Array[];
  /** CertificateType of the server (RFC 7250). */
  readonly serverCertificateType: number;
  /** CertificateType that the client is to have. */
  readonly clientCertificateType: number;
  /** renegotiation_info came (RFC 5746). */
  readonly secureRenegotiation: boolean;
}

/**
 * Checks the ServerHello.
 *
 * @throws {TlsProtocolError} `illegal_parameter`, `unsupported_extension` or
 * `handshake_failure`, if something in it was not offered.
 */
export function acceptServerHello(
  hs: ClientHandshake,
  hello: ServerHello,
  version: number,
): ServerAnswer {
  const { io, offer, previous, config } = hs;
  const { extensions } = hello;
  if (previous !== undefined && previous.version !== version) {
    throw new TlsProtocolError(
      "protocol_version",
      "Cannot accept ServerHello: a renegotiation must keep the version",
    );
  }
  // RFC 5246 section 7.4.1.4: "If a client receives an extension type in
  // ServerHello that it did not request in the associated ClientHello, it MUST
  // abort the handshake with an unsupported_extension fatal alert": so that is
  // first, whether or not the extension is one of a ServerHello.
  refuseUnsolicited(offer.extensionTypes, extensions, "ServerHello");
  refuseMisplaced(extensions, "TLSv1.2 ServerHello");
  const suite = suiteOf(hs, hello, version);
  const session = resumedSession(hs, hello, version);
  const params: Tls12Parameters = {
    profile: profileOf(version),
    suite,
    randoms: {
      clientRandom: offer.hello.random,
      serverRandom: hello.random.slice(),
    },
    extendedMasterSecret: masterSecretExtended(hs, extensions, session?.state),
    encryptThenMac: encryptsThenMac(extensions, suite),
    maxFragmentLength: acceptRecordLimits(
      hs,
      extensions,
      "next_keys",
      session?.state.maxFragmentLength || undefined,
    ),
  };
  checkPointFormats(extensions);
  io.transcript.selectHash(params.profile.transcriptHash(suite));
  return {
    params,
    session,
    sessionId: hello.legacySessionIdEcho,
    alpnProtocol: selectProtocol(hs, extensions),
    issuesTicket: extensions.session_ticket !== undefined,
    staples: extensions.status_request !== undefined,
    signedCertificateTimestamps: extensions.signed_certificate_timestamp ?? [],
    serverCertificateType: selectedType(
      extensions.server_certificate_type,
      config.peerCertificateTypes,
    ),
    clientCertificateType: selectedType(
      extensions.client_certificate_type,
      config.certificateTypes,
    ),
    secureRenegotiation: checkServerRenegotiationInfo(
      extensions.renegotiation_info,
      previous,
    ),
  };
}

/** RFC 7301 section 3.1; a renegotiation keeps the protocol. */
function selectProtocol(
  { config, previous }: ClientHandshake,
  { application_layer_protocol_negotiation: selected }: Extensions<
    "ServerHello"
  >,
): string | undefined {
  const protocol = selectedProtocol(config.alpnProtocols, selected);
  if (previous === undefined) return protocol;
  if (protocol !== undefined && protocol !== previous.alpnProtocol) {
    throw new TlsProtocolError(
      "illegal_parameter",
      `Cannot accept ServerHello: a renegotiation must keep the ALPN protocol, got ${protocol}`,
    );
  }
  return previous.alpnProtocol;
}

/** The suite, which must be one of the version. */
function suiteOf(
  { config }: ClientHandshake,
  hello: ServerHello,
  version: number,
): CipherSuite {
  const suite = config.cipherSuites.find(({ id }) => id === hello.cipherSuite);
  if (suite === undefined || !belongsTo(suite, version)) {
    throw new TlsProtocolError(
      "illegal_parameter",
      `Cannot accept ServerHello: ${
        suite?.name ?? "its cipher suite"
      } is not one of the version that it chose`,
    );
  }
  return suite;
}

/**
 * RFC 5246 section 7.4.1.3: our session ID again means the session is resumed.
 */
function resumedSession(
  { offer }: ClientHandshake,
  hello: ServerHello,
  version: number,
): OfferedSession | undefined {
  const { legacySessionId } = offer.hello;
  const id = hello.legacySessionIdEcho;
  const isOurs = id.length > 0 && id.length === legacySessionId.length &&
    id.every((byte, at) => byte === legacySessionId[at]);
  if (!isOurs) return undefined;
  const { session } = offer;
  const wrong = session === undefined
    ? "it resumes a session that was not offered"
    : session.state.version !== version
    ? "the resumed session is of another version"
    : session.state.cipherSuite !== hello.cipherSuite
    ? "the resumed session has another cipher suite"
    : undefined;
  if (wrong !== undefined) {
    throw new TlsProtocolError(
      "illegal_parameter",
      `Cannot accept ServerHello: ${wrong}`,
    );
  }
  return session;
}

/**
 * RFC 7627 section 5.3: an abbreviated handshake has it if and only if the
 * session has; section 5.4: a renegotiation keeps it.
 */
function masterSecretExtended(
  { previous }: ClientHandshake,
  { extended_main_secret }: Extensions<"ServerHello">,
  session: SessionState | undefined,
): boolean {
  const isExtended = extended_main_secret !== undefined;
  const hadIt = session === undefined
    ? previous?.extendedMasterSecret
    : hasExtendedMasterSecret(session);
  if (!isExtended && hadIt) {
    throw new TlsProtocolError(
      "handshake_failure",
      `Cannot accept ServerHello: it has no extended_main_secret, which the ${
        session === undefined ? "previous handshake" : "resumed session"
      } had (RFC 7627 section 5.3)`,
    );
  }
  if (isExtended && session !== undefined && !hadIt) {
    throw new TlsProtocolError(
      "handshake_failure",
      "Cannot accept ServerHello: it has extended_main_secret, which the resumed session did not have (RFC 7627 section 5.3)",
    );
  }
  return isExtended;
}

/** RFC 7366 section 3: not with a stream cipher or an AEAD. */
function encryptsThenMac(
  { encrypt_then_mac }: Extensions<"ServerHello">,
  { cipher, name }: CipherSuite,
): boolean {
  if (encrypt_then_mac !== undefined && cipher.kind !== "cbc") {
    throw new TlsProtocolError(
      "illegal_parameter",
      `Cannot accept ServerHello: encrypt_then_mac cannot be used with ${name}`,
    );
  }
  return encrypt_then_mac !== undefined;
}

/** RFC 8422 section 5.2: if the extension is there, uncompressed is in it. */
function checkPointFormats(
  { ec_point_formats }: Extensions<"ServerHello">,
): void {
  if (
    ec_point_formats !== undefined &&
    !ec_point_formats.includes(ECPointFormat.uncompressed)
  ) {
    throw new TlsProtocolError(
      "illegal_parameter",
      "Cannot accept ServerHello: ec_point_formats lacks uncompressed",
    );
  }
}
