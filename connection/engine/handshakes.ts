/**
 * The handshakes of one connection, the first one and those that are asked for
 * later, and what they have settled.
 *
 * @module
 */

import type {
  AfterHandshake,
  RenegotiationOptions,
} from "../../handshake/common/after_handshake.ts";
import type { PeerAuthentication } from "../../handshake/common/authenticate.ts";
import type { ClientHelloInfo } from "../../handshake/common/callback_info.ts";
import type {
  ClientConfig,
  ServerConfig,
} from "../../handshake/common/config.ts";
import type { ConnectionInfo } from "../../handshake/common/connection_info.ts";
import type {
  Established,
  EstablishedEarly,
} from "../../handshake/common/established.ts";
import type {
  EarlyDataIn,
  ServerConnection,
} from "../../handshake/common/server_connection.ts";
import {
  clientFlow,
  loadAfterHandshake,
  loadedFlow,
  type MakeAfterHandshake,
  serverFlow,
} from "../../handshake/flows.ts";
import { MAX_PLAINTEXT_LENGTH } from "../../record/plaintext.ts";
import { TlsError } from "../../errors.ts";
import { ACME_TLS_1 } from "../../registry.ts";
import type { Core } from "./core.ts";
import type { EngineOptions } from "./engine_options.ts";
import type { RunningClock } from "./handshake_clock.ts";
import type { Inbound } from "./inbound.ts";
import type { Outbound } from "./outbound.ts";
import { noInfo } from "./state.ts";

/** Reads the options that a handshake needs. */
export type Configure = () => Promise<ClientConfig | ServerConfig>;

/** The handshakes of one connection. */
export class Handshakes implements ServerConnection {
  /** The most content of a record that the peer lets us send. */
  fragmentLimit = MAX_PLAINTEXT_LENGTH;
  readonly #core: Core;
  readonly #inbound: Inbound;
  readonly #outbound: Outbound;
  readonly #signal: AbortSignal | undefined;
  /** The clock of the first handshake, if it ran before. */
  #clock: RunningClock | undefined;
  readonly #dialled: number | undefined;
  #configure: Configure | undefined;
  #renegotiates = true;
  /** The configuration that a server selected by the ClientHello. */
  #chosen: ServerConfig | undefined;

  /** Sends nothing before a handshake is asked for. */
  constructor(
    core: Core,
    { inbound, outbound }: {
      readonly inbound: Inbound;
      readonly outbound: Outbound;
    },
    configure: Configure,
    options: EngineOptions,
  ) {
    this.#core = core;
    this.#inbound = inbound;
    this.#outbound = outbound;
    this.#configure = configure;
    this.#signal = options.signal;
    this.#clock = options.clock;
    this.#dialled = options.clock?.started;
  }

  /** The address of the client, where the transport has one. */
  get remoteAddr(): unknown {
    return this.#core.handle.remoteAddr;
  }

  /** A server has read the ClientHello. */
  sawClientHello(info: ClientHelloInfo): void {
    this.#core.handle.sawClientHello(info);
  }

  /** Uses the options that were selected by the ClientHello. */
  useConfig(config: ServerConfig): void {
    this.#chosen = config;
    this.#core.clock.setTimeout(config.handshakeTimeout);
    this.#core.owner.follow(config);
  }

  /** Data can be sent before the client's Finished has come. */
  settle(established: EstablishedEarly, early?: EarlyDataIn): void {
    this.#core.state.settle(established, early);
    this.#core.owner.onSettled?.();
  }

  /** The next early data of a client; `null` at its end, and where there is none. */
  async readEarlyData(): Promise<Uint8Array | null> {
    const { state } = this.#core;
    state.takesEarlyData = true;
    await state.usable();
    const { early } = state;
    if (early === undefined) return null;
    return await state.unlessFailed(Promise.resolve(early.next()));
  }

  /** Drops early data of a client. */
  dropEarlyData(): void {
    const { state } = this.#core;
    state.takesEarlyData = true;
    if (state.early !== undefined) return state.early.cancel();
    state.usable().then(() => state.early?.cancel(), ignore);
  }

  /** Whether early data was accepted, and the handshake is not over. */
  get isEarly(): boolean {
    const { state } = this.#core;
    return state.early !== undefined && state.post === undefined;
  }

  /** The results of the handshake, once it is done. */
  get established(): Established | undefined {
    return this.#core.state.post?.established;
  }

  /** The same, or what is settled where data can be sent before. */
  get settled(): Established | EstablishedEarly | undefined {
    return this.established ?? this.#core.state.settled;
  }

  /** The peer, once the handshake is done or data can be sent before. */
  get peer(): PeerAuthentication | undefined {
    const { post, settled } = this.#core.state;
    return post?.peer ?? settled?.peer;
  }

  /** The results of the handshake by their names; empty before it is done. */
  get info(): ConnectionInfo {
    const { settled: established, peer } = this;
    const { io, handle, state: { post } } = this.#core;
    const { side } = handle;
    const flow = loadedFlow(side);
    const config = post?.config ?? this.#chosen;
    if (!established || !peer || !config || !flow) return noInfo(side);
    return flow.connectionInfo({
      established,
      peer,
      config,
      authorities: handle.clientHello?.certificateAuthorities,
      dialled: this.#dialled,
      marks: io.tell.marks,
    });
  }

  /**
   * The results of the handshake.
   *
   * @param purpose What they are needed for.
   * @throws {TypeError} If the handshake has not finished.
   */
  requireEstablished(purpose: string): Established {
    return this.requireEnd(purpose).established;
  }

