/**
 * The client half of RFC 9846 Figure 1, top to bottom.
 *
 * @module
 */

import type { Tls13CipherSuite } from "../../crypto/suites/cipher_suites.ts";
import type { KeyExchangeGroup } from "../../crypto/primitives/provider.ts";
import { TlsProtocolError } from "../../errors.ts";
import { Lazy } from "../../lazy.ts";
import {
  CertificateType,
  NamedGroup,
  nameOf,
  ProtocolVersion,
} from "../../registry.ts";
import {
  authenticatePeer,
  certificateVerifyContent,
  type PeerAuthentication,
  peerWithoutCertificate,
} from "../common/authenticate.ts";
import {
  certificateEntries,
  peerChainOf,
  readCertificate,
  readCertificateVerify,
  requestOf,
  sendAuthentication,
} from "./certificates.ts";
import {
  answerCertificateRequest,
  noteAnswer,
} from "../common/answer_certificate_request.ts";
import type { ClientHandshake } from "../common/flow.ts";
import { acceptRecordLimits } from "../common/record_limits.ts";
import type { ClientOffer } from "../common/client_hello.ts";
import type { OfferedPsk } from "../common/offered_psk.ts";
import { checkServerHello, retry } from "./client_retry.ts";
import { sendCompatibilityChangeCipherSpec } from "./compatibility.ts";
import type { EstablishedTls13 } from "../common/established.ts";
import { establishTls13 } from "./establish.ts";
import { pskOf } from "../common/external_psk.ts";
import { refuseUnsolicited } from "../messages/extensions.ts";
import { tls13 } from "../messages/message_kinds.ts";
import type { CertificateRequest } from "../messages/certificate_request.ts";
import type { ServerHello } from "../messages/server_hello.ts";
import type { SessionPsk } from "../session/session_state.ts";
import {
  requireAcceptedType,
  selectedType,
} from "../common/certificate_types.ts";
import {
  type ChosenIdentity,
  selectedProtocol,
  sharedSchemes,
} from "../common/negotiate.ts";
import { protect } from "../common/traffic_secrets.ts";
import { readFinished, sendFinished } from "./finished.ts";
import {
  type ApplicationSecrets,
  deriveApplicationSecrets,
  deriveHandshakeSecrets,
  type HandshakeSecrets,
  type SecretsOf,
} from "./secrets.ts";

/** Runs the handshake from ServerHello, or HelloRetryRequest, to its end. */
export async function clientHandshakeTls13(
  first: ClientHandshake,
  firstHello?: ServerHello,
): Promise<EstablishedTls13> {
  first.io.enterTls13();
  const { hs, hello } = firstHello === undefined
    ? await retry(first)
    : { hs: first, hello: firstHello };
  const keys = await agreeOnKeys(hs, hello);
  const params = await readEncryptedExtensions(hs);
  if (hs.early !== undefined) await hs.early.settle(hs, keys, params);
  // One that goes with certificates (RFC 9973) proves nothing.
  const proof = keys.withCertificates ? undefined : keys.psk;
  const request = await readCertificateRequest(hs, proof);
  const peer = await readServerAuthentication(hs, proof, params);
  const finished = await readFinished(hs.io, keys.suite, keys.server);
  const application = deriveApplicationSecrets(secretsOf(hs), "client", keys);
  await readUnderApplicationKeys(hs, application);
  if (hs.early !== undefined) await hs.early.end(hs, keys);
  const identity = await sendClientAuthentication(hs, request, params);
  const clientVerifyData = sendFinished(hs.io, keys.suite, keys.client);
  await writeUnderApplicationKeys(hs, application);
  return establishTls13(keys, application, {
    alpnProtocol: params.alpnProtocol,
    clientCertificateType: params.clientCertificateType,
    group: keys.group,
    serverName: hs.config.serverName,
    earlyData: first.early === undefined
      ? "none"
      : params.acceptsEarlyData
      ? "accepted"
      : "rejected",
    peer,
    psk: provenPskOf(keys.psk),
    session: keys.psk?.session,
    finished,
    verifyData: { client: clientVerifyData, server: finished.verifyData },
    identity,
    sharedSignatureSchemes: sharedSchemes(
      hs.config,
      request?.extensions.signature_algorithms,
    ),
    helloRetryRequest: hs.retried !== undefined,
    postHandshakeAuth: hs.config.postHandshakeAuth,
    certificateRequested: request !== undefined,
    certificateRequest: request === undefined
      ? keys.psk?.session?.state.request
      : requestOf(request, params.clientCertificateType),
    ticketAgeSkew: undefined,
  });
}

