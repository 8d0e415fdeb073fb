/**
 * Renegotiation, in TLS 1.2 and below: another handshake on the same connection,
 * bound to it (RFC 5246 section 7.4.1.1, RFC 5746). Refused unless the
 * configuration allows it, or the application starts it.
 *
 * @module
 */

import { isTls13CipherSuite } from "../crypto/suites/cipher_suites.ts";
import { TlsAlertError, TlsProtocolError } from "../errors.ts";
import {
  AlertDescription,
  HandshakeType,
  nameOf,
  ProtocolVersion,
} from "../registry.ts";
import {
  type AfterHandshake,
  MAX_MESSAGES_WITHOUT_DATA,
  type RenegotiationOptions,
} from "./common/after_handshake.ts";
import type { PeerAuthentication } from "./common/authenticate.ts";
import { completeClientHandshake } from "./client.ts";
import type { ClientHandshake } from "./common/flow.ts";
import { makeClientHello } from "./common/client_hello.ts";
import type { ClientConfig, ServerConfig } from "./common/config.ts";
import {
  channelBinding,
  type ChannelBindingType,
} from "./common/channel_binding.ts";
import type { ServerConnection } from "./common/server_connection.ts";
import type { Certificate } from "../x509/certificate/certificate.ts";
import type { EstablishedTls12 } from "./common/established.ts";
import type { HandshakeIO } from "./io/message_stream.ts";
import { tls12 } from "./messages/message_kinds_tls12.ts";
import { clientRenegotiationInfo } from "./common/renegotiation_info.ts";
import {
  beforeTls13,
  RenegotiationLimits,
  requirePermission,
} from "./renegotiation_limits.ts";
import type { serverRenegotiation } from "./server.ts";

/** What a server needs for a renegotiation. */
export interface RenegotiatingServer {
  /** The configuration for clients of all names, among which it chooses anew. */
  readonly initial: ServerConfig;
  /** What the handshake runs on. */
  readonly connection: ServerConnection;
  /** Its flow, which a client does not load. */
  readonly renegotiate: typeof serverRenegotiation;
}

/** The messages after the handshake: HelloRequest, and ClientHello again. */
export class Renegotiation implements AfterHandshake {
  readonly #io: HandshakeIO;
  readonly config: ClientConfig | ServerConfig;
  readonly #server: RenegotiatingServer | undefined;
  #established: EstablishedTls12;
  /** Our ClientHello, which has not been answered. */
  #begun: ClientHandshake | undefined;
  /** The handshake in progress. */
  #running: Promise<void> | undefined;
  /** The call of `renegotiate` that has no answer yet. */
  #asked:
    | PromiseWithResolvers<EstablishedTls12> & { options: RenegotiationOptions }
    | undefined;
  /** Application data that arrived in the handshake and was not read yet. */
  #data: { readonly bytes: Uint8Array; readonly taken: () => void } | undefined;
  /** The call that waits for such data. */
  #arrival: PromiseWithResolvers<void> | undefined;
  /** How often the peer may ask for one. */
  readonly #limits: RenegotiationLimits;
  /** Resolves when the renegotiation that was requested or started has ended. */
  #over: PromiseWithResolvers<void> | undefined;
  /** Messages since the last application data. */
  #messages = 0;
  /** A no_renegotiation is queued and was not sent yet. */
  #refusing = false;
  /** One has started and has not ended. */
  #hasStarted = false;

