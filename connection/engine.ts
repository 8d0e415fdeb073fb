/**
 * One end of a TLS connection without its streams: bytes of the application in
 * and out, a handshake that runs when it is first needed, and the one place
 * where an error becomes an alert.
 *
 * @module
 */

import type { MaybePromise } from "../crypto/provider.ts";
import {
  TlsAlertError,
  type TlsAlertName,
  TlsError,
  TlsProtocolError,
  type TlsStage,
  TlsTimeoutError,
  TlsTruncatedError,
} from "../errors.ts";
import type {
  AfterHandshake,
  RenegotiationOptions,
} from "../handshake/after_handshake.ts";
import { clientHandshake } from "../handshake/client.ts";
import type { PeerAuthentication } from "../handshake/authenticate.ts";
import type { ClientConfig, ServerConfig } from "../handshake/config.ts";
import type { HandshakeEvent } from "../handshake/events.ts";
import type { Established } from "../handshake/established.ts";
import { HandshakeIO } from "../handshake/io.ts";
import { PostHandshake } from "../handshake/post_handshake.ts";
import { Renegotiation } from "../handshake/renegotiation.ts";
import { serverHandshake } from "../handshake/server.ts";
import { RecordLayer } from "../record/layer.ts";
import type { Fragment } from "../record/protection.ts";
import { ContentType, ProtocolVersion } from "../registry.ts";
import { Deadline, StallWatch } from "./deadline.ts";
import { Tracer } from "./trace.ts";
import type { Duplex, Transport } from "./transport.ts";

/** How a connection ended. */
export type CloseResult =
  | { readonly clean: true }
  | { readonly clean: false; readonly error: unknown };

/** What of the options concerns the connection rather than the handshake. */
export interface EngineOptions {
  /** Milliseconds that the handshake may take; 0 for as long as it likes. */
  readonly handshakeTimeout: number;
  /** Milliseconds that a read of the transport may take. */
  readonly readTimeout: number | undefined;
  /** Milliseconds that a write to the transport may take. */
  readonly writeTimeout: number | undefined;
  /** Gives up the handshake. */
  readonly signal: AbortSignal | undefined;
  /** Whether we may go on writing when the peer has ended. */
  readonly allowHalfOpen: boolean;
  /** Whether the transport ends with our close_notify. */
  readonly endsWithCloseNotify: boolean;
  /** Bytes that were read of the transport before. */
  readonly initialData: Uint8Array | undefined;
  /** Records of little content first. */
  readonly dynamicRecordSizing: boolean;
  /** Most content of a record that we send, in bytes. */
  readonly maxFragmentSize: number | undefined;
  /** Largest Certificate message to read, in bytes. */
  readonly maxCertificateSize: number | undefined;
  /** Takes what happens. */
  readonly onEvent: ((event: HandshakeEvent) => void) | undefined;
  /** Zeros to add to a record. */
  readonly padding: ((type: number, length: number) => number) | undefined;
  /** Takes lines that tell of each record and message. */
  readonly trace: ((line: string) => void) | undefined;
}

/** A connection without streams. */
export class Engine {
  readonly side: "client" | "server";
  readonly transport: Transport;
  readonly records: RecordLayer;
  readonly #io: HandshakeIO;
  readonly #options: EngineOptions;
  /** Takes what happens. */
  readonly #tell: (event: HandshakeEvent) => void;
  readonly #closed = Promise.withResolvers<CloseResult>();
  readonly #configure: () => Promise<ClientConfig | ServerConfig>;
  #handshake: Promise<Established> | undefined;
  #established: Established | undefined;
  #post: AfterHandshake | undefined;
  /** The first error: given again by all later calls. */
  #failure: { readonly error: unknown } | undefined;
  /** The peer's close_notify has come. */
  #readEnded = false;
  /** Our close_notify is under way. */
  #writeEnd: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  /** The transport is to be handed back rather than closed. */
  #isDetaching = false;
  /** Application data of the peer have come. */
  #hasReadData = false;
  /** The read that is under way; reads follow one another. */
  #reading: Promise<unknown> | undefined;

