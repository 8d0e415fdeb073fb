/**
 * A connection with its two streams.
 *
 * @module
 */

import type { RenegotiationOptions } from "../handshake/common/after_handshake.ts";
import type { Session } from "../handshake/session/session.ts";
import type { PeerCertificates } from "../handshake/common/authenticate.ts";
import {
  aborted,
  checkExport,
  observed,
  refuseLocked,
  requireBytes,
  unlessMistaken,
  unread,
} from "./engine/calls.ts";
import type { ChannelBindingType } from "../handshake/common/channel_binding.ts";
import type { CloseResult } from "./engine/ending.ts";
import type { Engine } from "./engine/engine.ts";
import type { TraceOptions } from "./engine/trace.ts";
import { InboundStream } from "./engine/inbound_stream.ts";
import type { ConnectionInfo } from "./info.ts";
import { readDictionary } from "../dictionary.ts";
import {
  boolean,
  clientAuth,
  integer,
  type Parse,
  traceDepth,
} from "./options/values.ts";
import type { Duplex } from "./transport/transport.ts";

export { observed };
export type { ChannelBindingType, CloseResult, Duplex };

/** The engine of a connection, for what is made of connections. */
export let engineOf: (conn: TlsConn) => Engine;

/** Counters of a connection. */
export interface ConnectionStats {
  /** Bytes that were read from the transport. */
  readonly bytesRead: number;
  /** Bytes that were written to the transport. */
  readonly bytesWritten: number;
  /** Records that were read. */
  readonly recordsRead: number;
  /** Records that were written. */
  readonly recordsWritten: number;
}

/** verify_data of both Finished messages of a handshake. */
export interface VerifyData {
  /** That of the client. */
  readonly client: Uint8Array;
  /** That of the server. */
  readonly server: Uint8Array;
}

/**
 * A TLS connection, client or server: like `Deno.TlsConn`, with the rest of TLS.
 *
 * Read and write by the two Web Streams, or by `read` and `write` while the
 * streams are not locked. Both have back-pressure: data that you do not read
 * stays with the peer, and writes wait for a peer that does not read.
 *
 * @example Echo
 * ```ts
 * import { client, server } from "@x/tls";
 * import { issueCertificate } from "@x/tls/x509";
 * import { TrustStore } from "@x/tls/x509";
 * import { assertEquals } from "@std/assert";
 *
 * const ca = await issueCertificate({ ca: true, names: [] });
 * const { cert, key } = await issueCertificate({
 *   names: ["localhost"],
 *   issuer: ca,
 * });
 * const [up, down] = [new TransformStream(), new TransformStream()];
 *
 * await using s = server(
 *   { readable: up.readable, writable: down.writable },
 *   { cert, key },
 * );
 * await using c = client(
 *   { readable: down.readable, writable: up.writable },
 *   { serverName: "localhost", trust: TrustStore.of(ca.cert) },
 * );
 * await Promise.all([s.handshake(), c.handshake()]);
 * await c.write(new TextEncoder().encode("hello"));
 *
 * const bytes = new Uint8Array(16);
 * const length = await s.read(bytes);
 * assertEquals(length, 5);
 * ```
 */
export class TlsConn implements Duplex, AsyncDisposable {
  static {
    engineOf = (conn) => conn.#engine;
  }

  readonly #engine: Engine;
  readonly #inbound: InboundStream;
  #writable: WritableStream<Uint8Array> | undefined;
  #earlyData: ReadableStream<Uint8Array<ArrayBuffer>> | undefined;

  /** @internal Use `connect`, `client`, `server` or `listen`. */
  constructor(engine: Engine) {
    this.#engine = engine;
    this.#inbound = new InboundStream(engine);
  }

  /** The number of this connection in this process, as callbacks get it. */
  get id(): number {
    return this.#engine.handle.id;
  }

  /** Which side this is. */
  get side(): "client" | "server" {
    return this.#engine.side;
  }

  /** Data from the peer: a byte stream, with BYOB readers or without. */
  get readable(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return this.#inbound.readable;
  }

