/**
 * The server half of RFC 9846 Figure 1, top to bottom.
 *
 * @module
 */

import { schemesForServers } from "../../crypto/signatures/signature_schemes.ts";
import { bytesOfName } from "../../encoding.ts";
import { TlsProtocolError } from "../../errors.ts";
import { Lazy } from "../../lazy.ts";
import { ACME_TLS_1, ProtocolVersion } from "../../registry.ts";
import {
  type PeerAuthentication,
  peerWithoutCertificate,
} from "../common/authenticate.ts";
import { certificateEntries, sendAuthentication } from "./certificates.ts";
import {
  certificateRequest,
  certificateTypes,
  clientTypeOf,
  readCertificates,
  type ShownTypes,
} from "./client_authentication.ts";
import { byChainWishes, mayFallBackTo } from "../common/chain_preference.ts";
import type { LocalIdentity } from "../common/local_identity.ts";
import type {
  EstablishedEarly,
  EstablishedTls13,
} from "../common/established.ts";
import { establishTls13, type OutcomeTls13, settleTls13 } from "./establish.ts";
import type { Extensions } from "../messages/extensions.ts";
import { tls13 } from "../messages/message_kinds.ts";
import type { CertificateRequest } from "../messages/certificate_request.ts";
import type { ServerHello } from "../messages/server_hello.ts";
import {
  certificateTypeOf,
  noCommonType,
  X509_ALONE,
} from "../common/certificate_types.ts";
import {
  acknowledgesName,
  chooseIdentity,
  type ChosenIdentity,
  mayDelegate,
  noCommonScheme,
  sharedSchemes,
} from "../common/negotiate.ts";
import { readFinished, sendFinished } from "./finished.ts";
import { protect } from "../common/traffic_secrets.ts";
import {
  deriveApplicationSecrets,
  deriveHandshakeSecrets,
  type HandshakeSecrets,
  type SecretsOf,
} from "./secrets.ts";
import type { ServerHandshake } from "../common/flow.ts";
import {
  answerRecordLimits,
  useAnsweredLimits,
} from "../common/record_limits.ts";
import { sendCompatibilityChangeCipherSpec } from "./compatibility.ts";
import type { AcceptedEarlyData } from "./server_early_data.ts";
import { negotiateTls13, type ServerChoice } from "./server_negotiate.ts";
import { sendTickets, ticketCount } from "./server_tickets.ts";

/** Runs the handshake from the ClientHello to its end. */
export async function serverHandshakeTls13(
  first: ServerHandshake,
): Promise<EstablishedTls13> {
  first.io.enterTls13();
  const isEarly = first.hello.extensions.early_data !== undefined;
  if (isEarly) skipEarlyData(first);
  const { hs, choice } = await negotiateTls13(first);
  // A PSK that goes with certificates (RFC 9973) proves nothing.
  const proof = choice.withCertificates
    ? { ...choice, psk: undefined }
    : choice;
  // After a HelloRetryRequest the rest of it may be skipped already.
  if (isEarly && !hs.retried) skipEarlyData(hs, choice);
  const identity = chooseServerIdentity(hs, proof);
  const clientCertificateType = clientTypeOf(hs, proof.psk !== undefined);
  const early = isEarly ? await acceptedEarlyData(hs, choice) : undefined;
  const keys = await sendServerHello(hs, choice, early);
  sendEncryptedExtensions(hs, proof, {
    early,
    identity,
    clientCertificateType,
  });
  const request = sendCertificateRequest(hs, proof);
  await sendServerAuthentication(hs, identity);
  const serverVerifyData = sendFinished(hs.io, keys.suite, keys.server);
  const application = deriveApplicationSecrets(secretsOf(hs), "server", keys);
  await hs.io.flush();
  hs.io.setWriteProtection(await application.traffic.writeProtection());
  const outcome: OutcomeToSettle = {
    group: choice.group,
    alpnProtocol: hs.alpnProtocol,
    serverName: hs.info.serverName,
    earlyData: early !== undefined ? "accepted" : isEarly ? "rejected" : "none",
    psk: choice.psk?.external,
    session: choice.psk?.session,
    identity,
    sharedSignatureSchemes: sharedSchemes(
      hs.config,
      hs.hello.extensions.signature_algorithms,
    ),
    helloRetryRequest: hs.retried ?? false,
    postHandshakeAuth: hs.hello.extensions.post_handshake_auth !== undefined,
    clientCertificateType,
    certificateRequested: request !== undefined,
    certificateRequest: undefined,
    ticketAgeSkew: choice.psk?.ticketAgeSkew,
  };
  if (early !== undefined) {
    await early.receive(hs, keys, settle(hs, keys, proof, outcome));
  } else if (sendsHalfRtt(hs)) {
    hs.connection.settle(settle(hs, keys, proof, outcome));
  }
  const peer = proof.psk?.peer ??
    await readClientAuthentication(hs, request, clientCertificateType);
  const finished = await readFinished(hs.io, keys.suite, keys.client);
  hs.io.leaveHandshake();
  hs.io.setReadProtection(await application.traffic.readProtection());
  const established = establishTls13(keys, application, {
    ...outcome,
    peer,
    finished,
    verifyData: { client: finished.verifyData, server: serverVerifyData },
  });
  await sendTickets(hs, established);
  return established;
}