  /** Stands on a transport. Nothing is sent before the handshake is asked for. */
  constructor(
    transport: Transport,
    side: "client" | "server",
    configure: () => Promise<ClientConfig | ServerConfig>,
    options: EngineOptions,
  ) {
    this.transport = transport;
    this.side = side;
    this.#configure = configure;
    this.#options = options;
    const tracer = options.trace && new Tracer(options.trace, side);
    this.records = new RecordLayer({
      source: { read: (into) => this.#readTransport(into) },
      sink: {
        write: (bytes) => this.#writeTransport(bytes),
        retains: transport.retains ?? false,
      },
      initialData: options.initialData,
      maxFragmentSize: options.maxFragmentSize,
      dynamicRecordSizing: options.dynamicRecordSizing,
      padding: options.padding,
      onRecord: tracer &&
        ((direction, header) => tracer.record(direction, header)),
    });
    this.#io = new HandshakeIO(this.records, {
      maxCertificateSize: options.maxCertificateSize,
      onEvent: (event) => this.#tell(event),
    });
    this.#tell = (event) => {
      tracer?.event(event);
      options.onEvent?.(event);
    };
  }

  /** How it ended, once it has. */
  get closed(): Promise<CloseResult> {
    return this.#closed.promise;
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
      this.#handshake = this.#runHandshake();
      this.#handshake.catch(ignore);
    }
    return this.#handshake;
  }

  /**
   * The next bytes of the application, never none; `null` after close_notify.
   * At once where they are there already.
   */
  read(): MaybePromise<Uint8Array | null> {
    if (this.#reading === undefined && this.#failure === undefined) {
      const bytes = this.#readAtOnce();
      if (bytes !== undefined) return bytes;
    }
    const reading = this.#reading === undefined
      ? this.#readNext()
      : this.#reading.then(() => this.#readNext());
    const over = () => {
      if (this.#reading === kept) this.#reading = undefined;
    };
    // Settled before whoever reads goes on, so that more can be had at once.
    const kept: Promise<void> = reading.then(over, over);
    this.#reading = kept;
    return reading;
  }

  /**
   * Sends bytes of the application. A promise says that there is no room for
   * more: until it resolves, the bytes are to stay unchanged.
   */
  write(bytes: Uint8Array): MaybePromise<void> {
    if (this.#failure !== undefined) throw this.#failure.error;
    if (this.#writeEnd !== undefined) throw writeAfterEnd();
    if (bytes.length === 0) return;
    if (
      this.#established === undefined || this.records.writer.keyUpdateDue ||
      this.#post?.running !== undefined
    ) return this.#writeWhenReady(bytes);
    return this.records.write(ContentType.application_data, bytes);
  }

  /** Sends close_notify behind all that was written (RFC 8446 section 6.1). */
  async closeWrite(): Promise<void> {
    await this.#endWriting();
    if (this.#readEnded && !this.#isDetaching) await this.close();
  }

  /** Nobody wants what the peer sends; writing goes on. */
  async cancelRead(): Promise<void> {
    this.#readEnded = true;
    this.#post?.abandon(this.#complete(noAnswer()));
    if (this.#writeEnd !== undefined) await this.close();
  }

  /** Ends both directions, in order. */
  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  /** Ends both directions at once, all that is pending with `reason`. */
  abort(reason: unknown): void {
    this.#fail(reason);
  }

  /**
   * Goes on to new traffic keys (RFC 8446 section 4.6.3). Resolves when the
   * KeyUpdate is with the transport.
   */
  async updateKeys(requestPeer: boolean): Promise<void> {
    await this.handshake();
    try {
      await this.#postHandshake().updateKeys(requestPeer);
      await this.#io.flush();
    } catch (error) {
      throw this.#fail(error);
    }
  }

  /** Asks the client for a certificate (RFC 8446 section 4.6.2). */
  async requestCertificate(): Promise<PeerAuthentication> {
    await this.handshake();
    this.#throwIfUnread();
    const answer = this.#postHandshake().requestCertificate();
    await this.#io.flush();
    return await answer;
  }

  /** Asks for another handshake (RFC 5246 section 7.4.1.1). */
  async renegotiate(options?: RenegotiationOptions): Promise<void> {
    await this.handshake();
    this.#throwIfFailed();
    this.#throwIfUnread();
    await this.#postHandshake().renegotiate(options);
  }

  /**
   * Leaves TLS: close_notify both ways, then the transport is the caller's.
   *
   * @throws {TypeError} If application data of the peer is still unread.
   */
  async detach(): Promise<Duplex> {
    await this.handshake();
    this.#isDetaching = true;
    await this.closeWrite();
    if (await this.read() !== null) {
      this.#isDetaching = false;
      throw new TypeError(
        "Cannot detach: the peer sent data that has not been read",
      );
    }
    const duplex = this.transport.release(this.records.reader.detach());
    this.#closed.resolve({ clean: true });
    return duplex;
  }

  async #runHandshake(): Promise<Established> {
    const { handshakeTimeout, signal } = this.#options;
    const deadline = new Deadline(handshakeTimeout, signal, (reason) => {
      this.#fail(
        reason ?? new TlsTimeoutError(
          "handshake_timeout",
          `The handshake took longer than ${handshakeTimeout} ms`,
        ),
      );
    });
    const { side } = this;
    try {
      this.#throwIfFailed();
      this.#tell({ type: "handshake_start", side });
      const config = await this.#configure();
      const established = config.side === "client"
        ? await clientHandshake(this.#io, config)
        : await serverHandshake(
          this.#io,
          config,
          this.transport.socket?.remoteAddr,
        );
      const flushed = this.#io.flush();
      // A server's tickets leave when they can: nobody may be reading yet.
      if (side === "server") flushed.catch(ignore);
      else await flushed;
      this.#throwIfFailed();
      this.#enter(config, established);
      return established;
    } catch (error) {
      throw this.#fail(error);
    } finally {
      deadline.clear();
    }
  }

  #throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  #throwIfUnread(): void {
    if (this.#readEnded) throw this.#complete(noAnswer());
  }

  /** From here on there are application data. */
  #enter(
    config: ClientConfig | ServerConfig,
    established: Established,
  ): void {
    this.#post = established.version === ProtocolVersion["TLSv1.3"]
      ? new PostHandshake(this.#io, config, established)
      : new Renegotiation(
        this.#io,
        config,
        established,
        this.transport.socket?.remoteAddr,
      );
    this.records.reader.startReadAhead();
    this.#established = established;
    this.#tell({ type: "handshake_done", side: this.side });
  }

  #readAtOnce(): Uint8Array | undefined {
    if (this.#established === undefined || this.#readEnded) return undefined;
    if (this.#post?.running !== undefined) return undefined;
    // What is no application data is left to the other way.
    const fragment = this.#waiting ?? this.records.tryRead();
    this.#waiting = fragment;
    if (fragment === undefined || !this.#isData(fragment)) return undefined;
    this.#waiting = undefined;
    this.#sawApplicationData();
    return fragment.bytes;
  }

  /** A fragment that was read and not looked at. */
  #waiting: Fragment | undefined;

  #isData(fragment: Fragment): boolean {
    return fragment.type === ContentType.application_data &&
      fragment.bytes.length > 0 && !this.#io.hasPartialMessage;
  }

  async #readNext(): Promise<Uint8Array | null> {
    if (this.#established === undefined) await this.handshake();
    if (this.#readEnded) return null;
    if (this.#failure !== undefined) throw this.#failure.error;
    try {
      for (;;) {
        const post = this.#postHandshake();
        if (post.running !== undefined) {
          // Another handshake reads by itself; data come by way of it.
          const bytes = await post.nextData();
          if (bytes !== undefined) return bytes;
        }
        if (this.#io.buffered() !== undefined) {
          // They came in one record with what ended a handshake.
          await this.#readMessages();
          continue;
        }
        const fragment = this.#waiting ?? await this.records.read();
        this.#waiting = undefined;
        if (fragment === undefined) throw new TlsTruncatedError();
        if (fragment.type === ContentType.application_data) {
          this.#io.refuseInterleaved(fragment.type);
          if (fragment.bytes.length > 0) {
            this.#sawApplicationData();
            return fragment.bytes;
          }
        } else if (await this.#readOther(fragment) === "ended") {
          return this.#endReading();
        }
      }
    } catch (error) {
      throw this.#fail(error);
    }
  }

  #sawApplicationData(): void {
    this.#hasReadData = true;
    this.#post?.sawApplicationData();
  }

  /** Handshake messages and alerts in the middle of application data. */
  async #readOther(
    { type, bytes }: Fragment,
  ): Promise<"ended" | undefined> {
    if (type === ContentType.handshake) {
      this.#io.push(bytes);
      await this.#readMessages();
      return undefined;
    }
    this.#io.refuseInterleaved(type);
    if (type === ContentType.alert) {
      return this.#io.receiveAlert(bytes) === "closed" ? "ended" : undefined;
    }
    throw new TlsProtocolError(
      "unexpected_message",
      "Cannot accept change_cipher_spec among application data",
    );
  }

  async #readMessages(): Promise<void> {
    const post = this.#postHandshake();
    await post.receive();
    post.running?.catch((error) => this.#fail(error));
  }

  #postHandshake(): AfterHandshake {
    if (this.#post === undefined) {
      throw new TypeError("Cannot go on: the handshake is not over");
    }
    return this.#post;
  }

  /** The peer's close_notify: the end, and ours if both have ended. */
  #endReading(): null {
    this.#readEnded = true;
    this.#post?.abandon(this.#complete(noAnswer()));
    const isOver = this.#writeEnd !== undefined || !this.#options.allowHalfOpen;
    if (isOver && !this.#isDetaching) {
      // Whoever reads has the end at once: our writes may take their time, and
      // a close that is under way may wait for this very read.
      this.close().catch(ignore);
    }
    return null;
  }

  async #writeWhenReady(bytes: Uint8Array): Promise<void> {
    await this.handshake();
    await this.#post?.running;
    if (this.records.writer.keyUpdateDue && this.#established?.traffic) {
      // RFC 8446 section 5.5: before the key has protected too much.
      await this.#postHandshake().updateKeys(false);
    }
    await this.records.write(ContentType.application_data, bytes);
  }

  #endWriting(): Promise<void> {
    if (this.#writeEnd === undefined) {
      this.#writeEnd = this.#sendCloseNotify();
      this.#writeEnd.catch(ignore);
    }
    return this.#writeEnd;
  }

  async #sendCloseNotify(): Promise<void> {
    await this.handshake();
    await this.#io.flush();
    this.#io.sendAlert("warning", "close_notify");
    await this.#io.flush();
    if (this.#options.endsWithCloseNotify) await this.transport.closeWrite();
  }

  async #close(): Promise<void> {
    const over = new TlsError("closed", "The connection was closed");
    if (this.#handshake === undefined) {
      // Nothing was promised to anybody.
      this.transport.abort(over);
      if (this.#stop(over)) this.#closed.resolve({ clean: true });
      return;
    }
    if (this.#established === undefined) {
      this.#fail(over);
      await this.closed;
      return;
    }
    // A transport that has stalled may keep its promises for ever.
    const stalled = Promise.withResolvers<never>();
    stalled.promise.catch(ignore);
    const watch = new StallWatch(
      STALL_TIMEOUT,
      () => this.transport.progress,
      () => {
        // First, as a socket that is closed gives a write an error of its own.
        this.records.writer.abort(over);
        this.transport.abort(over);
        stalled.reject(over);
      },
    );
    await this.#closeWhile(stalled.promise, over);
    watch.clear();
  }

  /** Ends both directions, as long as something moves. */
  async #closeWhile(
    stalled: Promise<never>,
    over: TlsError,
  ): Promise<void> {
    let result: CloseResult = { clean: true };
    try {
      await Promise.race([this.#endWriting(), stalled]);
    } catch (error) {
      // A peer that closes at the same time takes nothing any more, but its
      // close_notify is there.
      const isEnded = this.#readToEnd();
      if (!await Promise.race([isEnded, stalled]).catch(() => false)) {
        result = { clean: false, error };
      }
    }
    // Whoever reads still is told that it was closed, not that it was cut off.
    const isFirst = this.#stop(over);
    await Promise.race([this.transport.close(), stalled]).catch(ignore);
    this.records.writer.abort(over);
    if (isFirst) this.#closed.resolve(result);
  }

  /** Drops what is left to read; whether close_notify is behind it. */
  async #readToEnd(): Promise<boolean> {
    try {
      while (await this.read() !== null);
      return true;
    } catch {
      return false;
    }
  }

  /** The connection is over: what is pending is told so, if nothing else was. */
  #stop(error: unknown): boolean {
    if (this.#failure !== undefined) return false;
    this.#failure = { error };
    this.#post?.abandon(error);
    this.records.reader.cancel(error);
    return true;
  }

  /**
   * The one place where an error ends the connection: it is completed with what
   * only the connection knows, the peer is told by an alert, and the transport
   * is let go. Gives the first error, which is the one that counts.
   */
  #fail(cause: unknown): unknown {
    if (this.#failure !== undefined) return this.#failure.error;
    const error = this.#complete(cause);
    this.#stop(error);
    this.#tellPeer(error).catch(ignore).then(() => {
      this.#closed.resolve({ clean: false, error });
    });
    return error;
  }

  #complete(cause: unknown): unknown {
    const error = this.#isCertificateRefusal(cause)
      ? certificateRefused(cause)
      : cause;
    if (error instanceof TlsError) {
      error.side ??= this.side;
      error.stage ??= this.#stage;
    }
    return error;
  }

  /**
   * RFC 8446 section 4.4.2.4: a TLS 1.3 server judges the client's certificate
   * when the client's handshake is over already.
   */
  #isCertificateRefusal(error: unknown): error is TlsAlertError {
    return error instanceof TlsAlertError &&
      error.alert !== undefined && CERTIFICATE_ALERTS.has(error.alert) &&
      this.side === "client" && !this.#hasReadData &&
      this.#established?.traffic !== undefined &&
      this.#established.certificateRequested;
  }

  get #stage(): TlsStage {
    return this.#established === undefined ? "handshake" : "data";
  }

  /** Sends the alert, if there is one to send, and ends the transport. */
  async #tellPeer(error: unknown): Promise<void> {
    const late = Promise.withResolvers<void>();
    const deadline = new Deadline(ALERT_TIMEOUT, undefined, () => {
      late.resolve();
    });
    try {
      const alert = alertFor(error);
      if (alert !== undefined) {
        this.#io.sendAlert("fatal", alert);
        await Promise.race([this.#leave(), late.promise]);
      }
    } finally {
      deadline.clear();
      this.records.writer.abort(error);
      this.transport.abort(error);
    }
  }

  /** Has what was written last arrive. */
  async #leave(): Promise<void> {
    await this.#io.flush();
    await this.transport.linger();
  }

  #readTransport(into: Uint8Array): Promise<number | null> {
    const { readTimeout } = this.#options;
    const reading = this.transport.read(into);
    return readTimeout === undefined
      ? reading
      : this.#timed(reading, readTimeout, "read_timeout");
  }

  #writeTransport(bytes: Uint8Array): Promise<void> {
    const { writeTimeout } = this.#options;
    const writing = this.transport.write(bytes);
    return writeTimeout === undefined
      ? writing
      : this.#timed(writing, writeTimeout, "write_timeout");
  }

  async #timed<T>(
    work: Promise<T>,
    timeout: number,
    code: "read_timeout" | "write_timeout",
  ): Promise<T> {
    const deadline = new Deadline(timeout, undefined, () => {
      const what = code === "read_timeout" ? "read" : "write";
      this.#fail(
        new TlsTimeoutError(
          code,
          `A ${what} of the transport took longer than ${timeout} ms`,
        ),
      );
    });
    try {
      return await work;
    } finally {
      deadline.clear();
    }
  }
}

