/**
 * Which certificate a client answers a CertificateRequest with: of the request
 * that has come, or of the one that a session was made with.
 *
 * @module
 */

import { suiteAuthentication } from "../../crypto/signatures/key_types.ts";
import {
  ClientCertificateType,
  nameOf,
  ProtocolVersion,
} from "../../registry.ts";
import {
  chooseClientCertificate,
  type ClientCertificateChoice,
} from "./choose_client_certificate.ts";
import type { ClientConfig, LocalIdentity } from "./config.ts";
import type { SessionRequest } from "../session/session_state.ts";
import { usableSchemes } from "./signatures_tls12.ts";
import { profileOf } from "./tls12_profile.ts";

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
  { certificateAuthorities, certificateTypes, signatureSchemes }:
    SessionRequest,
  { version, resumed }: ChoiceContext,
): Promise<ClientCertificateChoice> {
  const isTls13 = version === ProtocolVersion["TLSv1.3"];
  return await chooseClientCertificate(config, {
    authorities: certificateAuthorities,
    schemes: isTls13
      ? signatureSchemes
      : usableSchemes(profileOf(version), config, signatureSchemes),
    version,
    types: certificateTypes.map((id) => nameOf(ClientCertificateType, id)),
    isOfType: (identity) =>
      isTls13 || hasRequestedType(identity, certificateTypes),
    resumed,
  });
}

/** RFC 5246 section 7.4.4, and RFC 8422 section 5.5: EdDSA is ecdsa_sign. */
function hasRequestedType(
  { key }: LocalIdentity,
  certificateTypes: readonly number[],
): boolean {
  const isRsa = suiteAuthentication(key.publicKey) === "RSA";
  const { rsa_sign, ecdsa_sign } = ClientCertificateType;
  return certificateTypes.includes(isRsa ? rsa_sign : ecdsa_sign);
}