/** The external PSK: that of this handshake, or that of the session. */
function provenPskOf(psk: OfferedPsk | undefined): SessionPsk | undefined {
  const session = psk?.session;
  return psk?.external ?? (session && pskOf(session.state));
}

/** What the ServerHello settled. */
interface AgreedKeys extends HandshakeSecrets {
  readonly group: KeyExchangeGroup;
  readonly psk: OfferedPsk | undefined;
  /** Certificates follow, whatever the PSK (RFC 9973). */
  readonly withCertificates: boolean;
}

/** ServerHello: the suite, the PSK, the key share, the secrets of section 7.1. */
async function agreeOnKeys(
  hs: ClientHandshake,
  hello: ServerHello,
): Promise<AgreedKeys> {
  const { io, offer, retried } = hs;
  const suite = checkServerHello(hs, hello, "ServerHello");
  if (retried !== undefined && retried.suite.id !== suite.id) {
    throw new TlsProtocolError(
      "illegal_parameter",
      "Cannot accept ServerHello: its cipher suite is not that of HelloRetryRequest (RFC 9846 section 4.2.4)",
    );
  }
  const psk = selectedPsk(offer, hello, suite);
  const withCertificates = hs.config.certificateWithPsk !== "never" &&
    (await certificateWithPsk.load()).acceptsCertificates(hs, hello);
  const { group, sharedSecret } = await completeKeyExchange(hs, hello);
  io.transcript.selectHash(suite.hash);
  io.transcript.dropMessages();
  const secrets = deriveHandshakeSecrets(
    secretsOf(hs),
    suite,
    psk?.early,
    sharedSecret,
  );
  io.setReadProtection(await protect(suite, secrets.server));
  // Early data goes on under its own keys until it is rejected, or ends.
  if (hs.early === undefined) {
    if (retried === undefined) {
      sendCompatibilityChangeCipherSpec(io, offer.hello);
    }
    io.setWriteProtection(await protect(suite, secrets.client));
  }
  return { ...secrets, group, psk, withCertificates };
}

function secretsOf({ io, config, offer }: ClientHandshake): SecretsOf {
  return { io, config, clientRandom: offer.hello.random };
}

/** Section 4.3.11: an identity that was offered, of the suite's hash. */
function selectedPsk(
  offer: ClientOffer,
  hello: ServerHello,
  suite: Tls13CipherSuite,
): OfferedPsk | undefined {
  const selected = hello.extensions.pre_shared_key;
  if (selected === undefined) return undefined;
  const psk = offer.psks[selected];
  if (psk === undefined || psk.hash.name !== suite.hash.name) {
    throw new TlsProtocolError(
      "illegal_parameter",
      `Cannot accept ServerHello: selected_identity ${selected} ${
        psk === undefined ? "was not offered" : "is for another hash"
      }`,
    );
  }
  return psk;
}

/** Section 4.3.8: the share is of a group that we sent one for. */
async function completeKeyExchange(
  { config, offer, retried }: ClientHandshake,
  hello: ServerHello,
): Promise<{ group: KeyExchangeGroup; sharedSecret: Uint8Array }> {
  const { key_share: share } = hello.extensions;
  if (share === undefined) {
    // psk_ke is never offered (section 4.3.9).
    throw new TlsProtocolError(
      "missing_extension",
      "Cannot accept ServerHello: it has no key_share",
    );
  }
  const ours = offer.shares.get(share.group);
  const group = config.groups.find((group) => group.id === share.group);
  if (
    ours === undefined || group === undefined ||
    (retried?.group !== undefined && retried.group !== share.group)
  ) {
    throw new TlsProtocolError(
      "illegal_parameter",
      `Cannot accept ServerHello: no key share was offered for group ${
        nameOf(NamedGroup, share.group)
      }`,
    );
  }
  return { group, sharedSecret: await ours.complete(share.keyExchange) };
}

/** What EncryptedExtensions settled. */
interface Parameters {
  readonly alpnProtocol: string | undefined;
  readonly acceptsEarlyData: boolean;
  /** CertificateType of the server (RFC 7250). */
  readonly serverCertificateType: number;
  /** CertificateType that the client is to have. */
  readonly clientCertificateType: number;
}

