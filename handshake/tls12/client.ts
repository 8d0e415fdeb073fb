/**
 * The client half of RFC 5246 Figures 1 and 2, top to bottom; TLS 1.1 and 1.0
 * as well.
 *
 * @module
 */

import type { KeyExchangeGroup } from "../../crypto/primitives/provider.ts";
import { namedGroupById } from "../../crypto/groups/named_groups.ts";
import type {
  PeerAuthentication,
  VerifiedFinished,
} from "../common/authenticate.ts";
import {
  readServerCertificate,
  requestOfTls12,
  sendCertificateVerify,
} from "./certificates.ts";
import type { OfferedSession } from "../common/offered_psk.ts";
import { CertificateType } from "../../registry.ts";
import { rawPublicKeys } from "../common/peer_verification.ts";
import {
  answerCertificateRequest,
  noteAnswer,
} from "../common/answer_certificate_request.ts";
import { readServerKeyExchange } from "./client_key_exchange.ts";
import { acceptServerHello, type ServerAnswer } from "./client_server_hello.ts";
import type { EstablishedTls12 } from "../common/established.ts";
import { establishTls12, type SettledTls12 } from "./establish.ts";
import { pskOf } from "../common/external_psk.ts";
import { wasRequested } from "../common/renegotiation_info.ts";
import type { ClientHandshake } from "../common/flow.ts";
import { type FinishedInput, readFinished, sendFinished } from "./finished.ts";
import { tls12 } from "../messages/message_kinds_tls12.ts";
import type { CertificateRequestTls12 } from "../messages/certificate_request_tls12.ts";
import type { NewSessionTicketTls12 } from "../messages/new_session_ticket_tls12.ts";
import type { ServerHello } from "../messages/server_hello.ts";
import { type ChosenIdentity, sharedSchemes } from "../common/negotiate.ts";
import { deriveMasterSecret, deriveProtections } from "./secrets.ts";
import { Session } from "../session/session.ts";
import type { SessionPsk } from "../session/session_state.ts";
import { rememberSession } from "./sessions.ts";

/** Runs the handshake to its end; ServerHello was read already. */
export async function clientHandshakeTls12(
  hs: ClientHandshake,
  hello: ServerHello,
  version: number,
): Promise<EstablishedTls12> {
  const answer = acceptServerHello(hs, hello, version);
  const { session } = answer;
  return session === undefined
    ? await fullHandshake(hs, answer)
    : await abbreviatedHandshake(hs, answer, session);
}

/** RFC 5246 section 7.3, Figure 1. */
async function fullHandshake(
  hs: ClientHandshake,
  answer: ServerAnswer,
): Promise<EstablishedTls12> {
  const { io } = hs;
  const { params } = answer;
  const chain = await readServerCertificate(hs, answer);
  const exchange = await readServerKeyExchange({ hs, params, chain });
  const request = await readCertificateRequest(hs, answer);
  await io.read(tls12.serverHelloDone);
  const identity = await sendClientCertificate(hs, answer, request);
  const secret = await exchange.send();
  const master = deriveMasterSecret(params, secret, io.transcript);
  await sendCertificateVerify(io, identity, params.profile);
  io.transcript.dropMessages();
  const input = await finishedInput(hs, answer, master);
  const clientVerifyData = sendFinished(input, "client");
  await io.flush();
  const ticket = await readNewSessionTicket(hs, answer);
  const finished = await readFinished(input, "server");
  const established = establish(hs, answer, {
    master,
    peer: exchange.peer,
    psk: exchange.psk,
    group: exchange.group,
    finished,
    clientVerifyData,
    identity,
    request,
  });
  await remember(hs, answer, { established, master, ticket });
  return established;
}

/** RFC 5246 section 7.3, Figure 2; with a ticket, RFC 5077 Figure 2. */
async function abbreviatedHandshake(
  hs: ClientHandshake,
  answer: ServerAnswer,
  { state, peer }: OfferedSession,
): Promise<EstablishedTls12> {
  const master = state.secret;
  hs.io.transcript.dropMessages();
  const input = await finishedInput(hs, answer, master);
  const ticket = await readNewSessionTicket(hs, answer);
  const finished = await readFinished(input, "server");
  const clientVerifyData = sendFinished(input, "client");
  const established = establish(hs, answer, {
    master,
    peer,
    psk: pskOf(state),
    group: namedGroupById(state.group),
    finished,
    clientVerifyData,
    identity: undefined,
    request: undefined,
  });
  if (ticket !== undefined) {
    await remember(hs, answer, { established, master, ticket });
  }
  hs.io.session ??= Session.of(state);
  return established;
}

