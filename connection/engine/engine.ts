/**
 * One end of a TLS connection without its streams: bytes of the application in
 * and out, a handshake that runs when it is first needed, and the one place
 * where an error becomes an alert.
 *
 * @module
 */

import type { MaybePromise } from "../../crypto/primitives/provider.ts";
import { TlsError } from "../../errors.ts";
import type {
  AfterHandshake,
  RenegotiationOptions,
} from "../../handshake/common/after_handshake.ts";
import { clientHandshake } from "../../handshake/client.ts";
import type { PeerAuthentication } from "../../handshake/common/authenticate.ts";
import type {
  ClientConfig,
  ClientHelloInfo,
  ConnectionConfig,
  ServerConfig,
  ServerConnection,
} from "../../handshake/common/config.ts";
import type { HandshakeEvent } from "../../handshake/io/events.ts";
import type { Established } from "../../handshake/common/established.ts";
import { HandshakeIO } from "../../handshake/io/message_stream.ts";
import { PostHandshake } from "../../handshake/tls13/post_handshake.ts";
import { Renegotiation } from "../../handshake/renegotiation.ts";
import { serverHandshake } from "../../handshake/server.ts";
import { RecordLayer } from "../../record/layer.ts";
import type { RecordObserver } from "../../record/transport.ts";
import { ProtocolVersion } from "../../registry.ts";
import { Closing } from "./closing.ts";
import { StallWatch } from "../transport/deadline.ts";
import { type CloseResult, Ending } from "./ending.ts";
import type { Handle } from "./handle.ts";
import { HandshakeClock } from "./handshake_clock.ts";
import { type Awaited, Reading } from "./reading.ts";
import { Refusal } from "./refusal.ts";
import { type TimedEnds, timedEnds } from "../transport/timed_ends.ts";
import { Tracer } from "./trace.ts";
import type { Duplex, Transport } from "../transport/transport.ts";
import { Writing } from "./writing.ts";

/** What an engine goes by besides the options that a server's client decides on. */
export interface EngineOptions extends ConnectionConfig {
  /** Milliseconds that are left for the first handshake. */
  readonly timeLeft?: number;
  /** Gives up the first handshake. */
  readonly signal?: AbortSignal | undefined;
  /** Whether the transport ends with our close_notify. */
  readonly endsWithCloseNotify?: boolean;
  /** Bytes that were read from the transport already. */
  readonly initialData?: Uint8Array | undefined;
}

/** A connection without streams. */
export class Engine implements ServerConnection {
  readonly handle: Handle;
  readonly transport: Transport;
  readonly records: RecordLayer;
  readonly #io: HandshakeIO;
  readonly #options: EngineOptions;
  /** What holds by now. */
  #config: ConnectionConfig;
  #tracer: Tracer | undefined;
  readonly #ending: Ending;
  readonly #clock: HandshakeClock;
  readonly #reading: Reading;
  readonly #writing: Writing;
  readonly #refusal: Refusal;
  readonly #timedEnds: TimedEnds;
  /** Watches whether writing goes on behind the end of the transport. */
  #gone: StallWatch | undefined;
  readonly #configure: () => Promise<ClientConfig | ServerConfig>;
  /** What a server chose by the ClientHello. */
  #chosen: ServerConfig | undefined;
  #handshake: Promise<Established> | undefined;
  #established: Established | undefined;
  #post: AfterHandshake | undefined;
  #closing: Promise<void> | undefined;
  #closer: Closing | undefined;
  /** Somebody has asked for `closed`, and may wait for nothing else. */
  #isEndAwaited = false;
  /** The transport is to be handed back rather than closed. */
  #isDetaching = false;

