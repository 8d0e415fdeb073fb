/**
 * One end of a TLS connection without its streams. It puts the parts of a
 * connection together, and hears from them.
 *
 * @module
 */

import type {
  ConnectionConfig,
  TraceDepth,
} from "../../handshake/common/connection_config.ts";
import type { Session } from "../../handshake/session/session.ts";
import type { UntimedEvent } from "../../handshake/io/events.ts";
import type { Established } from "../../handshake/common/established.ts";
import type { TlsTimeoutError } from "../../errors.ts";
import { HandshakeIO } from "../../handshake/io/message_stream.ts";
import { RecordLayer } from "../../record/layer.ts";
import type { RecordObserver } from "../../record/transport.ts";
import {
  TimedTransport,
  type TimedTransportOwner,
} from "../transport/timed_transport.ts";
import type { Duplex, Transport } from "../transport/transport.ts";
import { Lazy } from "../../lazy.ts";
import { checkDeadline } from "./calls.ts";
import { Closing } from "./closing.ts";
import type { Core, CoreOwner } from "./core.ts";
import type { Deadlines } from "./deadlines.ts";
import { type CloseResult, Ending } from "./ending.ts";
import type { Handle } from "./handle.ts";
import { HandshakeClock } from "./handshake_clock.ts";
import type { EngineOptions, NameRules } from "./engine_options.ts";
import { type Configure, Handshakes } from "./handshakes.ts";
import { PeerEnd } from "./peer_end.ts";
import { Inbound } from "./inbound.ts";
import { Refusal } from "./refusal.ts";
import { ConnectionState, type Failure, type StateOwner } from "./state.ts";
import { Tracer } from "./trace.ts";
import { Outbound } from "./outbound.ts";

/**
 * A connection without streams. What its parts tell it are methods: closures
 * would take as much memory as the parts.
 */
export class Engine implements CoreOwner, StateOwner, TimedTransportOwner {
  readonly handle: Handle;
  readonly transport: Transport;
  readonly records: RecordLayer;
  readonly inbound: Inbound;
  readonly outbound: Outbound;
  readonly handshakes: Handshakes;
  /** What the options say about names, at a server. */
  readonly names: NameRules | undefined;
  /** Called when data can be sent before the handshake is over. */
  onSettled: (() => void) | undefined;
  readonly #core: Core;
  #closing: Closing | undefined;
  #peerEnd: PeerEnd | undefined;
  #refusal: Refusal | undefined;
  #tracer: Tracer | undefined;
  #deadlines: Deadlines | undefined;
  /** A caller's, which goes before that of the options. */
  #hasOwnTrace = false;

  /** Sends nothing before the handshake is asked for. */
  constructor(
    transport: Transport,
    handle: Handle,
    configure: Configure,
    options: EngineOptions,
  ) {
    this.transport = transport;
    this.handle = handle;
    this.names = options.names;
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
      listener: this,
    });
    const ending = new Ending({ state, io, transport });
    const clock = new HandshakeClock(ending, options.handshakeTimeout);
    const core: Core = this.#core = {
      handle,
      transport,
      timed,
      io,
      state,
      ending,
      clock,
      endsWithCloseNotify,
      owner: this,
    };
    this.follow(options);
    this.inbound = new Inbound(core);
    this.outbound = new Outbound(core, this.inbound);
    this.handshakes = new Handshakes(core, this, configure, options);
    // A socket has none but of writes that are awaited.
    if (transport.retains) {
      transport.onWriteFailure = (error) => this.#refuse().notice(error);
    }
  }

  /** Runs the first handshake. */
  runHandshake(): Promise<Established> {
    return this.handshakes.run();
  }

  /** The connection is not open any more. */
  left(): void {
    this.#core.clock.stop();
    this.inbound.stop();
    this.#peerEnd?.stop();
    this.#refusal?.stop();
  }

  /** The connection has failed. */
  failed(failure: Failure): void {
    const { state } = this.#core;
    if (state.hasBegun && state.post === undefined) {
      const { error } = failure;
      this.onEvent({ type: "handshake_failed", side: this.side, error });
    }
    this.records.reader.fail(failure);
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

  /** Which side this is. */
  get side(): "client" | "server" {
    return this.handle.side;
  }

  /** Limits the content of records that we send; what the peer asked for stays. */
  setMaxFragmentSize(size: number): void {
    this.records.writer.maxFragmentSize = Math.min(
      size,
      this.handshakes.fragmentLimit,
    );
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
    const { side } = this;
    const established = this.#core.state.post?.established;
    const tracer = this.#tracer = write && new Tracer(
      { write, side, depth, established },
      (error) => this.tellFailure("trace", error),
    );
    const onRecord: RecordObserver | undefined = tracer &&
      ((direction, header) =>
        tracer.tell((lines) => lines.record(direction, header)));
    this.records.reader.onRecord = onRecord;
  }

  /** Goes by other options: a server selects them by the ClientHello. */
  follow(config: ConnectionConfig): void {
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

  /** Resolves when lines of a trace can be written, if they cannot yet. */
  get traceLoading(): Promise<void> | undefined {
    return this.#tracer?.loading;
  }

  /** A callback whose failure changes nothing has thrown. */
  tellFailure(callback: "onHandshakeError" | "trace", error: unknown): void {
    this.onEvent({ type: "callback_failed", callback, error });
  }

  /** Passes an event on to the trace and to the option `onEvent`. */
  onEvent(event: UntimedEvent): void {
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

  /** At a client, the newest session of this connection. */
  get session(): Session | undefined {
    return this.#core.io.session;
  }

  /** Sends close_notify behind all that was written. */
  closeWrite(): Promise<void> {
    return this.#end().closeWrite();
  }

  /** Drops what the peer sends from now on; writing goes on. */
  cancelRead(): Promise<void> {
    return this.#end().cancelRead();
  }

  /** Ends TLS by close_notify both ways, and hands back the transport. */
  detach(): Promise<Duplex> {
    return this.#end().detach();
  }

  /** Ends both directions, in order. */
  close(): Promise<void> {
    return this.#end().close();
  }

  /** Ends both directions at once; pending calls reject with `reason`. */
  abort(reason: unknown): void {
    this.#end().abort(reason);
  }
}

const deadlines = new Lazy("deadlines", () => import("./deadlines.ts"));

type DeadlinesModule = typeof import("./deadlines.ts");
