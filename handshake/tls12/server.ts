/**
 * The server half of RFC 5246 Figures 1 and 2, top to bottom; TLS 1.1 and 1.0
 * as well.
 *
 * @module
 */

import { namedGroupById } from "../../crypto/groups/named_groups.ts";
import { CertificateStatusType, CertificateType } from "../../registry.ts";
import {
  type PeerAuthentication,
  peerWithoutCertificate,
  type VerifiedFinished,
  type WithoutCertificate,
} from "../common/authenticate.ts";
import {
  certificateRequestTls12,
  readCertificateVerifyTls12,
  readClientCertificate,
} from "./certificates.ts";
import type { EstablishedTls12 } from "../common/established.ts";
import { certificateTypeOf } from "../common/certificate_types.ts";
import { sharedSchemes } from "../common/negotiate.ts";
import { rawPublicKeys } from "../common/peer_verification.ts";
import { establishTls12, type SettledTls12 } from "./establish.ts";
import { type FinishedInput, readFinished, sendFinished } from "./finished.ts";
import { tls12 } from "../messages/message_kinds_tls12.ts";
import { deriveMasterSecret, deriveProtections } from "./secrets.ts";
import type { ServerHandshake } from "../common/flow.ts";
import {
  requestsCertificate,
  resumeWithServerHello,
  sendServerHello,
  type ServerTerms,
} from "./server_hello.ts";
import { sendServerKeyExchange } from "./server_key_exchange.ts";
import { chooseTls12, type ServerChoiceTls12 } from "./server_negotiate.ts";
import { pskOf } from "../common/external_psk.ts";
import { wasRequested } from "../common/renegotiation_info.ts";
import type { PeerChain } from "../common/peer_chain.ts";
import type { SessionPsk } from "../session/session_state.ts";
import {
  findSession,
  keepSession,
  makeTicket,
  type ResumedSession,
} from "./sessions.ts";
import { profileOf, type Tls12Profile } from "../common/tls12_profile.ts";

/** Runs the handshake to its end; the ClientHello was read already. */
export async function serverHandshakeTls12(
  hs: ServerHandshake,
  version: number,
): Promise<EstablishedTls12> {
  const profile = profileOf(version);
  // From here on the records of alerts have this version, too.
  hs.io.records.setVersion(version);
  const resumed = await findSession(hs, profile);
  return resumed === undefined
    ? await fullHandshake(hs, profile)
    : await abbreviatedHandshake(hs, profile, resumed);
}

/** RFC 5246 section 7.3, Figure 1. */
async function fullHandshake(
  hs: ServerHandshake,
  profile: Tls12Profile,
): Promise<EstablishedTls12> {
  const { io } = hs;
  const choice = chooseTls12(hs, profile);
  const terms = await sendServerHello(hs, profile, choice);
  const { params } = terms;
  await sendCertificate(hs, choice, terms);
  const readSecret = await sendServerKeyExchange({ hs, params, choice });
  const isRequested = sendCertificateRequest(hs, choice, profile);
  io.send(tls12.serverHelloDone, {});
  await io.flush();
  const chain = isRequested
    ? await readClientCertificate(hs, terms.clientCertificateType)
    : { by: "not requested" } as const;
  const { secret, psk } = await readSecret();
  const master = deriveMasterSecret(params, secret, io.transcript);
  const peer = await readClientVerify(hs, chain, { profile, psk });
  io.transcript.dropMessages();
  const input = await finishedInput(hs, terms, master);
  const finished = await readFinished(input, "client");
  const settled = settle(hs, terms, peer, { choice, isRequested, psk });
  const secrets = { ...params, secret: master };
  if (terms.issuesTicket) {
    const ticket = await makeTicket(hs, settled, secrets);
    io.send(tls12.newSessionTicket, ticket);
  }
  await keepSession(hs, terms.sessionId, settled, secrets);
  const serverVerifyData = sendFinished(input, "server");
  const outcome = { master, finished, serverVerifyData, choice };
  return establish(hs, terms, settled, outcome);
}

/** RFC 5246 section 7.3, Figure 2; with a new ticket, RFC 5077 Figure 2. */
async function abbreviatedHandshake(
  hs: ServerHandshake,
  profile: Tls12Profile,
  resumed: ResumedSession,
): Promise<EstablishedTls12> {
  const { io } = hs;
  const terms = resumeWithServerHello(hs, profile, resumed);
  io.transcript.dropMessages();
  const master = resumed.state.secret;
  const input = await finishedInput(hs, terms, master);
  const settled = settle(hs, terms, resumed.peer);
  if (terms.issuesTicket) {
    const secrets = { ...terms.params, secret: master };
    const ticket = await makeTicket(hs, settled, secrets);
    io.send(tls12.newSessionTicket, ticket);
  }
  const serverVerifyData = sendFinished(input, "server");
  await io.flush();
  const finished = await readFinished(input, "client");
  return establish(hs, terms, settled, { master, finished, serverVerifyData });
}

