/**
 * Messages after the handshake of TLS 1.3 (RFC 9846 section 4.7): KeyUpdate,
 * NewSessionTicket, post-handshake authentication of the client.
 *
 * @module
 */

import { resumptionPsk } from "../../crypto/key_schedule.ts";
import type { MaybePromise } from "../../crypto/primitives/provider.ts";
import { TlsProtocolError } from "../../errors.ts";
import type { RecordProtection } from "../../record/protection.ts";
import { HandshakeType, KeyUpdateRequest, nameOf } from "../../registry.ts";
import {
  type AfterHandshake,
  MAX_MESSAGES_WITHOUT_DATA,
} from "../common/after_handshake.ts";
import type { PeerAuthentication } from "../common/authenticate.ts";
import type { ClientConfig, ServerConfig } from "../common/config.ts";
import {
  channelBinding,
  type ChannelBindingType,
} from "../common/channel_binding.ts";
import type { Certificate } from "../../x509/certificate/certificate.ts";
import type { EstablishedTls13 } from "../common/established.ts";
import type { HandshakeIO } from "../io/message_stream.ts";
import { tls13 } from "../messages/message_kinds.ts";
import type { HandshakeMessage } from "../messages/framing.ts";
import type { NewSessionTicket } from "../messages/new_session_ticket.ts";
import type { CertificateInquiry } from "./certificate_inquiry.ts";
import { prepareAnswer } from "./post_handshake_auth.ts";
import { giveSession } from "../common/client_sessions.ts";
import {
  type EstablishedSession,
  makeSessionState,
  MAX_TICKET_LIFETIME,
} from "../common/make_session_state.ts";
import type { SessionState } from "../session/session_state.ts";
import type { Transcript } from "../io/transcript.ts";

/** The messages after the handshake. */
export class PostHandshake implements AfterHandshake {
  readonly #io: HandshakeIO;
  readonly config: ClientConfig | ServerConfig;
  /** A server's requests, which a client does not load. */
  readonly #Inquiry: typeof CertificateInquiry | undefined;
  /** TLS 1.3 has no renegotiation. */
  readonly running: undefined;
  /**
   * That of the handshake, which each later exchange goes on from: without
   * post_handshake_auth there is none.
   */
  readonly #transcript: Transcript | undefined;
  /** Requests for a certificate, in the order in which they were sent. */
  #inquiries: CertificateInquiry[] | undefined;
  /** The one whose answer is being judged, or was last. */
  #judged: CertificateInquiry | undefined;
  /** How many of them are unanswered, or their answers not judged. */
  #unanswered = 0;
  /** Resolves when there are none. */
  #pending: PromiseWithResolvers<void> | undefined;
  #peer: PeerAuthentication;
  #established: EstablishedTls13;
  /** Messages since the last application data. */
  #messages = 0;
  /** What our last KeyUpdate went on to. */
  #protection: RecordProtection | undefined;
  /** Changes of our keys follow one another. */
  #updating: Promise<void> | undefined;
  /** The keys of our last answer to a KeyUpdate. */
  #answered: RecordProtection | undefined;
  /** We have asked for new keys, and no KeyUpdate has come since. */
  #awaitsKeyUpdate = false;

  /** Takes over from the handshake. */
  constructor(
    io: HandshakeIO,
    config: ClientConfig | ServerConfig,
    established: EstablishedTls13,
    Inquiry?: typeof CertificateInquiry,
  ) {
    this.#io = io;
    this.#Inquiry = Inquiry;
    this.config = config;
    this.#established = established;
    this.#peer = established.peer;
    if (established.postHandshakeAuth) this.#transcript = io.transcript;
    io.startTranscript();
  }

  /**
   * What the handshake settled, and what a client showed of itself when it was
   * asked later.
   */
  get established(): EstablishedTls13 {
    return this.#established;
  }

  channelBinding(
    type: ChannelBindingType,
    serverCertificate: Certificate | undefined,
  ): Uint8Array {
    return channelBinding(type, this.established, serverCertificate);
  }

  get keyUpdateDue(): boolean {
    // Without updates the keys go on until their limit, which ends the connection.
    return this.#io.records.writer.keyUpdateDue && this.#mayUpdate;
  }