  /** Takes over from the first handshake. */
  constructor(
    io: HandshakeIO,
    config: ClientConfig | ServerConfig,
    established: EstablishedTls12,
    server?: RenegotiatingServer,
  ) {
    this.#io = io;
    this.config = config;
    this.#limits = new RenegotiationLimits(config);
    this.#established = established;
    this.#server = server;
    io.onNoRenegotiation(() => this.#wasRefused());
  }

  get established(): EstablishedTls12 {
    return this.#established;
  }

  get peer(): PeerAuthentication {
    return this.#established.peer;
  }

  channelBinding(
    type: ChannelBindingType,
    serverCertificate: Certificate | undefined,
  ): Uint8Array {
    return channelBinding(type, this.#established, serverCertificate);
  }

  get running(): Promise<void> | undefined {
    return this.#running ?? this.#answered;
  }

  get pending(): Promise<void> | undefined {
    return this.#over?.promise;
  }

  /** There from when we begin: settles when our ClientHello is answered. */
  #answered: Promise<void> | undefined;
  #settleAnswer = () => {};

  sawApplicationData(): void {
    this.#messages = 0;
    this.#io.remarks.renegotiation = undefined;
  }

  disableRenegotiation(): void {
    this.#limits.disable();
  }

  async receive(): Promise<void> {
    while (this.#running === undefined) {
      const message = this.#io.buffered();
      if (message === undefined) return;
      if (++this.#messages > MAX_MESSAGES_WITHOUT_DATA) {
        throw new TlsProtocolError(
          "unexpected_message",
          `Cannot accept more than ${MAX_MESSAGES_WITHOUT_DATA} handshake messages without application data`,
        );
      }
      await this.#receiveOne(message.type);
    }
  }

  async #receiveOne(type: number): Promise<void> {
    const config = this.config;
    if (type === HandshakeType.hello_request && config.side === "client") {
      return await this.#receiveHelloRequest(config);
    }
    if (type === HandshakeType.client_hello && this.#server !== undefined) {
      return this.#receiveClientHello(this.#server);
    }
    if (type === HandshakeType.server_hello && this.#begun !== undefined) {
      return this.#receiveServerHello(this.#begun);
    }
    throw new TlsProtocolError(
      "unexpected_message",
      `Cannot accept ${nameOf(HandshakeType, type)} after the handshake`,
    );
  }

  /** RFC 5246 section 7.4.1.1: ignored while a handshake has begun. */
  async #receiveHelloRequest(config: ClientConfig): Promise<void> {
    this.#io.takeUnhashed(tls12.helloRequest);
    if (this.#answered !== undefined) return;
    const objection = this.#limits.objection(this.#established);
    if (objection !== undefined) return this.#refuse(objection);
    await this.#begin(config);
  }

  #receiveClientHello(server: RenegotiatingServer): void {
    const asked = this.#asked;
    const objection = asked === undefined
      ? this.#limits.objection(this.#established)
      : undefined;
    if (objection !== undefined) {
      this.#io.takeUnhashed(tls12.clientHello);
      return this.#refuse(objection);
    }
    this.#io.startTranscript();
    this.#start();
    this.#run(() =>
      server.renegotiate(this.#io, server.initial, {
        previous: this.#established,
        connection: server.connection,
        clientAuth: asked?.options.clientAuth,
      })
    );
  }

  #receiveServerHello(begun: ClientHandshake): void {
    this.#run(async () => beforeTls13(await completeClientHandshake(begun)));
    this.#endAnswer();
  }

  /**
   * RFC 5246 section 7.2.2: a warning, whereupon the peer goes on or leaves. One
   * at a time is queued, so that a peer that does not read costs no memory.
   */
  #refuse(objection: string): void {
    if (this.#refusing) return;
    this.#refusing = true;
    const reason = `We refused the peer's request to renegotiate: ${objection}`;
    this.#io.remarks.renegotiation = reason;
    this.#io.tell.tell({ type: "renegotiation_refused", reason });
    this.#io.sendAlert("warning", "no_renegotiation");
    const done = () => {
      this.#refusing = false;
    };
    this.#io.flush().then(done, done);
  }

  #wasRefused(): void {
    // It says so of another one than that which it has begun itself.
    if (this.#running !== undefined) return;
    this.#giveUp({
      error: new TlsAlertError(
        AlertDescription.no_renegotiation,
        "Cannot renegotiate: the peer refused (alert no_renegotiation)",
      ),
    });
  }

  /** Sends a ClientHello without TLS 1.3, which does not renegotiate. */
  async #begin(config: ClientConfig): Promise<void> {
    // Set first, so that a second call finds a renegotiation in progress.
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#answered = promise;
    this.#settleAnswer = resolve;
    this.#start();
    const previous = this.#established;
    // client_version stays what it was: the version in an encrypted premaster
    // secret is compared with it (RFC 5246 section 7.4.7.1).
    const same = {
      ...config,
      minVersion: previous.version,
      versions: [previous.version],
      maxVersion: Math.min(config.maxVersion, ProtocolVersion["TLSv1.2"]),
      cipherSuites: config.cipherSuites
        .filter((suite) => !isTls13CipherSuite(suite)),
    };
    const offer = await makeClientHello(
      same,
      undefined,
      [],
      clientRenegotiationInfo(previous),
    );
    if (this.#answered !== promise) return; // It was given up meanwhile.
    this.#io.startTranscript();
    this.#begun = { io: this.#io, config: same, offer, previous };
    this.#io.sendRaw(offer.raw);
    this.#io.flush().catch(() => {}); // The writer keeps its error.
  }

  #start(): void {
    this.#over ??= Promise.withResolvers();
    this.#hasStarted = true;
    this.#io.tell.handshake("handshake_start", this.config.side);
  }

  /** What has started has failed: one event reports it. */
  #failed(error: unknown): void {
    if (!this.#hasStarted) return;
    this.#hasStarted = false;
    const { side } = this.config;
    this.#io.tell.tell({ type: "handshake_failed", side, error });
  }

  #end(): void {
    this.#over?.resolve();
    this.#over = undefined;
  }

  #endAnswer(): void {
    this.#begun = undefined;
    this.#answered = undefined;
    this.#settleAnswer();
  }

  /** Nothing more is to come of what was asked for. */
  #giveUp(failure: { readonly error: unknown }): void {
    if (this.#hasStarted) this.#failed(failure.error);
    this.#endAsking()?.reject(failure.error);
    this.#endAnswer();
    this.#end();
  }

  #endAsking(): PromiseWithResolvers<EstablishedTls12> | undefined {
    const asked = this.#asked;
    this.#asked = undefined;
    return asked;
  }

  /** Runs a handshake beside what the application reads. */
  #run(flow: () => Promise<EstablishedTls12>): void {
    this.#io.deliverApplicationData((bytes) => this.#deliver(bytes));
    this.#running = this.#complete(flow);
    this.#running.catch(() => {}); // Callers that await it get the error.
  }

  /** After a failure it stays in progress, so that late callers get the error. */
  async #complete(flow: () => Promise<EstablishedTls12>): Promise<void> {
    try {
      this.#established = await flow();
      this.#running = undefined;
      this.#io.flush().catch(() => {});
      this.#hasStarted = false;
      this.#io.tell.handshake("handshake_done", this.config.side);
      this.#endAsking()?.resolve(this.#established);
    } catch (error) {
      this.#failed(error);
      this.#endAsking()?.reject(error);
      throw error;
    } finally {
      this.#end();
    }
  }

  #deliver(bytes: Uint8Array): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#data = { bytes, taken: resolve };
    this.#arrival?.resolve();
    return promise;
  }

  async nextData(): Promise<Uint8Array | undefined> {
    while (this.#running !== undefined) {
      const data = this.#data;
      if (data !== undefined) {
        this.#data = undefined;
        data.taken();
        return data.bytes;
      }
      this.#arrival = Promise.withResolvers();
      await Promise.race([this.#arrival.promise, this.#running]);
    }
    return undefined;
  }

  /** A key of these versions lasts as long as the connection. */
  get keyUpdateDue(): boolean {
    return false;
  }

  get canUpdateKeys(): boolean {
    return false;
  }

  /** The server has verified our certificate before its Finished. */
  get awaitsCertificateVerdict(): boolean {
    return false;
  }

  /** Rejects: this version has no KeyUpdate. */
  updateKeys(): Promise<void> {
    return Promise.reject(
      new TypeError("Cannot update keys: this needs TLS 1.3"),
    );
  }

  /** Rejects: in this version, call `renegotiate` with `clientAuth`. */
  requestCertificate(): Promise<PeerAuthentication> {
    return Promise.reject(
      new TypeError(
        'Cannot request a certificate: this needs TLS 1.3; call renegotiate({ clientAuth: "request" }) instead',
      ),
    );
  }

  async renegotiate(
    options: RenegotiationOptions = {},
  ): Promise<EstablishedTls12> {
    const config = this.config;
    requirePermission(config, this.#established, options);
    if (this.#asked !== undefined || this.running !== undefined) {
      throw new TypeError(
        "Cannot renegotiate: a handshake is already in progress",
      );
    }
    const asked = Promise.withResolvers<EstablishedTls12>();
    asked.promise.catch(() => {}); // It may be left unobserved.
    this.#asked = { ...asked, options };
    this.#over = Promise.withResolvers();
    if (config.side === "client") {
      await this.#begin(config).catch((error) => this.#giveUp({ error }));
    } else {
      this.#io.sendUnhashed(tls12.helloRequest, {});
      this.#io.flush().catch(() => {});
    }
    return await asked.promise;
  }

  abandon(failure: { readonly error: unknown }): void {
    this.#giveUp(failure);
    this.#data?.taken();
  }
}