/** Which alert an error of ours is told to the peer by. */
function alertFor(error: unknown): TlsError["alert"] {
  if (error instanceof TlsAlertError) return undefined;
  if (error instanceof TlsError) return error.alert;
  // An error of a callback or of ours; one of the transport cannot be told.
  return error instanceof TypeError || error instanceof RangeError
    ? "internal_error"
    : undefined;
}

function certificateRefused(cause: TlsAlertError): TlsAlertError {
  const isMissing = cause.alert === "certificate_required";
  return new TlsAlertError(
    cause.description,
    isMissing
      ? "The server demands a client certificate, and none was sent"
      : `The server refused the client's certificate: ${cause.alert}`,
    {
      code: "client_certificate_refused",
      hint: isMissing
        ? `Give "cert" and "key", of an authority that the server accepts`
        : undefined,
    },
  );
}

function writeAfterEnd(): TlsError {
  return new TlsError("closed", "Cannot write: close_notify was sent");
}

function noAnswer(): TlsError {
  return new TlsError(
    "closed",
    "Nothing more is read of the peer: what it is asked for would not come",
  );
}

function ignore(): void {}

/** Milliseconds that a peer has to take our alert. */
const ALERT_TIMEOUT = 5000;

/** Milliseconds without a byte taken after which a closing connection is cut. */
const STALL_TIMEOUT = 30_000;

/** What servers answer a client certificate with that they do not accept. */
const CERTIFICATE_ALERTS: ReadonlySet<TlsAlertName> = new Set([
  "handshake_failure",
  "bad_certificate",
  "unsupported_certificate",
  "certificate_revoked",
  "certificate_expired",
  "certificate_unknown",
  "unknown_ca",
  "access_denied",
  "decrypt_error",
  "certificate_required",
]);
