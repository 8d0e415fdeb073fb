/**
 * A client's answer in post-handshake authentication (RFC 9846 section 4.7.2;
 * `certificate_inquiry.ts` is the server's half). The messages are hashed after
 * those of the handshake, each exchange separately (RFC 9846 section 4.5, the
 * table of Handshake Contexts).
 *
 * @module
 */

import { finishedVerifyData } from "../../crypto/key_schedule.ts";
import type { HashAlgorithm } from "../../crypto/primitives/provider.ts";
import {
  certificateVerifyContent,
  signWithIdentity,
} from "../common/authenticate.ts";
import { certificateEntries, requestOf } from "./certificates.ts";
import {
  answerCertificateRequest,
  noteAnswer,
} from "../common/answer_certificate_request.ts";
import type { ClientConfig } from "../common/config.ts";
import type { EstablishedTls13 } from "../common/established.ts";
import type { HandshakeIO } from "../io/message_stream.ts";
import { tls13 } from "../messages/message_kinds.ts";
import { ProtocolVersion } from "../../registry.ts";
import { encodeMessage } from "../messages/framing.ts";
import type { Certificate } from "../messages/certificate.ts";
import type { CertificateVerify } from "../messages/certificate_verify.ts";
import type { ChosenIdentity } from "../common/negotiate.ts";
import type { Transcript } from "../io/transcript.ts";

/**
 * Sends an answer under the traffic secret of that moment; it leaves with the
 * next flush.
 */
export type SendAnswer = (
  hash: HashAlgorithm,
  trafficSecret: Uint8Array,
) => void;

/** What changes for a client that shows a certificate later. */
type ShownIdentity = Pick<
  EstablishedTls13,
  | "localIdentity"
  | "localSignatureScheme"
  | "certificateRequested"
  | "certificateRequest"
>;

/** A client's answer to a request. */
export interface Answer {
  readonly send: SendAnswer;
  /** The certificate in it, if there is one. */
  readonly shown: ShownIdentity | undefined;
}

/**
 * Reads a request, and prepares the client's answer: Certificate,
 * CertificateVerify, Finished. Choosing and signing take time, in which data is
 * written and keys change; the messages "MUST appear consecutively on the
 * wire with no intervening messages of other types" (section 4.7.2).
 */
export async function prepareAnswer(
  io: HandshakeIO,
  config: ClientConfig,
  certificateType: number,
  transcript: Transcript = io.transcript.clone(),
): Promise<Answer> {
  const request = await io.read(tls13.certificateRequest, transcript);
  const { certificateRequestContext, extensions } = request;
  const certificateRequest = requestOf(request, certificateType);
  const { chosen, answer } = await answerCertificateRequest(
    config,
    certificateRequest,
    { version: ProtocolVersion["TLSv1.3"], resumed: false },
  );
  noteAnswer(io, answer);
  const certificateList = chosen === undefined
    ? []
    : certificateEntries(chosen.identity, extensions);
  const certificate = { certificateRequestContext, certificateList };
  const verify = chosen &&
    await signCertificate(chosen, certificate, transcript.clone());
  const shown = chosen && {
    localIdentity: chosen.identity,
    localSignatureScheme: chosen.scheme,
    certificateRequested: true,
    certificateRequest,
  };
  const send: SendAnswer = (hash, trafficSecret) => {
    io.send(tls13.certificate, certificate, transcript);
    if (verify !== undefined) {
      io.send(tls13.certificateVerify, verify, transcript);
    }
    io.send(tls13.finished, {
      verifyData: finishedVerifyData(hash, trafficSecret, transcript.hash()),
    }, transcript);
  };
  return { send, shown };
}

/** The CertificateVerify behind a Certificate that has not been sent. */
async function signCertificate(
  { identity, scheme }: ChosenIdentity,
  certificate: Certificate,
  transcript: Transcript,
): Promise<CertificateVerify> {
  const { type, codec } = tls13.certificate;
  transcript.add(encodeMessage(type, codec, certificate));
  const content = certificateVerifyContent("client", transcript.hash());
  return {
    algorithm: scheme,
    signature: await signWithIdentity(identity, scheme, content),
  };
}