  /** Data for the peer. Closing the stream sends close_notify. */
  get writable(): WritableStream<Uint8Array> {
    const engine = this.#engine;
    return this.#writable ??= new WritableStream<Uint8Array>({
      start: ({ signal }) => {
        // `abort` is not called before the write that is under way is over.
        // Node's Duplex.fromWeb() gives null as the reason of destroy().
        signal.addEventListener(
          "abort",
          () => engine.abort(signal.reason ?? aborted()),
        );
      },
      write: (chunk) => engine.outbound.write(requireBytes(chunk, "write")),
      close: () => engine.closeWrite(),
    });
  }

  /**
   * Early data of the client, at a server with the option `earlyData` that has
   * accepted it: it can be read before the handshake is over, and ends before the
   * data of `readable` begins. In all other cases it ends at once, when the
   * handshake is over.
   *
   * It may be a replay: anyone can send it again, to another server of a fleet
   * for example, and the connection then fails only after it was read (RFC 9846
   * section 8). Do nothing for it that must not be done twice before
   * `handshake()` has resolved. A server that accepts early data must read or
   * cancel this stream; until then reads of the connection reject.
   */
  get earlyData(): ReadableStream<Uint8Array<ArrayBuffer>> {
    const engine = this.#engine;
    return this.#earlyData ??= new ReadableStream({
      pull: async (controller) => {
        const bytes = await engine.handshakes.readEarlyData();
        if (bytes === null) controller.close();
        else controller.enqueue(bytes as Uint8Array<ArrayBuffer>);
      },
      cancel: () => engine.handshakes.dropEarlyData(),
    }, { highWaterMark: 0 });
  }

  /**
   * The results of the handshake; empty before it is done. At a server that has
   * accepted early data, or has the option `halfRtt`, they are there as soon as
   * it can write.
   */
  get info(): ConnectionInfo {
    return this.#engine.handshakes.info;
  }

  /**
   * At a client, the newest session that this connection has left, for the option
   * `session` of a later one; its `ticket` is what the server sent. Servers send
   * tickets to clients that keep sessions: with the option `onSession` or
   * `sessionCache`. Below TLS 1.3 a session that was resumed stays.
   */
  get session(): Session | undefined {
    return this.#engine.session;
  }

  /**
   * Resolves when the connection has ended, and says how. Never rejects.
   *
   * It also resolves without a read: when a write has failed, and when the peer
   * has gone. For that up to one record of data is read ahead. A server cannot
   * tell a client that has gone in order from one that has ended its own
   * direction and waits for an answer: then `closed` resolves after a write that
   * fails, or `close()`.
   *
   * @returns `{ clean: true }`, or `{ clean: false, error }`.
   */
  get closed(): Promise<CloseResult> {
    return this.#engine.closed;
  }

  /** Counters of bytes and records. */
  get stats(): ConnectionStats {
    return this.#engine.records.stats;
  }

  /** Our address, if the transport is a socket. */
  get localAddr(): Deno.Addr | undefined {
    return this.#engine.transport.socket?.localAddr;
  }

  /** The peer's address, if the transport is a socket. */
  get remoteAddr(): Deno.Addr | undefined {
    return this.#engine.transport.socket?.remoteAddr;
  }

  /**
   * Runs the handshake, with verification, unless it has run.
   *
   * @returns The results.
   * @throws {TlsError} If it fails. Later calls throw the same error.
   */
  handshake(): Promise<ConnectionInfo> {
    return observed(this.#engine.handshakes.first().then(() => this.info));
  }

  /**
   * Reads bytes into a buffer.
   *
   * @param into The buffer.
   * @returns How many bytes were read, at least one, or `null` after the peer's
   * close_notify.
   * @throws {TlsTruncatedError} If the transport ended without close_notify.
   * @throws {TlsError} If the handshake or the connection fails.
   * @throws {TypeError} If `readable` is locked, or `into` is not a `Uint8Array`.
   */
  read(into: Uint8Array): Promise<number | null> {
    try {
      refuseLocked(this.#inbound, "read", "readable");
      requireBytes(into, "read into");
    } catch (mistake) {
      return Promise.reject(mistake);
    }
    const length = this.#inbound.read(into);
    return length instanceof Promise
      ? observed(length)
      : Promise.resolve(length);
  }

  /**
   * Writes all the bytes.
   *
   * @param bytes The bytes.
   * @returns Their number, once there is room for more.
   * @throws {TlsError} If the handshake or the connection fails.
   * @throws {TypeError} If `writable` is locked, or `bytes` is not a
   * `Uint8Array`.
   */
  write(bytes: Uint8Array): Promise<number> {
    try {
      refuseLocked(this.#writable, "write", "writable");
      requireBytes(bytes, "write");
    } catch (mistake) {
      return Promise.reject(mistake);
    }
    const { length } = bytes;
    const written = this.#engine.outbound.write(bytes);
    return written === undefined
      ? Promise.resolve(length)
      : observed(written.then(() => length));
  }

  /**
   * Waits until the transport has taken all that was written: `write` resolves
   * as soon as there is room for more.
   *
   * @throws {TlsError} If the handshake or the connection fails.
   */
  flush(): Promise<void> {
    return observed(this.#engine.outbound.flush());
  }

  /**
   * Sends close_notify behind all that was written, and behind a renegotiation
   * that is under way. Nothing can be written after it; reading goes on.
   *
   * @throws {TlsError} If the connection fails.
   */
  closeWrite(): Promise<void> {
    return observed(this.#engine.closeWrite());
  }

  /**
   * Closes the connection without losing what was written, whether or not the
   * streams are locked. It never rejects: see `closed`.
   *
   * It sends close_notify behind all that was written and ends our direction of
   * the transport. Then it reads and drops what the peer still sends, until the
   * peer ends its direction too, as closing a socket with unread data resets
   * the connection, and the peer loses what it has not read. A peer that has
   * ended first, or answers by closing, costs no waiting. Otherwise `close()`
   * gives up after 5 seconds without a byte from the peer, after 30 seconds, or
   * after 16 MiB. It then closes the transport, and `closed` has an error with
   * code `close_timeout` or `close_overrun`. Pending and later reads reject with
   * code `closed`.
   *
   * A server should not wait for `close()` in its accept loop: a silent client
   * delays it by those 5 seconds.
   */
  async close(): Promise<void> {
    await this.#engine.close();
  }

  /**
   * Ends the connection at once, without close_notify; pending calls reject.
   * Data that is under way may be lost.
   *
   * @param reason The reason that pending calls reject with; by default an
   * `AbortError`. If it is a `TlsError` that names an alert, the peer gets that.
   */
  abort(reason?: unknown): void {
    this.#engine.abort(reason ?? aborted());
  }

  /** Closes, as `close()` does, and waits for it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Keeps the process alive while it is open, as `Deno.TcpConn.ref` does. */
  ref(): void {
    this.#engine.transport.setRef?.(true);
  }

  /** Lets the process exit while it is open, as `Deno.TcpConn.unref` does. */
  unref(): void {
    this.#engine.transport.setRef?.(false);
  }

  /**
   * Sends small segments at once (TCP_NODELAY), which is the default here.
   *
   * @param noDelay Whether to do so.
   */
  setNoDelay(noDelay = true): void {
    this.#engine.transport.socket?.setNoDelay?.(noDelay);
  }

  /**
   * Lets the kernel probe now and then whether the peer is still there.
   *
   * @param keepAlive Whether to do so.
   */
  setKeepAlive(keepAlive = true): void {
    this.#engine.transport.socket?.setKeepAlive?.(keepAlive);
  }

  /**
   * Exports keying material for a protocol above TLS (RFC 9846 section 7.5;
   * RFC 5705).
   *
   * @param label Registered at IANA, or beginning with `"EXPERIMENTAL"`.
   * @param context Binds the key to its purpose. In TLS 1.2 an empty context
   * and none give different keys.
   * @param length In bytes.
   * @returns The bytes, the same at both ends.
   * @throws {TypeError} If the handshake has not finished, or the connection has
   * TLS 1.2 without the extended master secret.
   * @throws {RangeError} If label, context or length are too short or too long.
   */
  exportKeyingMaterial(
    label: string,
    context: Uint8Array | undefined,
    length: number,
  ): Uint8Array {
    checkExport(label, context, length);
    const { exporter } = this.#engine.handshakes
      .requireEstablished("export keying material");
    return exporter.exportKeyingMaterial(label, context, length);
  }

  /**
   * The bytes of a channel binding, for SCRAM and the like (RFC 5929, RFC 9266).
   *
   * @param type The type of the binding.
   * @returns The bytes, the same at both ends.
   * @throws {TypeError} If this connection has none of that type.
   */
  channelBinding(type: ChannelBindingType): Uint8Array {
    const { side, handshakes: { peer } } = this.#engine;
    const post = this.#engine.handshakes.requireEnd("give a channel binding");
    const certificate = side === "client"
      ? peer?.certificates[0]
      : post.established.localIdentity?.chain[0];
    return post.channelBinding(type, certificate);
  }

  /**
   * verify_data of both Finished messages of the last handshake (RFC 9846
   * section 4.5.3): the same bytes at both ends. For new protocols prefer
   * `channelBinding` or `exportKeyingMaterial`.
   *
   * @returns The bytes of both sides, or `undefined` before the handshake is done.
   */
  get verifyData(): VerifyData | undefined {
    const verifyData = this.#engine.handshakes.established?.verifyData;
    return verifyData && {
      client: verifyData.client.slice(),
      server: verifyData.server.slice(),
    };
  }

  /**
   * Changes to new traffic keys (RFC 9846 section 4.7.3). You need not call it:
   * keys also change before they have protected too much.
   *
   * @param options `requestPeer` asks the peer to change its keys too.
   * @throws {TypeError} If the connection does not have TLS 1.3.
   */
  updateKeys(options: { requestPeer?: boolean } = {}): Promise<void> {
    return unlessMistaken(
      () => checkArguments(options, "updateKeys()", { requestPeer: boolean }),
      () => this.#engine.outbound.updateKeys(options.requestPeer ?? false),
    );
  }

  /**
   * Asks the client for a certificate in the middle of the connection (RFC 9846
   * section 4.7.2). It reads up to the answer: up to 64 KiB of data that comes
   * first is kept for you; beyond that it waits for your reads. The client
   * must answer within `handshakeTimeout`.
   *
   * @returns The client, as in `info` from then on.
   * @throws {TlsError} If the client is refused, does not answer in time, or
   * ends the connection.
   * @throws {TypeError} If this is not a server, the connection does not have
   * TLS 1.3, or the client did not offer post_handshake_auth.
   */
  requestCertificate(): Promise<PeerCertificates> {
    return observed(this.#engine.handshakes.requestCertificate());
  }

  /**
   * Runs another handshake on this connection: in TLS 1.2 and below, and only
   * with a peer that binds it to the first one (RFC 5746). The answer comes
   * behind data that the peer has sent: up to 64 KiB is kept for you; beyond
   * that it waits for your reads. Writes wait. A peer that shows another identity
   * gets a fatal alert.
   *
   * @param options `clientAuth` says whether a server asks its client for a
   * certificate from now on.
   * @returns The results of the handshake.
   * @throws {TypeError} If the connection has TLS 1.3, the peer does not support
   * RFC 5746, or such a handshake is under way.
   * @throws {TlsAlertError} If the peer refuses: the alert is
   * `no_renegotiation`, and the connection stays as it was.
   */
  renegotiate(options: RenegotiationOptions = {}): Promise<ConnectionInfo> {
    return unlessMistaken(
      () => checkArguments(options, "renegotiate()", { clientAuth }),
      () => this.#engine.handshakes.renegotiate(options).then(() => this.info),
    );
  }

  /**
   * Refuses every renegotiation that the peer asks for from now on, whatever the
   * option `renegotiation` says. It may be called before the handshake.
   */
  disableRenegotiation(): void {
    this.#engine.handshakes.disableRenegotiation();
  }

  /**
   * Changes the largest content of the records that we send from now on, as
   * `maxFragmentSize` sets it. A limit that the peer asked for stays.
   *
   * @param size In bytes, 64 to 16384.
   * @throws {TypeError} If it is not a number, or the handshake has not finished.
   * @throws {RangeError} If it is out of that range.
   */
  setMaxFragmentSize(size: number): void {
    this.#engine.handshakes.requireEstablished("set the size of records");
    this.#engine.setMaxFragmentSize(fragmentSize(size, "setMaxFragmentSize()"));
  }

  /**
   * Sets the deadline of reads and writes: `setReadDeadline` and
   * `setWriteDeadline` in one.
   *
   * @param deadline The time, or `undefined` for none.
   * @throws {TypeError} If it is neither.
   */
  setDeadline(deadline: Date | undefined): void {
    this.#engine.setDeadline(deadline, "read", "write");
  }

  /**
   * Sets until when reads may wait, those that wait already included. A read
   * that is still waiting then rejects with a {@linkcode TlsTimeoutError} of code
   * `deadline_exceeded`, and so does each later one that finds nothing to give,
   * until the deadline is moved. The connection lives on and loses no data. Use
   * `read()`: a read of `readable` that rejects ends that stream, and `readable`
   * is a new one then.
   *
   * `readTimeout`, in contrast, ends the connection.
   *
   * @param deadline The time, or `undefined` for none.
   * @throws {TypeError} If it is neither.
   *
   * @example Give up on a read, and go on
   * ```ts
   * import { client, server, TlsTimeoutError } from "@x/tls";
   * import { issueCertificate, TrustStore } from "@x/tls/x509";
   * import { assertEquals, assertRejects } from "@std/assert";
   *
   * const { cert, key } = await issueCertificate({ names: ["a.test"], ca: true });
   * const [up, down] = [new TransformStream(), new TransformStream()];
   * const s = server(
   *   { readable: up.readable, writable: down.writable },
   *   { cert, key },
   * );
   * const c = client(
   *   { readable: down.readable, writable: up.writable },
   *   { serverName: "a.test", trust: TrustStore.of(cert) },
   * );
   * await Promise.all([s.handshake(), c.handshake()]);
   *
   * const bytes = new Uint8Array(16);
   * c.setReadDeadline(new Date(Date.now() + 10));
   * await assertRejects(() => c.read(bytes), TlsTimeoutError);
   *
   * c.setReadDeadline(undefined);
   * await s.write(new TextEncoder().encode("late"));
   * assertEquals(await c.read(bytes), 4);
   * await Promise.all([c.close(), s.close()]);
   * ```
   */
  setReadDeadline(deadline: Date | undefined): void {
    this.#engine.setDeadline(deadline, "read");
  }

  /**
   * Sets until when writes and `flush()` may wait, those that wait already
   * included; both reject then with a {@linkcode TlsTimeoutError} of code
   * `deadline_exceeded`.
   *
   * A write that begins after the deadline sends nothing: move the deadline, and
   * write again. One that is under way ends writing for good, as in Go: nobody
   * knows how much of it the peer gets, and the same error rejects all that would
   * be sent later. Reading goes on; `close()` then aborts the connection.
   *
   * @param deadline The time, or `undefined` for none.
   * @throws {TypeError} If it is neither.
   */
  setWriteDeadline(deadline: Date | undefined): void {
    this.#engine.setDeadline(deadline, "write");
  }

  /**
   * Traces records and messages from now on, as the option `trace` does.
   *
   * @param trace Called with a readable line for each; `undefined` ends it.
   * @param options How much each line says, as the option `traceDepth` does.
   * @throws {TypeError} If an option is unknown, or has a wrong value.
   */
  setTrace(
    trace: ((line: string) => void) | undefined,
    options: TraceOptions = {},
  ): void {
    checkArguments(options, "setTrace()", { depth: traceDepth });
    this.#engine.setTrace(trace, options.depth);
  }

  /**
   * Ends TLS by close_notify both ways, and hands back the transport.
   *
   * @returns The transport, with the bytes that followed the peer's close_notify.
   * @throws {TypeError} If data from the peer is unread, or `readable` is locked.
   */
  detach(): Promise<Duplex> {
    return unlessMistaken(() => {
      refuseLocked(this.#inbound, "detach", "readable");
      if (this.#inbound.isUnread) throw unread();
    }, () => this.#engine.detach());
  }
}

/**
 * Checks the options object of a method.
 *
 * @throws {TypeError} If a name is unknown, or a value has a wrong type.
 */
function checkArguments(
  options: unknown,
  method: string,
  parse: Readonly<Record<string, Parse<unknown>>>,
): void {
  const cannot = `Cannot use the options of ${method}`;
  const given = readDictionary(options, cannot, new Set(Object.keys(parse)));
  for (const [name, value] of Object.entries(given)) parse[name]?.(value, name);
}

const fragmentSize = integer(64, 16384);