  /** Stands on a transport. Nothing is sent before the handshake is asked for. */
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
    this.#config = options;
    const { side } = handle;
    const ends = this.#timedEnds = timedEnds(transport, () => this.#config, {
      late: (error) => this.#ending.fail(error),
      readFailed: (error) => this.#ending.transportFailed(error),
      writeFailed: (error) => this.#refusal.of(error),
    });
    this.records = new RecordLayer({
      source: ends.source,
      sink: ends.sink,
      initialData: options.initialData,
    });
    this.#io = new HandshakeIO(this.records, {
      maxCertificateSize: undefined,
      onEvent: (event) => this.#tell(event),
    });
    this.#follow(options);
    this.#ending = new Ending({
      side,
      transport,
      records: this.records,
      io: this.#io,
      stage: () => this.#established === undefined ? "handshake" : "data",
      awaitsCertificateVerdict: () => this.#awaitsCertificateVerdict(),
      abandon: (reason) => {
        this.#rest();
        this.#post?.abandon(reason);
      },
    });
    this.#clock = new HandshakeClock(this.#ending, options.handshakeTimeout);
    this.#reading = new Reading({
      io: this.#io,
      ending: this.#ending,
      handshake: () => this.handshake(),
      post: () => this.#post,
      sawMessages: () => this.#clock.limit(this.#post?.pending),
      ended: () => this.#endReading(),
      awaited: (by) => this.#awaitRead(by),
    });
    this.#writing = new Writing({
      io: this.#io,
      records: this.records,
      ending: this.#ending,
      handshake: () => this.handshake(),
      post: () => this.#post,
      readAhead: () => this.#reading.ahead(),
      ended: () =>
        options.endsWithCloseNotify ? transport.closeWrite() : undefined,
    });
    this.#refusal = new Refusal({
      io: this.#io,
      ending: this.#ending,
      clock: this.#clock,
      reading: this.#reading,
      isHandshaking: () => this.#established === undefined,
      isClosing: () => this.#closing !== undefined,
      close: () => void this.close(),
    });
    transport.onWriteFailure = (error) => this.#writeFailed(error);
  }

  /** Which side this is. */
  get side(): "client" | "server" {
    return this.handle.side;
  }

  /** The address of the peer, where the transport has one. */
  get remoteAddr(): unknown {
    return this.handle.remoteAddr;
  }

  /** The ClientHello was read. */
  sawClientHello(info: ClientHelloInfo): void {
    this.handle.sawClientHello(info);
  }

  /** What the ClientHello has decided on holds from here on. */
  useConfig(config: ServerConfig): void {
    this.#chosen = config;
    this.#clock.setTimeout(config.handshakeTimeout);
    this.#follow(config);
  }

  #follow(config: ConnectionConfig): void {
    this.#config = config;
    const { trace } = config;
    this.#tracer = trace && new Tracer(trace, this.side);
    const tracer = this.#tracer;
    const onRecord: RecordObserver | undefined = tracer &&
      ((direction, header) => tracer.record(direction, header));
    this.records.reader.onRecord = onRecord;
    // What a renegotiation agrees on is never more than what was agreed on.
    const { maxFragmentSize } = this.#established === undefined
      ? config
      : this.records.writer;
    this.records.writer.configure({ ...config, maxFragmentSize, onRecord });
    this.#io.maxCertificateSize = config.maxCertificateSize;
  }

  /** A function that only looks on has failed. */
  tellFailure(callback: "onHandshakeError", error: unknown): void {
    this.#tell({ type: "callback_failed", callback, error });
  }

  #tell(event: HandshakeEvent): void {
    this.#tracer?.event(event);
    this.#config.onEvent?.(event);
  }

  /** How it ended, once it has. */
  get closed(): Promise<CloseResult> {
    this.#isEndAwaited = true;
    return this.#ending.closed;
  }

  /** The error that ended the connection, if it is one that did. */
  get fault(): { readonly error: unknown } | undefined {
    return this.#ending.fault;
  }

  /** What the handshake settled, once it has. */
  get established(): Established | undefined {
    return this.#post?.established;
  }

  /** The peer as it is known by now. */
  get peer(): PeerAuthentication | undefined {
    return this.#post?.peer;
  }

  /**
   * What the handshake settled.
   *
   * @throws {TypeError} If it is not over.
   */
  requireEstablished(): Established {
    const { established } = this;
    if (established === undefined) {
      throw new TypeError("Cannot tell: the handshake is not over");
    }
    return established;
  }

  /** Runs the handshake, once. */
  handshake(): Promise<Established> {
    if (this.#handshake === undefined) {
      this.#clock.start(this.#options.timeLeft, this.#options.signal);
      // Before it runs: what it calls back may ask for it again.
      const { promise, resolve } = Promise.withResolvers<Established>();
      this.#handshake = this.#ending.unlessFailed(promise)
        // As soon as it has failed: what it waits for may never come.
        .finally(() => this.#clock.stop());
      this.#handshake.catch(ignore);
      resolve(this.#runHandshake());
    }
    return this.#handshake;
  }

  /**
   * The next bytes of the application, never none; `null` after close_notify.
   * At once where they are there already.
   */
  read(): MaybePromise<Uint8Array | null> {
    return this.#reading.next();
  }

  /**
   * Sends bytes of the application. A promise says that there is no room for
   * more: until it resolves, the bytes are to stay unchanged.
   */
  write(bytes: Uint8Array): MaybePromise<void> {
    return this.#writing.write(bytes);
  }

  /** Sends close_notify behind all that was written (RFC 8446 section 6.1). */
  async closeWrite(): Promise<void> {
    await this.#writing.end();
    if (this.#reading.isOver && !this.#isDetaching) await this.close();
  }

  /** Nobody wants what the peer sends; writing goes on. */
  async cancelRead(): Promise<void> {
    this.#reading.cancel();
    if (this.#writing.isEnding) await this.close();
  }

  /** Ends both directions, in order. */
  close(): Promise<void> {
    if (this.#ending.isDetached) return Promise.resolve();
    return this.#closing ??= this.#close();
  }

  /** Ends both directions at once, all that is pending with `reason`. */
  abort(reason: unknown): void {
    if (this.#ending.failure === undefined) this.#ending.giveUp(reason);
    else this.#closer?.cut();
  }

  /**
   * Goes on to new traffic keys (RFC 8446 section 4.6.3). Resolves when the
   * KeyUpdate is with the transport.
   */
  async updateKeys(requestPeer: boolean): Promise<void> {
    await this.handshake();
    this.#writing.throwIfEnding();
    const post = this.#postHandshake();
    // The caller's mistake, which leaves the connection as it is.
    if (!post.canUpdateKeys) return await post.updateKeys(requestPeer);
    try {
      await post.updateKeys(requestPeer);
      await this.#io.flush();
    } catch (error) {
      throw this.#ending.fail(error);
    }
  }

  /** Asks the client for a certificate (RFC 9846 section 4.7.2). */
  async requestCertificate(): Promise<PeerAuthentication> {
    await this.handshake();
    this.#writing.throwIfEnding();
    this.#reading.throwIfOver();
    const answer = this.#ending.unlessFailed(
      this.#postHandshake().requestCertificate(),
    );
    this.#clock.limit(answer.then(ignore, ignore));
    this.#reading.ahead();
    try {
      await this.#io.flush();
      return await answer;
    } catch (error) {
      throw this.#ending.complete(error);
    }
  }

  /** Asks for another handshake (RFC 5246 section 7.4.1.1). */
  async renegotiate(options?: RenegotiationOptions): Promise<void> {
    await this.handshake();
    this.#writing.throwIfEnding();
    this.#reading.throwIfOver();
    const answer = this.#postHandshake().renegotiate(options);
    this.#clock.limit(this.#post?.pending);
    this.#reading.ahead();
    await answer;
  }

  /**
   * Leaves TLS: close_notify both ways, then the transport is the caller's.
   *
   * @throws {TypeError} If application data of the peer is still unread.
   */
  async detach(): Promise<Duplex> {
    await this.handshake();
    this.#ending.throwIfFailed();
    this.#isDetaching = true;
    await this.closeWrite();
    const bytes = await this.read();
    if (bytes !== null) {
      // It stays the next to be read.
      this.#reading.putBack(bytes);
      this.#isDetaching = false;
      throw new TypeError(
        "Cannot detach: the peer sent data that has not been read",
      );
    }
    this.#rest();
    const duplex = this.transport.release(this.records.reader.detach());
    this.#ending.detach();
    return duplex;
  }

  async #runHandshake(): Promise<Established> {
    const { side } = this;
    try {
      this.#ending.throwIfFailed();
      this.#tell({ type: "handshake_start", side });
      const config = await this.#configure();
      const established = config.side === "client"
        ? await clientHandshake(this.#io, config)
        : await serverHandshake(this.#io, config, this);
      const flushed = this.#io.flush();
      // A server's tickets leave when they can: nobody may be reading yet.
      if (side === "server") flushed.catch(ignore);
      else await flushed;
      this.#ending.throwIfFailed();
      this.#enter(config, established);
      return established;
    } catch (error) {
      throw this.#ending.fail(error);
    }
  }

  /** The transport takes nothing more, of which no write may ever tell. */
  #writeFailed(error: unknown): void {
    if (this.#handshake === undefined) this.#ending.transportFailed(error);
    else this.#refusal.notice(error);
  }

  /** A connection that is idle costs little, and keeps no process alive. */
  #awaitRead(by: Awaited): void {
    this.#timedEnds.awaitRead(by === "application");
    this.transport.awaitRead?.(by !== "nobody" || this.#isEndAwaited);
  }

  #awaitsCertificateVerdict(): boolean {
    return this.side === "client" && !this.#reading.hasData &&
      (this.#post?.awaitsCertificateVerdict ?? false);
  }

  /** From here on there are application data. */
  #enter(
    config: ClientConfig | ServerConfig,
    established: Established,
  ): void {
    const chosen = this.#chosen ?? config;
    this.#post = established.version === ProtocolVersion["TLSv1.3"]
      ? new PostHandshake(this.#io, chosen, established)
      : new Renegotiation(
        this.#io,
        chosen,
        established,
        config.side === "server"
          ? { initial: config, connection: this }
          : undefined,
      );
    this.records.reader.startReadAhead();
    this.#established = established;
    this.#reading.watch();
    this.#tell({ type: "handshake_done", side: this.side });
  }

  #postHandshake(): AfterHandshake {
    if (this.#post === undefined) {
      throw new TypeError("Cannot go on: the handshake is not over");
    }
    return this.#post;
  }

  /** The peer's close_notify: the end, and ours if both have ended. */
  #endReading(): void {
    if (this.#isDetaching) return;
    if (this.#writing.isEnding || !this.#config.allowHalfOpen) {
      // The reader has the end at once: our writes may take their time, and a
      // close that is under way may wait for this very read.
      this.close().catch(ignore);
      return;
    }
    this.#awaitRead("nobody");
    this.records.reader.watchEnd((error) => this.#endTransport(error));
  }

  /**
   * The transport has ended behind close_notify. A server may be about to
   * answer a client that has ended its direction; a server that has ended its
   * own before the client is gone, as a rule, and a client that neither reads
   * nor writes is a pool's, which waits for `closed`.
   */
  #endTransport(error: unknown): void {
    if (this.#isDetaching || this.#closing !== undefined) return;
    if (error !== undefined) return void this.close();
    const { endsWithCloseNotify } = this.#options;
    if (this.side === "server" || endsWithCloseNotify) return;
    if (this.#reading.hasToldEnd) return;
    this.#gone = new StallWatch(
      GONE_TIMEOUT,
      () => this.records.stats.bytesWritten + this.#reading.reads,
      () => {
        if (!this.#reading.hasToldEnd && !this.#isDetaching) void this.close();
      },
    );
  }

  /** Watches nothing any more. */
  #rest(): void {
    this.#reading.rest();
    this.#refusal.rest();
    this.#gone?.clear();
  }

  async #close(): Promise<void> {
    const over = new TlsError("closed", "The connection was closed");
    this.#writing.hurry();
    this.#ending.complete(over);
    if (this.#handshake === undefined) {
      // Nothing was promised to anybody.
      this.transport.abort(over);
      if (this.#ending.stop(over)) this.#ending.settle({ clean: true });
      return;
    }
    if (this.#established === undefined) {
      this.#ending.fail(over);
      await this.#ending.closed;
      return;
    }
    this.#rest();
    this.#closer = new Closing({
      transport: this.transport,
      records: this.records,
      reading: this.#reading,
      writing: this.#writing,
      ending: this.#ending,
    }, over);
    await this.#closer.run();
  }
}

function ignore(): void {}

/** Milliseconds in which a client that goes on writes something. */
const GONE_TIMEOUT = 500;