  get #mayUpdate(): boolean {
    return this.established.traffic.updatesLeft > 0;
  }

  get canUpdateKeys(): boolean {
    return true;
  }

  get awaitsCertificateVerdict(): boolean {
    return this.config.side === "client" &&
      this.established.certificateRequested;
  }

  /** Requests for a certificate that are not answered. */
  get pending(): Promise<void> | undefined {
    return this.#pending?.promise;
  }

  /** The peer, authenticated later perhaps. */
  get peer(): PeerAuthentication {
    return this.#peer;
  }

  sawApplicationData(): void {
    this.#messages = 0;
  }

  /** TLS 1.3 has none (RFC 9846 section 4.2.2). */
  disableRenegotiation(): void {}

  /** Reads the messages that are whole by now. */
  async receive(): Promise<void> {
    for (
      let message = this.#io.buffered();
      message !== undefined;
      message = this.#io.buffered()
    ) {
      if (++this.#messages > MAX_MESSAGES_WITHOUT_DATA) {
        throw new TlsProtocolError(
          "unexpected_message",
          `Cannot accept more than ${MAX_MESSAGES_WITHOUT_DATA} post-handshake messages without application data`,
        );
      }
      await this.#receiveOne(message);
    }
  }

  async #receiveOne({ type, body }: HandshakeMessage): Promise<void> {
    const config = this.config;
    if (type === HandshakeType.key_update) {
      return await this.#receiveKeyUpdate();
    }
    if (type === HandshakeType.new_session_ticket && config.side === "client") {
      return await this.#receiveTicket(config);
    }
    if (
      type === HandshakeType.certificate_request && config.side === "client"
    ) return await this.#receiveCertificateRequest(config);
    if (type === HandshakeType.certificate && this.#inquiries?.length) {
      return await this.#receiveCertificate(body);
    }
    throw new TlsProtocolError(
      "unexpected_message",
      `Cannot accept ${nameOf(HandshakeType, type)} after the handshake`,
    );
  }

  /** Section 4.7.3, "Key and Initialization Vector Update". */
  async #receiveKeyUpdate(): Promise<void> {
    const { requestUpdate } = this.#io.takeUnhashed(tls13.keyUpdate);
    this.#io.setReadProtection(await this.established.traffic.updateRead());
    this.#awaitsKeyUpdate = false;
    if (
      requestUpdate === KeyUpdateRequest.update_requested &&
      this.#answered?.sequenceNumber !== 0 &&
      // "it MUST NOT send its own KeyUpdate if that would cause it to exceed
      // these limits and SHOULD instead ignore the "update_requested" flag."
      this.#mayUpdate
    ) {
      // "an implementation which receives multiple KeyUpdates while it is
      // silent to respond with a single update": until something has been sent
      // under the keys of one answer, there is no other.
      await this.updateKeys(false);
      this.#answered = this.#protection;
      this.#io.flush().catch(() => {});
    }
  }

  /**
   * Goes on to new keys for what we write. With `requestPeer` the peer is asked
   * to do the same, unless it was asked already and its KeyUpdate is still to
   * come: RFC 9846 section 4.7.3, "Until receiving a subsequent KeyUpdate from
   * the peer, the sender MUST NOT send another KeyUpdate with request_update set
   * to "update_requested"".
   *
   * @throws {RangeError} If there were as many updates as there may be.
   */
  updateKeys(requestPeer: boolean): Promise<void> {
    return this.#inTurn(async () => {
      if (!this.#mayUpdate) {
        throw new RangeError(
          "Cannot update the keys: this connection has had 2^48 - 1 updates (RFC 9846 section 4.7.3)",
        );
      }
      const protection = await this.established.traffic.updateWrite();
      const asks = requestPeer && !this.#awaitsKeyUpdate;
      this.#awaitsKeyUpdate ||= asks;
      this.#io.sendUnhashed(tls13.keyUpdate, {
        requestUpdate: asks
          ? KeyUpdateRequest.update_requested
          : KeyUpdateRequest.update_not_requested,
      });
      this.#io.setWriteProtection(protection);
      this.#protection = protection;
    });
  }

  /** Nothing that the keys matter to is sent while they change. */
  #inTurn(send: () => MaybePromise<void>): Promise<void> {
    const sent = (this.#updating ?? Promise.resolve()).then(send);
    this.#updating = sent.catch(() => {});
    return sent;
  }

  /**
   * Asks the client for a certificate (section 4.7.2).
   *
   * @returns Resolves when it has answered, and was authenticated.
   */
  requestCertificate(): Promise<PeerAuthentication> {
    const { config, Inquiry } = this.#serverSide();
    const transcript = this.#transcript?.clone();
    if (transcript === undefined) {
      throw new TypeError(
        "Cannot request a certificate: the client did not offer post_handshake_auth",
      );
    }
    if (this.established.psk !== undefined) {
      // RFC 9846 section 4.4.2: servers that authenticate with an external PSK
      // "MUST NOT [...] request post-handshake authentication". Appendix F.1:
      // nobody has analysed what the two together prove.
      throw new TypeError(
        "Cannot request a certificate: an external PSK authenticated this connection (RFC 9846 section 4.4.2)",
      );
    }
    const inquiry = new Inquiry(
      this.#io,
      config,
      transcript,
      this.established.clientCertificateType,
    );
    (this.#inquiries ??= []).push(inquiry);
    this.#awaitAnswer(inquiry.answer);
    return inquiry.answer;
  }

  #awaitAnswer(answer: Promise<unknown>): void {
    this.#unanswered++;
    this.#pending ??= Promise.withResolvers();
    const settle = () => {
      if (--this.#unanswered > 0) return;
      this.#pending?.resolve();
      this.#pending = undefined;
    };
    answer.then(settle, settle);
  }

  /** TLS 1.3 has no renegotiation. */
  nextData(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  /** Rejects: RFC 9846 section 4.2.2 has no renegotiation. */
  renegotiate(): Promise<never> {
    return Promise.reject(
      new TypeError("Cannot renegotiate: TLS 1.3 has no renegotiation"),
    );
  }

  abandon(failure: { readonly error: unknown }): void {
    for (const inquiry of this.#inquiries?.splice(0) ?? []) {
      inquiry.abandon(failure.error);
    }
    this.#judged?.abandon(failure.error);
  }

  #serverSide(): {
    readonly config: ServerConfig;
    readonly Inquiry: typeof CertificateInquiry;
  } {
    const config = this.config;
    const Inquiry = this.#Inquiry;
    if (config.side !== "server" || Inquiry === undefined) {
      throw new TypeError(
        "Cannot request a certificate: this is only possible at a server, with TLS 1.3",
      );
    }
    return { config, Inquiry };
  }

  async #receiveTicket(config: ClientConfig): Promise<void> {
    const message = this.#io.takeUnhashed(tls13.newSessionTicket);
    // RFC 9846 section 4.7.1: clients that do not resume ignore it.
    if (!config.keepsSessions) return;
    const state = await sessionOfTicket(message, this.#established, config);
    if (state === undefined) return;
    // RFC 8449 section 4: "Records are subject to the limits that were set in the
    // handshake that produces the keys": so is early data under this session's.
    const { reader, writer } = this.#io.records;
    const limit = Math.min(
      writer.recordSizeLimit,
      reader.maxFragmentLength + 1,
    );
    if (limit !== Infinity) state.recordSizeLimit = limit;
    giveSession(this.#io, config, state);
  }

  /** Section 4.7.2: only for a client that has offered it. */
  async #receiveCertificateRequest(config: ClientConfig): Promise<void> {
    const transcript = this.#transcript?.clone();
    // RFC 9846 section 4.4.2 forbids the server to ask behind an external PSK,
    // and appendix F.1 to combine the two.
    if (transcript === undefined || this.established.psk !== undefined) {
      const why = transcript === undefined
        ? "post_handshake_auth was not offered"
        : "an external PSK authenticated this connection";
      throw new TlsProtocolError(
        "unexpected_message",
        `Cannot accept CertificateRequest: ${why}`,
      );
    }
    const { send, shown } = await prepareAnswer(
      this.#io,
      config,
      this.established.clientCertificateType,
      transcript,
    );
    await this.#inTurn(() =>
      send(this.established.cipherSuite.hash, this.established.traffic.write)
    );
    this.#established = { ...this.#established, ...shown };
    await this.#io.flush();
  }

  /** Section 4.7.2: clients answer several requests in an order of their own. */
  async #receiveCertificate(body: Uint8Array): Promise<void> {
    const inquiries = this.#inquiries ?? [];
    const meant = inquiries
      .findIndex((inquiry) => inquiry.isAnsweredBy(body));
    const [inquiry] = inquiries.splice(Math.max(meant, 0), 1);
    if (inquiry === undefined) return;
    this.#judged = inquiry;
    this.#peer = await inquiry.read(
      this.established.cipherSuite.hash,
      this.established.traffic.read,
    );
  }
}

type ResumptionSecret = Pick<EstablishedTls13, "traffic">;

/**
 * The session that a ticket brings (section 4.7.1). The limit of seven days on
 * `ticket_lifetime` binds the server; a client only "MUST NOT use tickets for
 * longer than 7 days after issuance, regardless of the ticket_lifetime".
 *
 * @returns Nothing for a ticket that is to be discarded: a lifetime of zero, or
 * a client that keeps no sessions.
 */
async function sessionOfTicket(
  message: NewSessionTicket,
  established: EstablishedSession & ResumptionSecret,
  config: ClientConfig,
): Promise<SessionState | undefined> {
  if (message.ticketLifetime === 0 || !config.keepsSessions) return undefined;
  const { cipherSuite, traffic } = established;
  return await makeSessionState(established, config, {
    lifetime: Math.min(message.ticketLifetime, MAX_TICKET_LIFETIME),
    secret: resumptionPsk(
      cipherSuite.hash,
      traffic.resumption,
      message.ticketNonce,
    ),
    ticketAgeAdd: message.ticketAgeAdd,
    ticket: message.ticket.slice(),
    maxEarlyData: message.extensions.early_data ?? 0,
  });
}
