/**
 * Certificate, CertificateStatus and CertificateVerify of TLS 1.2 and below
 * (RFC 5246 sections 7.4.2, 7.4.6 and 7.4.8; RFC 6066 section 8).
 *
 * @module
 */

import { equals } from "@std/bytes";
import type { KeyExchangeGroup } from "../../crypto/primitives/provider.ts";
import { suiteAuthentication } from "../../crypto/signatures/key_types.ts";
import { signatureSchemeById } from "../../crypto/signatures/signature_schemes.ts";
import { TlsProtocolError } from "../../errors.ts";
import {
  CertificateStatusType,
  CertificateType,
  ClientCertificateType,
  nameOf,
  ProtocolVersion,
} from "../../registry.ts";
import { orderHint } from "../../x509/certificate/chain_order.ts";
import {
  authenticatePeer,
  type PeerAuthentication,
  signWithIdentity,
  type WithoutCertificate,
} from "../common/authenticate.ts";
import type { ServerAnswer } from "./client_server_hello.ts";
import type { ServerConfig } from "../common/config.ts";
import { type PeerChain, readPeerChain } from "../common/peer_chain.ts";
import type { HandshakeIO } from "../io/message_stream.ts";
import { tls12 } from "../messages/message_kinds_tls12.ts";
import type { CertificateStatus } from "../messages/certificate_status.ts";
import type { CertificateRequestTls12 } from "../messages/certificate_request_tls12.ts";
import type { CertificateTls12 } from "../messages/certificate_tls12.ts";
import { requireAcceptedType } from "../common/certificate_types.ts";
import type { ChosenIdentity } from "../common/negotiate.ts";
import { rawPublicKeys } from "../common/peer_verification.ts";
import type { PreviousHandshake } from "../common/renegotiation_info.ts";
import type { Tls12Parameters } from "./secrets.ts";
import type { SessionRequest } from "../session/session_state.ts";
import type { ClientHandshake, ServerHandshake } from "../common/flow.ts";
import { receivedScheme } from "../common/signatures_tls12.ts";
import { decrypts } from "../common/suites_tls12.ts";
import type { Tls12Profile } from "../common/tls12_profile.ts";

/** The server's certificates, where the suite has some. */
export async function readServerCertificate(
  { io, config, previous }: ClientHandshake,
  answer: ServerAnswer,
): Promise<PeerChain | undefined> {
  const { params, staples, signedCertificateTimestamps } = answer;
  const { authentication } = params.suite;
  if (authentication === "PSK" || authentication === "anon") {
    refuseOtherIdentity(undefined, previous);
    return undefined;
  }
  requireAcceptedType(answer.serverCertificateType, config);
  if (answer.serverCertificateType === CertificateType.RawPublicKey) {
    const { readRawPublicKeyTls12 } = await rawPublicKeys.load();
    const key = await readRawPublicKeyTls12(io) ?? readPeerChain(NOTHING);
    refuseOtherIdentity(key, previous);
    checkKey(key, params, config.groups);
    return key;
  }
  const { certificateList } = await io.read(tls12.certificate);
  // RFC 6066 section 8: the server may leave it out although it announced it.
  const status = staples
    ? await io.readOptional(tls12.certificateStatus)
    : undefined;
  if (status !== undefined) checkStatusType(status);
  const chain = readPeerChain({
    certificates: certificateList,
    ocspResponse: status?.response,
    signedCertificateTimestamps,
  });
  refuseOtherIdentity(chain, previous);
  checkKey(chain, params, config.groups);
  return chain;
}

/** It is refused as `decode_error`, for a key as for certificates. */
const NOTHING = { certificates: [] };

/** RFC 6066 section 8: of the type that was asked for. */
function checkStatusType({ statusType }: CertificateStatus): void {
  if (statusType !== CertificateStatusType.ocsp) {
    throw new TlsProtocolError(
      "illegal_parameter",
      `Cannot accept CertificateStatus: status_type ${statusType} was not asked for`,
    );
  }
}

/**
 * A renegotiation must keep the peer's certificate: applications check it once
 * (CVE-2009-3555 and the triple handshake).
 */
function refuseOtherIdentity(
  chain: PeerChain | undefined,
  previous: PreviousHandshake | undefined,
): void {
  const before = previous?.peer.certificates[0]?.raw ??
    previous?.peer.rawPublicKey?.spki;
  const now = chain?.leaf?.raw ?? chain?.publicKey.spki;
  if (before !== undefined && (now === undefined || !equals(before, now))) {
    throw new TlsProtocolError(
      "bad_certificate",
      "Cannot accept Certificate: the peer has another certificate than before the renegotiation",
    );
  }
}

/**
 * RFC 5246 section 7.4.2: the key must fit the suite. Whether its key usage
 * allows this is part of the verdict, as some servers get it wrong.
 */