/** Certificate, and CertificateStatus, where the suite has them. */
async function sendCertificate(
  { io }: ServerHandshake,
  { identity }: ServerChoiceTls12,
  { ocspResponse }: ServerTerms,
): Promise<void> {
  if (identity === undefined) return;
  if (certificateTypeOf(identity) === CertificateType.RawPublicKey) {
    const { sendRawPublicKeyTls12 } = await rawPublicKeys.load();
    return sendRawPublicKeyTls12(io, identity);
  }
  const certificateList = identity.chain.map(({ raw }) => raw);
  io.send(tls12.certificate, { certificateList });
  if (ocspResponse !== undefined) {
    io.send(tls12.certificateStatus, {
      statusType: CertificateStatusType.ocsp,
      response: ocspResponse,
    });
  }
}

/**
 * CertificateRequest, if the options ask for one and the suite allows it (RFC
 * 5246 section 7.4.4; with a PSK the client has proved itself).
 */
function sendCertificateRequest(
  { io, config }: ServerHandshake,
  choice: ServerChoiceTls12,
  profile: Tls12Profile,
): boolean {
  if (!requestsCertificate(config, choice)) return false;
  io.send(
    profile.signatures.certificateRequest,
    certificateRequestTls12(config, profile),
  );
  return true;
}

/** CertificateVerify, from a client that has shown a certificate. */
async function readClientVerify(
  hs: ServerHandshake,
  chain: PeerChain | WithoutCertificate,
  { profile, psk }: {
    readonly profile: Tls12Profile;
    readonly psk: SessionPsk | undefined;
  },
): Promise<PeerAuthentication> {
  if (!("by" in chain)) {
    return await readCertificateVerifyTls12(hs, chain, profile);
  }
  // A client that was not asked again keeps its identity: renegotiation_info
  // ties the two handshakes.
  return hs.previous?.peer ??
    peerWithoutCertificate(psk === undefined ? chain : { by: "psk", psk });
}

async function finishedInput(
  { io, config }: ServerHandshake,
  { params }: ServerTerms,
  master: Uint8Array,
): Promise<FinishedInput> {
  const protections = await deriveProtections(params, master, config);
  return { io, params, master, protections };
}

/** What a full handshake settles. */
interface Settled {
  readonly choice: ServerChoiceTls12;
  readonly isRequested: boolean;
  readonly psk: SessionPsk | undefined;
}

/** What is settled before the last Finished, and is kept in a session. */
function settle(
  { info, alpnProtocol, previous }: ServerHandshake,
  { params, session }: ServerTerms,
  peer: PeerAuthentication,
  full?: Settled,
): SettledTls12 {
  const { choice } = full ?? {};
  return {
    version: params.profile.version,
    cipherSuite: params.suite,
    group: session === undefined
      ? choice?.group ?? choice?.dheGroup?.group
      : namedGroupById(session.state.group),
    alpnProtocol,
    serverName: info.serverName,
    peer,
    psk: session === undefined
      ? full?.psk ?? previous?.psk
      : pskOf(session.state),
    session: session?.state,
    localIdentity: session === undefined
      ? choice?.identity
      : session.localIdentity,
    certificateRequested: (full?.isRequested ?? false) ||
      wasRequested(previous),
    certificateRequest: undefined,
  };
}

/** The results of the messages. */
interface Outcome {
  readonly master: Uint8Array;
  readonly finished: VerifiedFinished;
  readonly serverVerifyData: Uint8Array;
  readonly choice?: ServerChoiceTls12;
}

function establish(
  { config, hello }: ServerHandshake,
  { params, session, sessionId, secureRenegotiation }: ServerTerms,
  settled: SettledTls12,
  { master, finished, choice, ...outcome }: Outcome,
): EstablishedTls12 {
  return establishTls12(params, settled, {
    master,
    finished,
    localSignatureScheme: choice?.signer?.scheme,
    sharedSignatureSchemes: sharedSchemes(
      config,
      hello.extensions.signature_algorithms,
    ),
    // RFC 5246 section 7.4.1.3: a session that is resumed keeps the client's.
    sessionId: session === undefined ? sessionId : hello.legacySessionId,
    secureRenegotiation,
    verifyData: {
      client: finished.verifyData,
      server: outcome.serverVerifyData,
    },
  });
}
