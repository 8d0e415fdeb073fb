/**
 * A socket from the stream below to the end of its handshake.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { nextTick, stderr } from "node:process";
import { addAbortSignal, type Duplex } from "node:stream";
import { engineOf, type TlsConn } from "../../connection/conn.ts";
import { client, server } from "../../connection/wrap.ts";
import { TlsError } from "../../errors.ts";
import type { PeerVerdict } from "../../handshake/common/callback_info.ts";
import type { HandshakeEvent } from "../../handshake/io/events.ts";
import type { Session } from "../../handshake/session/session.ts";
import type { Duplex as Transport } from "../../platform/socket.ts";
import { destroyed, unguarded } from "../ends.ts";
import { CarriedSocket } from "./carried_socket.ts";
import { alpnNames } from "./alpn.ts";
import { clientOptions } from "./client_options.ts";
import { connectionReset, nodeError } from "./errors.ts";
import { Judge, type ServerCheck } from "./judge.ts";
import { opensslError, sslError } from "./openssl_errors.ts";
import { register, unregister } from "./registry.ts";
import { createSecureContext, type SecureContext } from "./secure_context.ts";
import type { ServerContexts } from "./server_context.ts";
import {
  allowsHalfOpen,
  checkSocketOptions,
  contextsOf,
} from "./socket_settings.ts";
import type { TLSSocketOptions } from "./socket_options.ts";

/**
 * A socket that runs its handshake: the part of `TLSSocket` up to there.
 *
 * @example When the handshake is done
 * ```ts ignore
 * import { connect } from "@x/tls/node/tls";
 *
 * const socket = connect(443, "example.com", { servername: "example.com" });
 * socket.once("secureConnect", () => console.log(socket.authorized));
 * socket.once("error", (error) => console.error(error));
 * ```
 */
export class HandshakingSocket extends CarriedSocket {
  /** @internal The context that the name chose. */
  chosenContext: SecureContext | undefined;
  /** @internal The protocol that `ALPNCallback` chose. */
  chosenProtocol: string | undefined;
  /** @internal The context whose certificate to show, if it is another. */
  keyCert: SecureContext | undefined;
  /** @internal The session to resume. */
  protected offered: Buffer | undefined;
  /** @internal What was agreed on last. */
  protected session: Buffer | undefined;
  /** @internal Its ticket. */
  protected ticket: Buffer | undefined;
  /** @internal The name that is asked for. */
  protected askedName: string | false | null = null;
  /** @internal The peer may renegotiate. */
  protected isRenegotiable = true;
  /** @internal Records and messages are traced. */
  protected isTracing: boolean;
  /** @internal Most content of a record, if it was set. */
  protected fragmentSize: number | undefined;
  /** @internal The judgement on the peer. */
  protected readonly peerJudge: Judge;
  /** @internal Whether it is the server. */
  protected readonly isServer: boolean;
  readonly #options: TLSSocketOptions;
  readonly #protocols: readonly Uint8Array[];
  readonly #context: SecureContext;
  readonly #contexts: ServerContexts | undefined;
  readonly #ready: PromiseWithResolvers<TlsConn>;
  #newSessions: Buffer[] = [];
  #conn: TlsConn | undefined;
  #isStarted = false;
  #isSecure = false;
  /** The peer is accepted, so that the stream may use the connection. */
  #isAccepted = false;
  #tellsErrors = true;