function checkKey(
  { publicKey, certificates }: PeerChain,
  { suite }: Tls12Parameters,
  groups: readonly KeyExchangeGroup[],
): void {
  const isFit = decrypts(suite)
    ? publicKey.type === "rsa"
    : suiteAuthentication(publicKey) === suite.authentication;
  if (!isFit) {
    throw new TlsProtocolError(
      "illegal_parameter",
      `Cannot accept Certificate: ${suite.name} cannot be used with a key of type ${publicKey.type}`,
      { hint: orderHint(certificates) },
    );
  }
  const { curve } = publicKey;
  if (curve !== undefined && groups.every(({ name }) => name !== curve)) {
    // RFC 8422 section 5.1: supported_groups counts for the certificate's key
    // as it does for the ephemeral one.
    throw new TlsProtocolError(
      "illegal_parameter",
      `Cannot accept Certificate: its key is on ${curve}, which was not offered`,
    );
  }
}

/** The content of a request, in buffers of its own. */
export function requestOfTls12(
  request: CertificateRequestTls12,
  certificateType: number,
): SessionRequest {
  return {
    certificateAuthorities: request.certificateAuthorities
      .map((name) => name.slice()),
    signatureSchemes: [...request.supportedSignatureAlgorithms],
    certificateSignatureSchemes: [],
    delegatedCredentialSchemes: [],
    certificateTypes: [...request.certificateTypes],
    certificateType,
  };
}

/** RFC 5246 section 7.4.8: a signature over all messages so far. */
export async function sendCertificateVerify(
  io: HandshakeIO,
  chosen: ChosenIdentity | undefined,
  { signatures }: Tls12Profile,
): Promise<void> {
  if (chosen === undefined) return;
  const { identity, scheme } = chosen;
  io.send(signatures.certificateVerify, {
    algorithm: scheme,
    signature: await signWithIdentity(
      identity,
      scheme,
      io.transcript.messages(),
    ),
  });
}

/** RFC 5246 section 7.4.4. */
export function certificateRequestTls12(
  config: ServerConfig,
  { version, signatures }: Tls12Profile,
): CertificateRequestTls12 {
  const { rsa_sign, ecdsa_sign } = ClientCertificateType;
  const supportedSignatureAlgorithms = signatures
    .schemes(config.signatureSchemes)
    .filter((id) => signatureSchemeById(id)?.versions.includes(version));
  if (supportedSignatureAlgorithms.length === 0) {
    // supported_signature_algorithms<2..2^16-2>: there is no empty list.
    throw new TlsProtocolError(
      "handshake_failure",
      `Cannot request a client certificate: no scheme of "signatureSchemes" can sign in ${
        nameOf(ProtocolVersion, version)
      }`,
      { code: "no_common_signature_scheme" },
    );
  }
  return {
    certificateTypes: [rsa_sign, ecdsa_sign],
    supportedSignatureAlgorithms,
    certificateAuthorities: [...config.certificateAuthorities],
  };
}

/** The client's certificates, or the proof that it may send none. */
export async function readClientCertificate(
  { io, config, previous }: ServerHandshake,
  certificateType: number,
): Promise<PeerChain | WithoutCertificate> {
  const chain = certificateType === CertificateType.RawPublicKey
    ? await (await rawPublicKeys.load()).readRawPublicKeyTls12(io)
    : chainOf(await io.read(tls12.certificate));
  refuseOtherIdentity(chain, previous);
  if (chain !== undefined) return chain;
  const { clientAuth } = config;
  if (clientAuth === "require" || clientAuth === "require-any") {
    // RFC 5246 section 7.4.6: "the server MAY at its discretion either continue
    // the handshake without client authentication, or respond with a fatal
    // handshake_failure alert."
    throw new TlsProtocolError(
      "handshake_failure",
      'Cannot accept the client: it sent no certificate, and option "clientAuth" requires one',
      { code: "certificate_required" },
    );
  }
  return { by: "not sent", clientAuth };
}

function chainOf({ certificateList }: CertificateTls12): PeerChain | undefined {
  return certificateList.length === 0
    ? undefined
    : readPeerChain({ certificates: certificateList });
}

/**
 * RFC 5246 section 7.4.8: the signature, and the verdict on the certificates.
 */
export async function readCertificateVerifyTls12(
  { io, config, previous }: ServerHandshake,
  chain: PeerChain,
  profile: Tls12Profile,
): Promise<PeerAuthentication> {
  const content = io.transcript.messages();
  const verify = await io.read(profile.signatures.certificateVerify);
  const { publicKey } = chain;
  const signature = {
    scheme: receivedScheme(profile, config, verify, publicKey),
    content,
    signature: verify.signature.slice(),
  };
  return await authenticatePeer(config, chain, signature, previous?.peer);
}
