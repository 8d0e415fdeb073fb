/**
 * Post-handshake authentication of a client (RFC 9846 section 4.7.2). The
 * messages are hashed after those of the handshake, each exchange separately
 * (RFC 9846 section 4.5, the table of Handshake Contexts).
 *
 * @module
 */

import { equals } from "@std/bytes";
import { finishedVerifyData } from "../../crypto/key_schedule.ts";
import type { HashAlgorithm } from "../../crypto/primitives/provider.ts";
import { Reader, uint8, vector } from "../../record/codec.ts";
import {
  certificateVerifyContent,
  type PeerAuthentication,
  signWithIdentity,
  verifyFinished,
} from "../common/authenticate.ts";
import { certificateEntries, requestOf } from "./certificates.ts";
import { answerCertificateRequest } from "../common/answer_certificate_request.ts";
import type { ClientConfig, ServerConfig } from "../common/config.ts";
import type { EstablishedTls13 } from "../common/established.ts";
import type { HandshakeIO } from "../io/message_stream.ts";
import { tls13 } from "../messages/message_kinds.ts";
import { ProtocolVersion } from "../../registry.ts";
import { encodeMessage } from "../messages/framing.ts";
import type { Certificate } from "../messages/certificate.ts";
import type { CertificateRequest } from "../messages/certificate_request.ts";
import type { CertificateVerify } from "../messages/certificate_verify.ts";
import type { ChosenIdentity } from "../common/negotiate.ts";
import { certificateRequest, readCertificates } from "./server.ts";
import type { Transcript } from "../io/transcript.ts";

/**
 * Sends an answer under the traffic secret of that moment; it leaves with the
 * next flush.
 */
export type SendAnswer = (
  hash: HashAlgorithm,
  trafficSecret: Uint8Array,
) => void;

/** What sessions remember of a client that showed a certificate later. */
export type ShownIdentity = Pick<
  EstablishedTls13,
  "localIdentity" | "certificateRequested" | "certificateRequest"
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
  transcript: Transcript = io.transcript.clone(),
): Promise<Answer> {
  const request = await io.read(tls13.certificateRequest, transcript);
  const { certificateRequestContext, extensions } = request;
  const certificateRequest = requestOf(request);
  const { chosen, answer } = await answerCertificateRequest(
    config,
    certificateRequest,
    { version: ProtocolVersion["TLSv1.3"], resumed: false },
  );
  io.answered(answer);
  const certificateList = chosen === undefined
    ? []
    : certificateEntries(chosen.identity, extensions);
  const certificate = { certificateRequestContext, certificateList };
  const verify = chosen &&
    await signCertificate(chosen, certificate, transcript.clone());
  const shown = chosen && {
    localIdentity: chosen.identity,
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

/** A server's request, and the answer to it. */
export class CertificateInquiry {
  readonly #io: HandshakeIO;
  readonly #config: ServerConfig;
  readonly #request: CertificateRequest;
  readonly #transcript: Transcript;
  readonly #answer = Promise.withResolvers<PeerAuthentication>();

  /**
   * Sends the request; it leaves with the next flush.
   *
   * @param transcript A copy of the handshake's, for this exchange: another
   * one may be going on, with its own.
   */
  constructor(io: HandshakeIO, config: ServerConfig, transcript: Transcript) {
    this.#io = io;
    // A client without a certificate is refused only if the policy says so.
    this.#config = config;
    this.#request = certificateRequest(config, config.random(16));
    this.#transcript = transcript;
    this.#answer.promise.catch(() => {});
    io.send(tls13.certificateRequest, this.#request, transcript);
  }

  /** The client, authenticated. */
  get answer(): Promise<PeerAuthentication> {
    return this.#answer.promise;
  }

  /** Whether a Certificate names this request: its first field does. */
  isAnsweredBy(body: Uint8Array): boolean {
    return equals(
      context.read(new Reader(body, "Certificate.certificateRequestContext")),
      this.#request.certificateRequestContext,
    );
  }

  /** Reads the answer, of which the first message has come. */
  async read(
    hash: HashAlgorithm,
    trafficSecret: Uint8Array,
  ): Promise<PeerAuthentication> {
    const io = this.#io;
    const transcript = this.#transcript;
    try {
      const peer = await readCertificates(
        { io, config: this.#config, transcript },
        this.#request,
      );
      const expected = finishedVerifyData(
        hash,
        trafficSecret,
        transcript.hash(),
      );
      const { verifyData } = await io.read(tls13.finished, transcript);
      verifyFinished(verifyData, expected);
      this.#answer.resolve(peer);
      return peer;
    } catch (error) {
      this.#answer.reject(error);
      throw error;
    }
  }

  /** The connection has ended without an answer: rejects it. */
  abandon(reason: unknown): void {
    this.#answer.reject(reason);
  }
}

const context = vector(uint8, 0, 2 ** 8 - 1);