/** What is settled when our Finished is sent, but for the client. */
type OutcomeToSettle = Omit<OutcomeTls13, "peer" | "finished" | "verifyData">;

/** What the connection is when our Finished is sent, and no certificate follows. */
function settle(
  { ech }: ServerHandshake,
  keys: HandshakeSecrets,
  { psk }: ServerChoice,
  outcome: OutcomeToSettle,
): EstablishedEarly {
  const peer = psk?.peer ?? peerWithoutCertificate({ by: "not requested" });
  return {
    ...settleTls13(keys, { ...outcome, peer }),
    ...ech && { ech: ech.state },
  };
}

/**
 * Whether data may follow our Finished at once. RFC 9846 section 2: "while the
 * server may send Application Data prior to receiving the client's Authentication
 * messages, any data sent at that point is, of course, being sent to an
 * unauthenticated peer". So it is off where a certificate is asked for; the
 * options refuse that as well.
 */
function sendsHalfRtt({ config, alpnProtocol }: ServerHandshake): boolean {
  // RFC 8737 section 3: no data is exchanged on such a connection.
  return config.halfRtt && config.clientAuth === "none" &&
    alpnProtocol !== ACME_TLS_1;
}

/**
 * RFC 9846 section 4.3.10: 0-RTT data that is not accepted is skipped, as much of
 * it as tickets allow, or as that one allows which is resumed: it may be older
 * than the options.
 */
function skipEarlyData(
  { io, config }: ServerHandshake,
  choice?: ServerChoice,
): void {
  const { maxSize = 0 } = config.earlyData ?? {};
  const { maxEarlyData = 0 } = choice?.psk?.session?.state ?? {};
  io.records.reader.skipEarlyData(
    Math.max(MAX_SKIPPED_EARLY_DATA, maxSize, maxEarlyData),
  );
}

function secretsOf({ io, config, hello }: ServerHandshake): SecretsOf {
  return { io, config, clientRandom: hello.random };
}

/** The early data, if it is accepted: off by default, so it is loaded then. */
async function acceptedEarlyData(
  hs: ServerHandshake,
  choice: ServerChoice,
): Promise<AcceptedEarlyData | undefined> {
  if (hs.config.earlyData === undefined) {
    const reason = `option "earlyData" is not set`;
    hs.io.tell.tell({ type: "early_data_refused", reason });
    return undefined;
  }
  return await (await earlyData.load()).acceptEarlyData(hs, choice);
}

/** ServerHello, and the keys that it settles (sections 4.2.3 and 7.1). */
async function sendServerHello(
  hs: ServerHandshake,
  { suite, psk, group, share, withCertificates }: ServerChoice,
  early: AcceptedEarlyData | undefined,
): Promise<HandshakeSecrets> {
  const { io, config, hello } = hs;
  const answer = await group.accept(share, config.keyRandom);
  const extensions: Extensions<"ServerHello"> = {
    supported_versions: ProtocolVersion["TLSv1.3"],
    key_share: { group: group.id, keyExchange: answer.share },
  };
  if (psk !== undefined) extensions.pre_shared_key = psk.index;
  if (withCertificates) extensions.tls_cert_with_extern_psk = true;
  const message: ServerHello = {
    legacyVersion: ProtocolVersion["TLSv1.2"],
    random: config.random(32),
    legacySessionIdEcho: hello.legacySessionId,
    cipherSuite: suite.id,
    legacyCompressionMethod: 0,
    extensions,
  };
  io.send(tls13.serverHello, hs.ech?.confirm(message, suite, io) ?? message);
  io.transcript.dropMessages();
  // After a HelloRetryRequest it was sent behind that.
  if (!hs.retried) sendCompatibilityChangeCipherSpec(io, hello);
  const secrets = deriveHandshakeSecrets(
    secretsOf(hs),
    suite,
    psk?.early,
    answer.sharedSecret,
  );
  io.setWriteProtection(await protect(suite, secrets.server));
  io.setReadProtection(
    early?.protection ?? await protect(suite, secrets.client),
  );
  return secrets;
}

