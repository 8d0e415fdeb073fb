/**
 * Which certificate a client answers a CertificateRequest with: of the request
 * that has come, or of the one that a session was made with.
 *
 * @module
 */

import { Lazy } from "../../lazy.ts";
import {
  CertificateType,
  ClientCertificateType,
  nameOf,
  ProtocolVersion,
} from "../../registry.ts";
import {
  chooseClientCertificate,
  type ClientCertificateChoice,
} from "./choose_client_certificate.ts";
import type { ClientConfig } from "./config.ts";
import type { LocalIdentity } from "./local_identity.ts";
import { certificateTypeOf } from "./certificate_types.ts";
import { mayDelegate } from "./negotiate.ts";
import type { CertificateAnswer } from "../io/certificate_answer.ts";
import type { HandshakeIO } from "../io/message_stream.ts";
import type { SessionRequest } from "../session/session_state.ts";

/** For which connection a certificate is chosen. */
export interface ChoiceContext {
  /** The negotiated version. */
  readonly version: number;
  /** The request is that of a session that may be offered. */
  readonly resumed: boolean;
}

/** The client's answer to a request. */
export async function answerCertificateRequest(
  config: ClientConfig,
  request: SessionRequest,
  { version, resumed }: ChoiceContext,
): Promise<ClientCertificateChoice> {
  const { certificateAuthorities, certificateTypes, certificateType } = request;
  const { delegatedCredentialSchemes: delegated } = request;
  const { schemes, isOfType } = await admittedBy(request, config, version);
  return await chooseClientCertificate(config, {
    authorities: certificateAuthorities,
    // RFC 9846 section 4.3.3: without signature_algorithms_cert,
    // signature_algorithms applies to certificates as well.
    certificateSchemes: request.certificateSignatureSchemes.length > 0
      ? request.certificateSignatureSchemes
      : request.signatureSchemes,
    schemes,
    // TLS 1.2 has no delegated credentials, and so no schemes of them.
    delegated,
    isOfType: (identity) =>
      certificateTypeOf(identity) === certificateType && isOfType(identity) &&
      mayDelegate(identity, config, { delegated, schemes }),
    rawPublicKey: certificateType === CertificateType.RawPublicKey,
    version,
    types: certificateTypes.map((id) => nameOf(ClientCertificateType, id)),
    resumed,
  });
}

/** Remembers and reports how a request for our certificate was answered. */
export function noteAnswer(
  { remarks, tell }: HandshakeIO,
  answer: CertificateAnswer,
): void {
  remarks.certificate = answer;
  if (answer.sent) return;
  tell.tell({ type: "certificate_not_sent", reason: answer.note });
}

/** Which schemes and identities a request admits. */
async function admittedBy(
  request: SessionRequest,
  config: ClientConfig,
  version: number,
): Promise<{
  readonly schemes: readonly number[];
  readonly isOfType: (identity: LocalIdentity) => boolean;
}> {
  if (version === ProtocolVersion["TLSv1.3"]) {
    return { schemes: request.signatureSchemes, isOfType: () => true };
  }
  const { admittedByTls12 } = await requestsTls12.load();
  return admittedByTls12(request, config, version);
}

const requestsTls12 = new Lazy(
  "certificate requests of TLS 1.2",
  () => import("./certificate_request_tls12.ts"),
);