  /**
   * What there is at the end of the handshake.
   *
   * @param purpose What it is needed for.
   * @throws {TypeError} If the handshake has not finished.
   */
  requireEnd(purpose: string): AfterHandshake {
    const { post } = this.#core.state;
    if (post === undefined) {
      throw new TypeError(
        `Cannot ${purpose}: the handshake has not finished`,
      );
    }
    return post;
  }

  /** Runs the first handshake, once. */
  first(): Promise<Established> {
    return this.#core.state.handshake();
  }

  /** The peer may not renegotiate from now on. */
  disableRenegotiation(): void {
    this.#renegotiates = false;
    this.#core.state.post?.disableRenegotiation();
  }

  /** Runs the first handshake, for the state: `first` does so once. */
  async run(): Promise<Established> {
    const { io, state, ending, clock, owner } = this.#core;
    const { side } = state;
    try {
      clock.start(this.#signal, this.#clock);
      this.#clock = undefined;
      state.throwIfFailed();
      io.tell.handshake("handshake_start", side);
      (side === "client" ? clientFlow : serverFlow).prepare();
      const { traceLoading } = owner;
      if (traceLoading) await traceLoading;
      const configure = this.#configure ?? alreadyRun;
      // It has the caller's options, which nothing else needs.
      this.#configure = undefined;
      const config = await configure();
      const established = config.side === "client"
        ? await (clientFlow.loaded ?? await clientFlow.load())
          .clientHandshake(io, config)
        : await (serverFlow.loaded ?? await serverFlow.load())
          .serverHandshake(io, config, this);
      const makeAfter = await loadAfterHandshake(side, established);
      const flushed = io.flush();
      // A server does not wait for its tickets: nobody may be reading yet.
      if (side === "server") flushed.catch(ignore);
      else await flushed;
      state.throwIfFailed();
      this.#enter(config, makeAfter);
      // RFC 8737 section 3: no data is exchanged on such a connection.
      if (side === "server" && established.alpnProtocol === ACME_TLS_1) {
        this.#outbound.drop(ending.complete(nothingToExchange()));
        owner.close().catch(ignore);
      }
      // Last: what hears it may write.
      io.tell.handshake("handshake_done", side);
      return established;
    } catch (error) {
      throw ending.fail(error);
    } finally {
      clock.stop();
    }
  }

  /** From here on application data may follow. */
  #enter(
    config: ClientConfig | ServerConfig,
    makeAfter: MakeAfterHandshake,
  ): void {
    const { io, state, timed } = this.#core;
    const kept = config.side === "client" ? config.kept : undefined;
    // Then nothing keeps the options of the first handshake.
    if (kept !== undefined && state.config.onEvent === kept.onEvent) {
      state.config = timed.timeouts = kept;
    }
    const chosen = this.#chosen ?? kept ?? config;
    const server = config.side === "server"
      ? { initial: config, connection: this }
      : undefined;
    const post = makeAfter(io, chosen, server);
    // RFC 6066 section 4: less than our own is what the client asked for.
    const { maxFragmentSize } = io.records.writer;
    if (maxFragmentSize < (chosen.maxFragmentSize ?? MAX_PLAINTEXT_LENGTH)) {
      this.fragmentLimit = maxFragmentSize;
    }
    if (!this.#renegotiates) post.disableRenegotiation();
    state.open(post);
    this.#heedSignal();
    io.records.reader.startReadAhead();
    this.#inbound.watch();
  }

  /** A signal that is aborted from now on ends the connection. */
  #heedSignal(): void {
    const signal = this.#signal;
    if (signal === undefined) return;
    const { ending, owner } = this.#core;
    const abort = () => owner.abort(signal.reason);
    signal.addEventListener("abort", abort);
    ending.closed.then(() => signal.removeEventListener("abort", abort));
    if (signal.aborted) abort();
  }

  /** Asks the client for a certificate (RFC 9846 section 4.7.2). */
  async requestCertificate(): Promise<PeerAuthentication> {
    const { io, state, ending, clock } = this.#core;
    await this.first();
    const post = this.#whileBothOpen();
    const answer = state.unlessFailed(post.requestCertificate());
    clock.limit(answer.then(ignore, ignore));
    this.#inbound.ahead();
    try {
      await io.flush();
      return await answer;
    } catch (error) {
      throw ending.complete(error);
    }
  }

  /** Asks for another handshake (RFC 5246 section 7.4.1.1). */
  async renegotiate(options?: RenegotiationOptions): Promise<void> {
    await this.first();
    const post = this.#whileBothOpen();
    const answer = post.renegotiate(options);
    this.#core.clock.limit(post.pending);
    this.#inbound.ahead();
    await answer;
  }

  /**
   * What follows the handshake, while neither direction has ended. No await may
   * come between this and its use: what ends then abandons only what it finds.
   */
  #whileBothOpen(): AfterHandshake {
    const { state } = this.#core;
    this.#outbound.throwIfEnding();
    this.#inbound.throwIfOver();
    return state.requirePost();
  }
}

function nothingToExchange(): TlsError {
  return new TlsError(
    "closed",
    `Cannot write: the connection proves a name to an ACME server ("${ACME_TLS_1}"), and has no data (RFC 8737 section 3)`,
  );
}

function alreadyRun(): never {
  throw new TypeError("The first handshake runs once");
}

function ignore(): void {}