/** EncryptedExtensions (section 4.4.1). */
function sendEncryptedExtensions(
  hs: ServerHandshake,
  { psk }: ServerChoice,
  { early, ...shown }: ShownTypes & {
    readonly early: AcceptedEarlyData | undefined;
  },
): void {
  const { io, alpnProtocol } = hs;
  const extensions: Extensions<"EncryptedExtensions"> = answerRecordLimits(hs);
  if (alpnProtocol !== undefined) {
    extensions.application_layer_protocol_negotiation = [
      bytesOfName(alpnProtocol),
    ];
  }
  Object.assign(extensions, certificateTypes(hs, psk, shown));
  // RFC 6066 section 3: not on resumption.
  if (psk === undefined && acknowledgesName(hs)) extensions.server_name = true;
  if (early !== undefined) extensions.early_data = true;
  if (hs.hello.extensions.ticket_request && hs.config.tickets > 0) {
    // RFC 9149 section 3: a server without tickets ignores it, and says nothing.
    extensions.ticket_request = ticketCount(hs, psk?.session !== undefined);
  }
  extensions.encrypted_client_hello = hs.ech?.retryConfigs;
  io.send(tls13.encryptedExtensions, { extensions });
  useAnsweredLimits(hs, extensions, "now");
}

/** CertificateRequest (section 4.4.2), where the policy has one. */
function sendCertificateRequest(
  { io, config }: ServerHandshake,
  { psk }: ServerChoice,
): CertificateRequest | undefined {
  // Section 4.4.2: servers that authenticate with a PSK MUST NOT send it.
  if (config.clientAuth === "none" || psk !== undefined) return undefined;
  const request = certificateRequest(config, new Uint8Array());
  io.send(tls13.certificateRequest, request);
  return request;
}

/**
 * The certificate to show, unless a PSK stands for it. It is chosen before
 * ServerHello, so that an alert is the answer to the ClientHello.
 */
function chooseServerIdentity(
  { config, hello }: ServerHandshake,
  { psk }: ServerChoice,
): ChosenIdentity | undefined {
  if (psk !== undefined) return undefined;
  const { extensions } = hello;
  // Section 4.3.3: a server that authenticates by certificate needs it.
  const schemes = extensions.signature_algorithms;
  if (schemes === undefined) {
    throw new TlsProtocolError(
      "missing_extension",
      "Cannot accept ClientHello: it has no signature_algorithms",
    );
  }
  // Section 4.5.1.2.
  const accepted = extensions.signature_algorithms_cert ?? schemes;
  const types = extensions.server_certificate_type ?? X509_ALONE;
  const isOfType = (identity: LocalIdentity) =>
    types.includes(certificateTypeOf(identity));
  const chosen = chooseIdentity(
    byChainWishes(config.identities, {
      schemes: accepted,
      authorities: extensions.certificate_authorities ?? [],
    }),
    schemesForServers(schemes),
    ProtocolVersion["TLSv1.3"],
    (identity) =>
      isOfType(identity) && mayFallBackTo(identity, accepted) &&
      mayDelegate(identity, config, {
        delegated: extensions.delegated_credential ?? [],
        schemes,
      }),
  );
  if (chosen !== undefined) return chosen;
  const ours = config.identities.map(certificateTypeOf);
  // Without a certificate no type of one would help.
  throw ours.length === 0 || ours.some((type) => types.includes(type))
    ? noCommonScheme(schemes)
    : noCommonType(extensions.server_certificate_type, ours);
}

/** Certificate and CertificateVerify. */
async function sendServerAuthentication(
  hs: ServerHandshake,
  chosen: ChosenIdentity | undefined,
): Promise<void> {
  if (chosen === undefined) return;
  const { config, hello: { extensions } } = hs;
  const isRaw = chosen.identity.chain.length === 0;
  const staple = isRaw || extensions.status_request === undefined
    ? undefined
    : await config.onOcspRequest?.(chosen.identity) ??
      chosen.identity.ocspResponse;
  await sendAuthentication(hs, chosen, extensions, {
    certificateRequestContext: new Uint8Array(),
    certificateList: certificateEntries(chosen.identity, extensions, staple),
  });
}

/** Certificate and CertificateVerify of the client, if they were asked for. */
async function readClientAuthentication(
  { io, config }: ServerHandshake,
  request: CertificateRequest | undefined,
  certificateType: number,
): Promise<PeerAuthentication> {
  if (request === undefined) {
    return peerWithoutCertificate({ by: "not requested" });
  }
  const { transcript } = io;
  return await readCertificates(
    { io, config, transcript, certificateType },
    request,
  );
}

/**
 * Bytes of rejected early data to read and drop, headers and tags not counted:
 * as much as the tickets of OpenSSL and nginx allow by default. Each record
 * costs us a failed decryption.
 */
const MAX_SKIPPED_EARLY_DATA = 16384;

const earlyData = new Lazy(
  "early data",
  () => import("./server_early_data.ts"),
);