  /**
   * Wraps a stream.
   *
   * @param socket The stream; without one, `connect()` dials.
   * @param options The options.
   * @throws {TypeError} If an option has a wrong type, or the stream is none.
   */
  constructor(socket?: Duplex | null, options: TLSSocketOptions = {}) {
    const ready = Promise.withResolvers<TlsConn>();
    ready.promise.catch(ignore);
    const { highWaterMark } = options;
    super(ready.promise, {
      allowHalfOpen: allowsHalfOpen(socket, options),
      ...(highWaterMark === undefined ? {} : { highWaterMark }),
    }, options.onread);
    this.#ready = ready;
    this.#options = options;
    this.isServer = options.isServer === true;
    this.isTracing = options.enableTrace === true;
    this.#protocols = alpnNames(options.ALPNProtocols);
    checkSocketOptions(options);
    this.#context = options.secureContext ?? createSecureContext(options);
    this.#contexts = contextsOf(options, this.#context);
    this.peerJudge = new Judge(
      this.#context,
      options.rejectUnauthorized !== false,
    );
    if (options.pauseOnCreate || options.pauseOnConnect) this.pause();
    this.on("close", () => unregister(this.#conn?.id));
    if (socket?.destroyed) nextTick(() => this.#fail(this.#reset()));
    else if (socket) this.carry(socket);
    if (options.signal) addAbortSignal(options.signal, this);
  }

  /** @internal Errors before the handshake is done are the server's. */
  leaveErrorsToServer(): void {
    this.#tellsErrors = false;
  }

  /** @internal How `connect` verifies the server. */
  set serverCheck(check: ServerCheck) {
    this.peerJudge.check = check;
  }

  /** The connection, from its handshake on. */
  override get conn(): TlsConn | undefined {
    return this.#conn;
  }

  /** @internal Whether the handshake is done. */
  protected get isSecure(): boolean {
    return this.#isSecure;
  }

  /** Whether the handshake is under way. */
  override get secureConnecting(): boolean {
    return !this.#isSecure && !this.destroyed;
  }

  /**
   * Takes a stream to go over.
   *
   * @param raw The stream.
   * @returns What carries the records.
   */
  protected override carry(raw: Duplex): Transport {
    const transport = super.carry(raw);
    raw.on("error", (error: Error) => {
      // After that reads and writes tell.
      if (!this.#isSecure) this.#fail(error);
    });
    raw.once("close", () => {
      // The connection has closed it; a paused reader still gets what has come.
      if (this.endsInOrder && !raw.errored) return;
      // The read or write that tells may not have ended yet.
      const failure = this.#isSecure ? raw.errored ?? undefined : undefined;
      // Nobody waits for a client that connect() has not made.
      const isAlone = !this.isServer && this.peerJudge.check === undefined;
      if (isAlone) this.destroy(failure);
      else if (!this.#isSecure) this.#fail(this.#reset());
      // Somebody has destroyed it, or it has failed.
      else if (!raw.readableEnded) this.destroy(failure);
    });
    // A socket that nobody has connected yet waits, too.
    const start = () => this.#start(transport);
    if (this.pending) raw.once("connect", start);
    // The caller has time to listen.
    else nextTick(start);
    return transport;
  }

  #start(transport: Transport): void {
    if (this.#isStarted || this.destroyed) return;
    this.#isStarted = true;
    this.#run(transport).catch((error) => this.#fail(error));
  }

  async #run(transport: Transport): Promise<void> {
    const conn = await this.#makeConn(transport);
    if (this.destroyed) return conn.abort();
    this.#conn = conn;
    register(conn.id, this);
    if (this.isTracing) traceToStderr(conn);
    if (!this.isRenegotiable) conn.disableRenegotiation();
    await conn.handshake();
    if (this.destroyed) return;
    this.#isSecure = true;
    const { fragmentSize } = this;
    if (fragmentSize !== undefined) conn.setMaxFragmentSize(fragmentSize);
    if (!this.#accepts(conn)) return;
    this.#isAccepted = true;
    this.peerJudge.reveal();
    this.#ready.resolve(conn);
  }

  async #makeConn(transport: Transport): Promise<TlsConn> {
    const contexts = this.#contexts;
    if (contexts !== undefined) {
      const context = await contexts.of(this.#context);
      const { handshakeTimeout = 0 } = this.#options;
      return server(transport, { context, handshakeTimeout });
    }
    const options = await clientOptions(this.#context, {
      options: this.#options,
      alpnProtocols: this.#protocols,
      socket: this,
      servername: this.askedName,
      session: this.offered,
    });
    return client(transport, options);
  }

  /**
   * @internal Judges the peer. A client does so before it has sent anything that
   * the server could take for its consent.
   *
   * @returns Whether to go on.
   */
  judge(verdict: PeerVerdict): boolean {
    this.peerJudge.note(verdict);
    if (this.isServer) {
      // In a renegotiation the client may show another certificate.
      return !this.#isSecure || this.peerJudge.acceptsClient();
    }
    if (this.#options.requestOCSP && !verdict.resumed) {
      const response = verdict.ocspResponse;
      const shown = response ? Buffer.from(response) : null;
      unguarded(() => this.emit("OCSPResponse", shown));
      if (this.destroyed) return false;
    }
    return this.peerJudge.acceptsServer();
  }

  /** A server judges its client when the handshake is done, as Node does. */
  #accepts(conn: TlsConn): boolean {
    const judge = this.peerJudge;
    if (conn.info.authorization.status === "psk") judge.acceptPsk();
    else if (this.isServer && this.#options.requestCert === true) {
      // Without a word: so does Node.
      if (!judge.acceptsClient()) return this.#end();
    }
    const weak = judge.weakGroup(conn.info);
    return weak === undefined || this.#end(weak);
  }

  #end(error?: Error): false {
    this.destroy(error);
    return false;
  }

  /** @internal `secureOptions` forbids renegotiation on both sides. */
  protected get refusesRenegotiation(): boolean {
    return (this.chosenContext ?? this.#context).bits.noRenegotiation;
  }

  /** @internal The name that a client asks for. */
  noteServername(name: string | undefined): void {
    this.askedName = name ?? false;
  }

  /** @internal What happens on the connection. */
  noteEvent(event: HandshakeEvent): void {
    if (event.type !== "renegotiation_refused" || this.destroyed) return;
    // OpenSSL refuses it, and goes on.
    if (this.refusesRenegotiation) return;
    // Node ends a connection that asks for what it must not have, and sends it
    // no alert.
    const error = this.isRenegotiable
      ? nodeError(
        "ERR_TLS_SESSION_ATTACK",
        "TLS session renegotiation attack detected",
      )
      : nodeError(
        "ERR_TLS_RENEGOTIATION_DISABLED",
        "TLS session renegotiation disabled for this socket",
      );
    this.destroy(error);
  }

  /** @internal A client has a new session. */
  noteSession(session: Session): void {
    const bytes = Buffer.from(session.export());
    this.session = bytes;
    this.noteTicket(session.ticket);
    if (this.#isSecure) unguarded(() => this.emit("session", bytes));
    else this.#newSessions.push(bytes);
  }

  /** @internal The ticket of a session. */
  noteTicket(ticket: Uint8Array): void {
    if (ticket.length > 0) this.ticket = Buffer.from(ticket);
  }

  /** Emits what Node emits when the handshake is done. */
  protected override emitOpen(): void {
    if (this.destroyed) return;
    this.emit("secure");
    if (this.peerJudge.check !== undefined && !this.destroyed) {
      this.emit("secureConnect");
    }
    for (const session of this.#newSessions.splice(0)) {
      if (!this.destroyed) this.emit("session", session);
    }
  }

  /**
   * As in Node, the end of the transport is the peer's end: `conn.closed` tells
   * the difference.
   *
   * @param error The error of a read.
   * @returns Whether it is that.
   */
  protected override isEnd(error: unknown): boolean {
    // A connection closes alone where its protocol carries no data.
    return error instanceof TlsError &&
      (error.code === "truncated" || error.code === "closed");
  }

  /** The handshake has failed. */
  #fail(error: unknown): void {
    if (this.destroyed) return;
    const shown = this.#shown(error);
    if (this.isServer) this.emit("_tlsError", shown);
    const isHeard = !this.isServer ||
      this.#tellsErrors && this.listenerCount("error") > 0;
    if (isHeard) this.destroy(shown);
    else this.destroy();
  }

  /** @internal A callback has failed: Node closes without a word. */
  cutOff(error: unknown): void {
    this.#fail(error);
    this._parent?.destroy();
  }

  #shown(error: unknown): Error {
    const { refusal } = this.peerJudge;
    if (refusal !== undefined) return refusal;
    if (!(error instanceof TlsError)) return opensslError(error);
    switch (error.code) {
      case "truncated":
        return this.#reset(error);
      case "handshake_timeout":
        return nodeError(
          "ERR_TLS_HANDSHAKE_TIMEOUT",
          "TLS handshake timeout",
          Error,
          { cause: error },
        );
      case "no_common_version":
        return this.#context.isFixedVersion && !this.#hears13
          ? sslError("wrong version number", error)
          : opensslError(error);
      case "no_common_signature_scheme":
        return (this.chosenContext ?? this.#context).hasIdentity
          ? opensslError(error)
          : sslError("no suitable signature algorithm", error);
      default:
        return opensslError(error);
    }
  }

  /** Whether the client offers TLS 1.3. */
  get #hears13(): boolean {
    const conn = this.#conn;
    const hello = conn && engineOf(conn).handle.clientHello;
    return hello?.versions.includes("TLSv1.3") ?? false;
  }

  #reset(cause?: Error): Error {
    const { check } = this.peerJudge;
    return connectionReset(
      this.isServer
        ? "socket hang up"
        : "Client network socket disconnected before secure TLS connection was established",
      { ...check?.address, ...(cause && { cause }) },
    );
  }

  /**
   * Called by the stream with a chunk. The peer's end is no error of a read, so a
   * write is what meets it: with EPIPE, as in Node.
   *
   * @param chunk The bytes.
   * @param encoding Not used.
   * @param callback Called when there is room for more.
   */
  override _write(
    chunk: Uint8Array,
    encoding: BufferEncoding,
    callback: (error?: Error | null) => void,
  ): void {
    super._write(chunk, encoding, (error) => callback(writeError(error)));
  }

  /**
   * Called by the stream with all chunks that wait.
   *
   * @param chunks The chunks.
   * @param callback Called when there is room for more.
   */
  override _writev(
    chunks: { chunk: Uint8Array }[],
    callback: (error?: Error | null) => void,
  ): void {
    super._writev(chunks, (error) => callback(writeError(error)));
  }

  /**
   * Called by the stream at its end: ends what is below, too.
   *
   * @param error What went wrong, if something did.
   * @param callback Called when the socket is closed.
   */
  override _destroy(
    error: Error | null,
    callback: (error?: Error | null) => void,
  ): void {
    const shown = error === null ? null : opensslError(error);
    if (!this.#isAccepted) {
      // Writes that wait get this; the socket has an error of its own.
      this.#ready.reject(canceled(shown));
      if (this.#conn === undefined) this._parent?.destroy();
      // One that has failed has sent its alert, and ends by itself.
      else this.#conn.abort(shown ?? destroyed());
    }
    super._destroy(shown, callback);
  }
}

/** Writes records and messages to stderr. */
export function traceToStderr(conn: TlsConn): void {
  conn.setTrace((line) => void stderr.write(`${line}\n`));
}

/** The error of a write, by Node's code where the peer is gone. */
function writeError(error: Error | null | undefined): Error | null | undefined {
  if (!(error instanceof TlsError && error.code === "truncated")) return error;
  return nodeError("EPIPE", "write EPIPE", Error, {
    syscall: "write",
    cause: error,
  });
}

/** The error of a write that has not begun. */
function canceled(cause: Error | null): Error {
  return nodeError("ECANCELED", "write ECANCELED", Error, {
    syscall: "write",
    ...(cause && { cause }),
  });
}

function ignore(): void {}