/** EncryptedExtensions (section 4.4.1). */
async function readEncryptedExtensions(
  hs: ClientHandshake,
): Promise<Parameters> {
  const { io, offer, config } = hs;
  const { extensions } = await io.read(tls13.encryptedExtensions);
  refuseUnsolicited(offer.extensionTypes, extensions, "EncryptedExtensions");
  const alpnProtocol = selectedProtocol(
    config.alpnProtocols,
    extensions.application_layer_protocol_negotiation,
  );
  acceptRecordLimits(hs, extensions, "now");
  hs.ech?.readRetryConfigs(extensions.encrypted_client_hello);
  return {
    alpnProtocol,
    acceptsEarlyData: extensions.early_data === true,
    serverCertificateType: selectedType(
      extensions.server_certificate_type,
      config.peerCertificateTypes,
    ),
    clientCertificateType: selectedType(
      extensions.client_certificate_type,
      config.certificateTypes,
    ),
  };
}

/** CertificateRequest, which a server with a PSK does not send (section 4.4.2). */
async function readCertificateRequest(
  { io }: ClientHandshake,
  psk: OfferedPsk | undefined,
): Promise<CertificateRequest | undefined> {
  if (psk !== undefined) return undefined;
  const request = await io.readOptional(tls13.certificateRequest);
  if (request === undefined) return undefined;
  if (request.certificateRequestContext.length > 0) {
    throw new TlsProtocolError(
      "illegal_parameter",
      "Cannot accept CertificateRequest: certificate_request_context is not empty",
    );
  }
  requestOf(request, CertificateType.X509);
  return request;
}

/** Certificate and CertificateVerify, or the proof that is in the PSK. */
async function readServerAuthentication(
  hs: ClientHandshake,
  psk: OfferedPsk | undefined,
  { serverCertificateType }: Parameters,
): Promise<PeerAuthentication> {
  if (psk !== undefined) {
    return psk.session === undefined
      ? peerWithoutCertificate({ by: "psk", psk: psk.external })
      : psk.session.peer;
  }
  const { io, offer, config } = hs;
  requireAcceptedType(serverCertificateType, config);
  const { transcript } = io;
  const message = await readCertificate({ io, config, transcript });
  if (message.certificateRequestContext.length > 0) {
    throw new TlsProtocolError(
      "illegal_parameter",
      "Cannot accept Certificate: certificate_request_context is not empty",
    );
  }
  const chain = await peerChainOf(
    config,
    message,
    offer.extensionTypes,
    serverCertificateType,
  );
  const content = certificateVerifyContent("server", transcript.hash());
  const signed = await readCertificateVerify(
    { io, config, transcript },
    chain,
  );
  return await authenticatePeer(config, chain, { ...signed, content });
}

/** Certificate and CertificateVerify, where they were asked for. */
async function sendClientAuthentication(
  hs: ClientHandshake,
  request: CertificateRequest | undefined,
  { clientCertificateType: certificateType }: Parameters,
): Promise<ChosenIdentity | undefined> {
  if (request === undefined) return undefined;
  const { io, config } = hs;
  const { certificateRequestContext, extensions } = request;
  const { chosen, answer } = await answerCertificateRequest(
    config,
    requestOf(request, certificateType),
    { version: ProtocolVersion["TLSv1.3"], resumed: false },
  );
  noteAnswer(io, answer);
  if (chosen === undefined) {
    // Section 4.5.1: no suitable certificate is an empty list.
    io.send(tls13.certificate, {
      certificateRequestContext,
      certificateList: [],
    });
    return undefined;
  }
  await sendAuthentication(hs, chosen, extensions, {
    certificateRequestContext,
    certificateList: certificateEntries(chosen.identity, extensions),
  });
  return chosen;
}

/**
 * The server's Finished is its last message under the handshake keys: whatever
 * else came with it is refused before we answer (section 5.1).
 */
async function readUnderApplicationKeys(
  { io }: ClientHandshake,
  { traffic }: ApplicationSecrets,
): Promise<void> {
  io.leaveHandshake();
  io.setReadProtection(await traffic.readProtection());
}

/** And so is our Finished ours. */
async function writeUnderApplicationKeys(
  { io }: ClientHandshake,
  { traffic }: ApplicationSecrets,
): Promise<void> {
  io.setWriteProtection(await traffic.writeProtection());
}

const certificateWithPsk = new Lazy(
  "certificates with a pre-shared key",
  () => import("./certificate_with_psk.ts"),
);
