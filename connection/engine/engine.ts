/**
 * One end of a TLS connection without its streams. It puts the parts of a
 * connection together, and runs the handshake when that is first needed.
 *
 * @module
 */

import type {
  AfterHandshake,
  RenegotiationOptions,
} from "../../handshake/common/after_handshake.ts";
import type { ConnectionInfo } from "../../handshake/common/connection_info.ts";
import type { PeerAuthentication } from "../../handshake/common/authenticate.ts";
import type {
  ClientConfig,
  ServerConfig,
} from "../../handshake/common/config.ts";
import type { ClientHelloInfo } from "../../handshake/common/callback_info.ts";
import type {
  ConnectionConfig,
  TraceDepth,
} from "../../handshake/common/connection_config.ts";
import type {
  EarlyDataIn,
  ServerConnection,
} from "../../handshake/common/server_connection.ts";
import type { Session } from "../../handshake/session/session.ts";
import type { UntimedEvent } from "../../handshake/io/events.ts";
import type {
  Established,
  EstablishedEarly,
} from "../../handshake/common/established.ts";
import type { TlsTimeoutError } from "../../errors.ts";
import {
  clientFlow,
  loadAfterHandshake,
  loadedFlow,
  type MakeAfterHandshake,
  serverFlow,
} from "../../handshake/flows.ts";
import { HandshakeIO } from "../../handshake/io/message_stream.ts";
import { RecordLayer } from "../../record/layer.ts";
import { ACME_TLS_1 } from "../../registry.ts";
import { MAX_PLAINTEXT_LENGTH } from "../../record/plaintext.ts";
import type { RecordObserver } from "../../record/transport.ts";
import {
  TimedTransport,
  type TimedTransportOwner,
} from "../transport/timed_transport.ts";
import {
  type Duplex,
  releasing,
  type Transport,
} from "../transport/transport.ts";
import { Lazy } from "../../lazy.ts";
import { checkDeadline, unread } from "./calls.ts";
import { Closing } from "./closing.ts";
import type { Core, CoreOwner } from "./core.ts";
import type { Deadlines } from "./deadlines.ts";
import { type CloseResult, Ending } from "./ending.ts";
import type { Handle } from "./handle.ts";
import { HandshakeClock, type RunningClock } from "./handshake_clock.ts";
import { PeerEnd } from "./peer_end.ts";
import { Inbound } from "./inbound.ts";
import { Refusal } from "./refusal.ts";
import {
  ConnectionState,
  type Failure,
  noInfo,
  type StateOwner,
} from "./state.ts";
import { Tracer } from "./trace.ts";
import { Outbound } from "./outbound.ts";

/** What a server's options say about the names that clients ask for. */
export interface NameRules {
  /** Whether the name makes a difference to how a client is judged. */
  readonly judgesByName: boolean;
  /**
   * Whether a client is judged alike under two names, by the same authorities
   * and demands; `undefined` stands for a client that sends no name.
   */
  judgesAlike(one: string | undefined, other: string | undefined): boolean;
}

/** Options of an engine besides those that the ClientHello decides on. */
export interface EngineOptions extends ConnectionConfig {
  /** The limit of the first handshake, if it runs already. */
  readonly clock?: RunningClock;
  /** Aborts the connection. */
  readonly signal?: AbortSignal | undefined;
  /** Whether our close_notify ends our direction of the transport. */
  readonly endsWithCloseNotify?: boolean;
  /** Bytes that were read from the transport already. */
  readonly initialData?: Uint8Array | undefined;
  /** What the options of a server say about names. */
  readonly names?: NameRules | undefined;
}

/**
 * A connection without streams. What its parts tell it are methods: closures
 * would take as much memory as the parts.
 */
