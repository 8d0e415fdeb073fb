/**
 * A server's request for a certificate after the handshake (RFC 9846 section
 * 4.7.2), and the client's answer to it.
 *
 * @module
 */

import { equals } from "@std/bytes";
import { finishedVerifyData } from "../../crypto/key_schedule.ts";
import type { HashAlgorithm } from "../../crypto/primitives/provider.ts";
import { Reader, uint8, vector } from "../../record/codec.ts";
import {
  type PeerAuthentication,
  verifyFinished,
} from "../common/authenticate.ts";
import type { ServerConfig } from "../common/config.ts";
import type { HandshakeIO } from "../io/message_stream.ts";
import type { Transcript } from "../io/transcript.ts";
import type { CertificateRequest } from "../messages/certificate_request.ts";
import { tls13 } from "../messages/message_kinds.ts";
import {
  certificateRequest,
  readCertificates,
} from "./client_authentication.ts";

/** A server's request, and the answer to it. */
export class CertificateInquiry {
  readonly #io: HandshakeIO;
  readonly #config: ServerConfig;
  readonly #request: CertificateRequest;
  readonly #transcript: Transcript;
  readonly #certificateType: number;
  readonly #answer = Promise.withResolvers<PeerAuthentication>();

  /**
   * Sends the request; it leaves with the next flush.
   *
   * @param transcript A copy of the handshake's, for this exchange: another
   * one may be going on, with its own.
   * @param certificateType What the handshake agreed on (RFC 7250).
   */
  constructor(
    io: HandshakeIO,
    config: ServerConfig,
    transcript: Transcript,
    certificateType: number,
  ) {
    this.#io = io;
    this.#certificateType = certificateType;
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
    const peer = await readCertificates(
      {
        io,
        config: this.#config,
        transcript,
        certificateType: this.#certificateType,
      },
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
  }

  /** The connection has ended without an answer: rejects it. */
  abandon(reason: unknown): void {
    this.#answer.reject(reason);
  }
}

const context = vector(uint8, 0, 2 ** 8 - 1);