async function finishedInput(
  { io, config }: ClientHandshake,
  { params }: ServerAnswer,
  master: Uint8Array,
): Promise<FinishedInput> {
  const protections = await deriveProtections(params, master, config);
  return { io, params, master, protections };
}

/** RFC 5246 section 7.4.4: only a server that shows a certificate may ask. */
async function readCertificateRequest(
  { io }: ClientHandshake,
  { params: { suite, profile } }: ServerAnswer,
): Promise<CertificateRequestTls12 | undefined> {
  const { authentication } = suite;
  return authentication === "anon" || suite.keyExchange.endsWith("PSK")
    ? undefined
    : await io.readOptional(profile.signatures.certificateRequest);
}

/** RFC 5246 section 7.4.6: sent only if it was requested; it may be empty. */
async function sendClientCertificate(
  hs: ClientHandshake,
  { params: { profile }, clientCertificateType: certificateType }: ServerAnswer,
  request: CertificateRequestTls12 | undefined,
): Promise<ChosenIdentity | undefined> {
  if (request === undefined) return undefined;
  const { chosen, answer } = await answerCertificateRequest(
    hs.config,
    requestOfTls12(request, certificateType),
    { version: profile.version, resumed: false },
  );
  noteAnswer(hs.io, answer);
  if (certificateType === CertificateType.RawPublicKey) {
    const { sendRawPublicKeyTls12 } = await rawPublicKeys.load();
    sendRawPublicKeyTls12(hs.io, chosen?.identity);
    return chosen;
  }
  const certificateList = chosen?.identity.chain.map(({ raw }) => raw) ?? [];
  hs.io.send(tls12.certificate, { certificateList });
  return chosen;
}

/** RFC 5077 section 3.3: read only if the ServerHello announced one. */
async function readNewSessionTicket(
  { io }: ClientHandshake,
  { issuesTicket }: ServerAnswer,
): Promise<NewSessionTicketTls12 | undefined> {
  return issuesTicket ? await io.read(tls12.newSessionTicket) : undefined;
}

async function remember(
  hs: ClientHandshake,
  { params, sessionId }: ServerAnswer,
  { established, master, ticket }: {
    readonly established: EstablishedTls12;
    readonly master: Uint8Array;
    readonly ticket: NewSessionTicketTls12 | undefined;
  },
): Promise<void> {
  const secrets = { ...params, secret: master };
  await rememberSession(hs, established, secrets, { sessionId, ticket });
}

/** The results of the messages. */
interface Outcome {
  readonly master: Uint8Array;
  readonly peer: PeerAuthentication;
  readonly psk: SessionPsk | undefined;
  readonly group: KeyExchangeGroup | undefined;
  readonly finished: VerifiedFinished;
  readonly clientVerifyData: Uint8Array;
  readonly identity: ChosenIdentity | undefined;
  readonly request: CertificateRequestTls12 | undefined;
}

function establish(
  { config, previous }: ClientHandshake,
  { params, session, sessionId, alpnProtocol, ...answer }: ServerAnswer,
  { master, peer, finished, identity, request, ...outcome }: Outcome,
): EstablishedTls12 {
  // A client that was not asked again keeps its identity: renegotiation_info
  // ties the two handshakes.
  const before = request === undefined ? previous : undefined;
  const settled: SettledTls12 = {
    version: params.profile.version,
    cipherSuite: params.suite,
    group: outcome.group,
    alpnProtocol,
    serverName: config.serverName,
    peer,
    psk: outcome.psk ?? previous?.psk,
    session: session?.state,
    localIdentity: identity?.identity ?? session?.localIdentity ??
      before?.localIdentity,
    certificateRequested: request !== undefined || wasRequested(before),
    certificateRequest: request === undefined
      ? session?.state.request ?? before?.certificateRequest
      : requestOfTls12(request, answer.clientCertificateType),
  };
  return establishTls12(params, settled, {
    master,
    finished,
    localSignatureScheme: identity?.scheme,
    sharedSignatureSchemes: sharedSchemes(
      config,
      request?.supportedSignatureAlgorithms,
    ),
    sessionId,
    secureRenegotiation: answer.secureRenegotiation,
    verifyData: {
      client: outcome.clientVerifyData,
      server: finished.verifyData,
    },
  });
}