export class Engine
  implements ServerConnection, CoreOwner, StateOwner, TimedTransportOwner {
  readonly handle: Handle;
  readonly transport: Transport;
  readonly records: RecordLayer;
  readonly inbound: Inbound;
  readonly outbound: Outbound;
  /** Called when data can be sent before the handshake is over. */
  onSettled: (() => void) | undefined;
  readonly #core: Core;
  #closing: Closing | undefined;
  #peerEnd: PeerEnd | undefined;
  #refusal: Refusal | undefined;
  readonly #options: EngineOptions;
  #configure: (() => Promise<ClientConfig | ServerConfig>) | undefined;
  #tracer: Tracer | undefined;
  #deadlines: Deadlines | undefined;
  #renegotiates = true;
  /** A caller's, which goes before that of the options. */
  #hasOwnTrace = false;
  /** The most content of a record that the peer lets us send. */
  #fragmentLimit = MAX_PLAINTEXT_LENGTH;
  /** The configuration that a server selected by the ClientHello. */
  #chosen: ServerConfig | undefined;

  /** Sends nothing before the handshake is asked for. */
  constructor(
    transport: Transport,
    handle: Handle,
    configure: () => Promise<ClientConfig | ServerConfig>,
    options: EngineOptions,
  ) {
    this.transport = transport;
    this.handle = handle;
    this.#configure = configure;
    this.#options = options;
    const { initialData, endsWithCloseNotify = false } = options;
    const state = new ConnectionState(handle.side, options, this);
    const timed = new TimedTransport(transport, options, this);
    const records = this.records = new RecordLayer({
      source: timed,
      sink: timed,
      initialData,
    });
    const io = new HandshakeIO(records, {
      maxCertificateSize: undefined,
      onEvent: (event) => this.#tell(event),
    });
    const ending = new Ending({ state, io, transport });
    const clock = new HandshakeClock(ending, options.handshakeTimeout);
    const core = this.#core = {
      transport,
      timed,
      io,
      state,
      ending,
      clock,
      endsWithCloseNotify,
      owner: this,
    };
    this.#follow(options);
    this.inbound = new Inbound(core);
    this.outbound = new Outbound(core, this.inbound);
    // A socket has none but of writes that are awaited.
    if (transport.retains) {
      transport.onWriteFailure = (error) => this.#refuse().notice(error);
    }
  }

  /** The connection is not open any more. */
  left(): void {
    this.#core.clock.stop();
    this.inbound.stop();
    this.#peerEnd?.stop();
    this.#refusal?.stop();
  }

  /** The connection has failed. */
  failed(error: unknown): void {
    const { state } = this.#core;
    if (state.hasBegun && state.post === undefined) {
      this.#tell({ type: "handshake_failed", side: this.side, error });
    }
    this.records.reader.cancel(error);
  }

  /** The peer's close_notify has come. */
  peerEnded(): void {
    const { inbound, outbound } = this;
    const closing = this.#end();
    this.#peerEnd = new PeerEnd(this.#core, { inbound, outbound, closing });
    this.#peerEnd.end();
  }

  /** A read or write of the transport has taken too long. */
  late(error: TlsTimeoutError): void {
    this.#core.ending.fail(error);
  }

  /** A read of the transport has failed. */
  readFailed(error: unknown): void {
    this.#core.ending.transportFailed(error);
  }

  /** A write of the transport has failed: gives the error for its caller. */
  writeFailed(error: unknown): Promise<unknown> {
    return this.#refuse().of(error);
  }

  /** What ends the connection, made when it is first needed. */
  #end(): Closing {
    return this.#closing ??= new Closing(
      this.#core,
      this.inbound,
      this.outbound,
    );
  }

  #refuse(): Refusal {
    return this.#refusal ??= new Refusal(this.#core, this.inbound, this.#end());
  }

  /** What the options say about names, at a server. */
  get names(): NameRules | undefined {
    return this.#options.names;
  }

  /** Which side this is. */
  get side(): "client" | "server" {
    return this.handle.side;
  }

  /** The peer's address, if the transport is a socket. */
  get remoteAddr(): unknown {
    return this.handle.remoteAddr;
  }

  /** A server has read the ClientHello. */
  sawClientHello(info: ClientHelloInfo): void {
    this.handle.sawClientHello(info);
  }

  /** Uses the options that were selected by the ClientHello. */
  useConfig(config: ServerConfig): void {
    this.#chosen = config;
    this.#core.clock.setTimeout(config.handshakeTimeout);
    this.#follow(config);
  }

  /** Data can be sent before the client's Finished has come. */
  settle(established: EstablishedEarly, early?: EarlyDataIn): void {
    this.#core.state.settle(established, early);
    this.onSettled?.();
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

  /** The peer may not renegotiate from now on. */
  disableRenegotiation(): void {
    this.#renegotiates = false;
    this.#core.state.post?.disableRenegotiation();
  }

  /** Limits the content of records that we send; what the peer asked for stays. */
  setMaxFragmentSize(size: number): void {
    this.records.writer.maxFragmentSize = Math.min(size, this.#fragmentLimit);
  }

  /**
   * Sets the deadline of reads, of writes, or of both.
   *
   * @throws {TypeError} If it is neither a date nor `undefined`.
   */
  setDeadline(
    time: Date | undefined,
    ...directions: readonly ("read" | "write")[]
  ): void {
    checkDeadline(time);
    const set = ({ Deadlines }: DeadlinesModule) => {
      const { inbound, outbound } = this;
      this.#deadlines ??= new Deadlines(this.#core, inbound, outbound);
      for (const direction of directions) this.#deadlines[direction].set(time);
    };
    const module = deadlines.load();
    if (module instanceof Promise) {
      const setting = module.then(
        set,
        (error) => this.#core.ending.fail(error),
      );
      // None may begin before it is known whether it still may.
      if (directions.includes("write")) this.outbound.hold(setting);
    } else set(module);
  }

  /** Traces from now on, or does not. */
  setTrace(trace: ConnectionConfig["trace"], depth?: TraceDepth): void {
    this.#hasOwnTrace = true;
    this.#setTracer(trace, depth);
    this.records.writer.onRecord = this.records.reader.onRecord;
  }

  #setTracer(
    write: ConnectionConfig["trace"],
    depth: TraceDepth = this.#core.state.config.traceDepth,
  ): void {
    const { side, established } = this;
    const tracer = this.#tracer = write && new Tracer(
      { write, side, depth, established },
      (error) => this.tellFailure("trace", error),
    );
    const onRecord: RecordObserver | undefined = tracer &&
      ((direction, header) =>
        tracer.tell((lines) => lines.record(direction, header)));
    this.records.reader.onRecord = onRecord;
  }

  #follow(config: ConnectionConfig): void {
    const { state, timed, io } = this.#core;
    state.config = config;
    timed.timeouts = config;
    if (!this.#hasOwnTrace) this.#setTracer(config.trace);
    const { onRecord } = this.records.reader;
    // A renegotiation never allows more than the handshake before.
    const { maxFragmentSize } = state.post === undefined
      ? config
      : this.records.writer;
    this.records.writer.configure({ ...config, maxFragmentSize, onRecord });
    io.maxCertificateSize = config.maxCertificateSize;
  }

  /** A callback whose failure changes nothing has thrown. */
  tellFailure(callback: "onHandshakeError" | "trace", error: unknown): void {
    this.#tell({ type: "callback_failed", callback, error });
  }

  #tell(event: UntimedEvent): void {
    this.#tracer?.tell((lines) => lines.event(event));
    this.#core.state.config.onEvent?.(event);
  }

  /** Resolves when the connection has ended: says how. */
  get closed(): Promise<CloseResult> {
    this.#core.state.isEndAwaited = true;
    return this.#core.ending.closed;
  }

  /**
   * Calls a function when the connection has ended. Unlike `closed` it does not
   * have the peer watched.
   */
  onEnd(callback: () => void): void {
    this.#core.ending.onEnd(callback);
  }

  /** The error that ended the connection, if it was not closed. */
  get fault(): Failure | undefined {
    return this.#core.ending.fault;
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
    const { settled: established, peer, side } = this;
    const { io, state: { post } } = this.#core;
    const flow = loadedFlow(side);
    const config = post?.config ?? this.#chosen;
    if (!established || !peer || !config || !flow) return noInfo(side);
    return flow.connectionInfo({
      established,
      peer,
      config,
      authorities: this.handle.clientHello?.certificateAuthorities,
      dialled: this.#options.clock?.started,
      marks: io.tell.marks,
    });
  }

  /** At a client, the newest session of this connection. */
  get session(): Session | undefined {
    return this.#core.io.session;
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

  /** Runs the handshake, once. */
  handshake(): Promise<Established> {
    return this.#core.state.handshake();
  }

  /** Sends close_notify behind all that was written (RFC 9846 section 6.1). */
  async closeWrite(): Promise<void> {
    await this.outbound.end();
    if (this.inbound.isOver && !this.#core.state.isDetaching) {
      await this.close();
    }
  }

  /** Drops what the peer sends from now on; writing goes on. */
  async cancelRead(): Promise<void> {
    this.inbound.cancel();
    if (this.outbound.isEnding) await this.close();
  }

  /** Ends both directions, in order. */
  close(): Promise<void> {
    return this.#end().close();
  }

  /** Ends both directions at once; pending calls reject with `reason`. */
  abort(reason: unknown): void {
    this.#end().abort(reason);
  }

  /** Asks the client for a certificate (RFC 9846 section 4.7.2). */
  async requestCertificate(): Promise<PeerAuthentication> {
    const { io, state, ending, clock } = this.#core;
    await this.handshake();
    const post = this.#whileBothOpen();
    const answer = state.unlessFailed(post.requestCertificate());
    clock.limit(answer.then(ignore, ignore));
    this.inbound.ahead();
    try {
      await io.flush();
      return await answer;
    } catch (error) {
      throw ending.complete(error);
    }
  }

  /** Asks for another handshake (RFC 5246 section 7.4.1.1). */
  async renegotiate(options?: RenegotiationOptions): Promise<void> {
    await this.handshake();
    const post = this.#whileBothOpen();
    const answer = post.renegotiate(options);
    this.#core.clock.limit(post.pending);
    this.inbound.ahead();
    await answer;
  }

  /**
   * Ends TLS by close_notify both ways, and hands back the transport.
   *
   * @throws {TypeError} If application data from the peer is still unread.
   */
  async detach(): Promise<Duplex> {
    const { state, ending } = this.#core;
    await this.handshake();
    const module = await releasing.load();
    state.throwIfFailed();
    if (state.hasUnreadEarlyData) throw unread();
    state.isDetaching = true;
    await this.closeWrite();
    if (!await this.inbound.readEnd()) {
      state.isDetaching = false;
      throw unread();
    }
    const ahead = this.records.reader.detach();
    const duplex = this.transport.release(ahead, module);
    ending.detach();
    return duplex;
  }

  /** Runs the first handshake: `handshake` does so once. */
  async runHandshake(): Promise<Established> {
    const { side } = this;
    const { io, state, ending, clock } = this.#core;
    try {
      clock.start(this.#options.signal, this.#options.clock);
      state.throwIfFailed();
      io.tell.handshake("handshake_start", side);
      (side === "client" ? clientFlow : serverFlow).prepare();
      const traced = this.#tracer?.loading;
      if (traced) await traced;
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
        this.close().catch(ignore);
      }
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
    const { io, state } = this.#core;
    const chosen = this.#chosen ?? config;
    const server = config.side === "server"
      ? { initial: config, connection: this }
      : undefined;
    const post = makeAfter(io, chosen, server);
    // RFC 6066 section 4: less than our own is what the client asked for.
    const { maxFragmentSize } = this.records.writer;
    if (maxFragmentSize < (chosen.maxFragmentSize ?? MAX_PLAINTEXT_LENGTH)) {
      this.#fragmentLimit = maxFragmentSize;
    }
    if (!this.#renegotiates) post.disableRenegotiation();
    state.open(post);
    this.#heedSignal();
    this.records.reader.startReadAhead();
    this.inbound.watch();
    io.tell.handshake("handshake_done", this.side);
  }

  /** A signal that is aborted from now on ends the connection. */
  #heedSignal(): void {
    const { signal } = this.#options;
    if (signal === undefined) return;
    const abort = () => this.abort(signal.reason);
    signal.addEventListener("abort", abort);
    this.#core.ending.closed.then(() =>
      signal.removeEventListener("abort", abort)
    );
    if (signal.aborted) abort();
  }

  /**
   * What follows the handshake, while neither direction has ended. No await may
   * come between this and its use: what ends then abandons only what it finds.
   */
  #whileBothOpen(): AfterHandshake {
    const { state } = this.#core;
    this.outbound.throwIfEnding();
    this.inbound.throwIfOver();
    return state.requirePost();
  }
}

const deadlines = new Lazy("deadlines", () => import("./deadlines.ts"));

type DeadlinesModule = typeof import("./deadlines.ts");

function alreadyRun(): never {
  throw new TypeError("The first handshake runs once");
}

function ignore(): void {}
