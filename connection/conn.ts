/**
 * A connection with its two streams.
 *
 * @module
 */

import type { RenegotiationOptions } from "../handshake/common/after_handshake.ts";
import type { PeerCertificates } from "../handshake/common/authenticate.ts";
import {
  aborted,
  observed,
  refuseLocked,
  requireBytes,
  unlessMistaken,
  unread,
} from "./engine/calls.ts";
import { channelBinding, type ChannelBindingType } from "./channel_binding.ts";
import type { CloseResult } from "./engine/ending.ts";
import type { Engine } from "./engine/engine.ts";
import { checkExport } from "./exporter.ts";
import { InboundStream } from "./engine/inbound_stream.ts";
import { type ConnectionInfo, connectionInfo } from "./info.ts";
import { readDictionary } from "../dictionary.ts";
import { boolean, clientAuth, type Parse } from "./options/values.ts";
import type { Duplex } from "./transport/transport.ts";

export { observed };
export type { ChannelBindingType, CloseResult, Duplex };

/** Counts of a connection. */
export interface ConnectionStats {
  /** Bytes that came over the transport. */
  readonly bytesRead: number;
  /** Bytes that went over the transport. */
  readonly bytesWritten: number;
  /** Records that came. */
  readonly recordsRead: number;
  /** Records that went. */
  readonly recordsWritten: number;
}

/**
 * A TLS connection, client or server: `Deno.TlsConn`, and what TLS has besides.
 *
 * Read and write by the two Web Streams, or by `read` and `write` as long as
 * the streams are not locked. Both push back: what is not read is not taken
 * from the peer, and what the peer does not take holds up the writer.
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
  readonly #engine: Engine;
  readonly #inbound: InboundStream;
  #writable: WritableStream<Uint8Array> | undefined;

  /** @internal Use `connect`, `client`, `server` or `listen`. */
  constructor(engine: Engine) {
    this.#engine = engine;
    this.#inbound = new InboundStream(engine);
  }

  /** The number of this connection in this process, as callbacks get it. */
  get id(): number {
    return this.#engine.handle.id;
  }

  /** What the peer sends: a byte stream, which BYOB readers are welcome to. */
  get readable(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return this.#inbound.readable;
  }

  /** What the peer is to receive; closing it sends close_notify. */
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

  /** What the handshake settled; nothing is in it before it is over. */
  get info(): ConnectionInfo {
    const { established, peer } = this.#engine;
    return connectionInfo(established, peer);
  }

  /**
   * How the connection ended, once it has. Never rejects.
   *
   * It settles without a read, too: when a write has failed, and when the peer
   * has gone. For that up to one record of data is read ahead. A server cannot
   * tell a client that has gone in order from one that has ended its own
   * direction and waits for an answer: there `closed` waits for a write that
   * fails, or for `close()`.
   *
   * @returns `{ clean: true }`, or `{ clean: false, error }`.
   */
  get closed(): Promise<CloseResult> {
    return this.#engine.closed;
  }

  /** Counts of bytes and records. */
  get stats(): ConnectionStats {
    return this.#engine.records.stats;
  }

  /** Our address, where the transport is a socket. */
  get localAddr(): Deno.Addr | undefined {
    return this.#engine.transport.socket?.localAddr;
  }

  /** The peer's address, where the transport is a socket. */
  get remoteAddr(): Deno.Addr | undefined {
    return this.#engine.transport.socket?.remoteAddr;
  }

  /**
   * Runs the handshake, verification included, if that has not been done.
   *
   * @returns What it settled.
   * @throws {TlsError} If it fails: the same error whenever it is asked again.
   */
  handshake(): Promise<ConnectionInfo> {
    return observed(this.#engine.handshake().then(() => this.info));
  }

  /**
   * Reads up to as many bytes as there is room for.
   *
   * @param into Where to.
   * @returns How many came, one at least, or `null` after the peer's
   * close_notify.
   * @throws {TlsTruncatedError} If the transport ended without close_notify.
   * @throws {TlsError} If the handshake or the connection fails.
   * @throws {TypeError} If `readable` is locked, or `into` no `Uint8Array`.
   */
  read(into: Uint8Array): Promise<number | null> {
    return unlessMistaken(() => {
      refuseLocked(this.#inbound, "read", "readable");
      requireBytes(into, "read into");
    }, () => this.#inbound.read(into));
  }

  /**
   * Writes all the bytes.
   *
   * @param bytes What to send.
   * @returns Their number, when there is room for more.
   * @throws {TlsError} If the handshake or the connection fails.
   * @throws {TypeError} If `writable` is locked, or `bytes` no `Uint8Array`.
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
   * Sends close_notify behind all that was written, and behind a renegotiation
   * that is under way: nothing more is to follow. Reading goes on.
   *
   * @throws {TlsError} If the connection fails.
   */
  closeWrite(): Promise<void> {
    return observed(this.#engine.closeWrite());
  }

  /**
   * Closes the connection so that nothing that was written is lost, whether or
   * not the streams are locked. It never rejects: see `closed`.
   *
   * It sends close_notify behind all that was written and ends our direction of
   * the transport. Then it reads and drops what the peer still sends, until the
   * peer ends its direction too, as closing a socket with unread data resets
   * the connection, and the peer loses what it has not read. A peer that has
   * ended first, or answers by closing, costs no waiting. Otherwise `close()`
   * gives up after 5 seconds without a byte of the peer, after 30 seconds, or
   * after 16 MiB. It then closes the transport, and `closed` has an error with
   * code `close_timeout` or `close_overrun`. Pending and later reads reject with
   * code `closed`.
   *
   * A server that closes connections in its accept loop should not wait for
   * `close()` there: a client that is silent holds it up for those 5 seconds.
   */
  async close(): Promise<void> {
    await this.#engine.close();
  }

  /**
   * Ends the connection at once, without close_notify; pending calls reject.
   * Data that is under way may be lost.
   *
   * @param reason What they reject with; by default an `AbortError`. The alert
   * of a `TlsError` that names one is sent to the peer.
   */
  abort(reason?: unknown): void {
    this.#engine.abort(reason ?? aborted());
  }

  /** Closes, as `close()` does, and waits for it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Has the process wait for this connection; as `Deno.TcpConn.ref`. */
  ref(): void {
    this.#engine.transport.setRef?.(true);
  }

  /** Has the process not wait for it; as `Deno.TcpConn.unref`. */
  unref(): void {
    this.#engine.transport.setRef?.(false);
  }

  /**
   * Sends small segments at once, which is the default here.
   *
   * @param noDelay Whether to.
   */
  setNoDelay(noDelay = true): void {
    this.#engine.transport.socket?.setNoDelay?.(noDelay);
  }

  /**
   * Has the kernel ask now and then whether the peer is still there.
   *
   * @param keepAlive Whether to.
   */
  setKeepAlive(keepAlive = true): void {
    this.#engine.transport.socket?.setKeepAlive?.(keepAlive);
  }

  /**
   * Keying material for a protocol above (RFC 8446 section 7.5; RFC 5705).
   *
   * @param label Registered at IANA, or beginning with `"EXPERIMENTAL"`.
   * @param context What the key is for; none and an empty one differ in TLS 1.2.
   * @param length In bytes.
   * @returns The bytes, the same at both ends.
   * @throws {TypeError} If the handshake is not over, or the connection is of
   * TLS 1.2 without the extended master secret.
   * @throws {RangeError} If label, context or length are too short or too long.
   */
  exportKeyingMaterial(
    label: string,
    context: Uint8Array | undefined,
    length: number,
  ): Uint8Array {
    checkExport(label, context, length);
    const { exporter } = this.#engine
      .requireEstablished("export keying material");
    return exporter(label, context, length);
  }

  /**
   * A channel binding, for SCRAM and its kin (RFC 5929, RFC 9266).
   *
   * @param type Which.
   * @returns The bytes, the same at both ends.
   * @throws {TypeError} If this connection has none of that type.
   */
  channelBinding(type: ChannelBindingType): Uint8Array {
    const { side, peer } = this.#engine;
    const established = this.#engine.requireEstablished(
      "give a channel binding",
    );
    const certificate = side === "client"
      ? peer?.certificates[0]
      : established.localIdentity?.chain[0];
    return channelBinding(type, established, certificate);
  }

  /**
   * Goes on to new traffic keys (RFC 8446 section 4.6.3). They change by
   * themselves before they have protected too much.
   *
   * @param options `requestPeer` asks the peer for new keys too.
   * @throws {TypeError} If the connection is not of TLS 1.3.
   */
  updateKeys(options: { requestPeer?: boolean } = {}): Promise<void> {
    return unlessMistaken(
      () => checkArguments(options, "updateKeys()", { requestPeer: boolean }),
      () => this.#engine.outbound.updateKeys(options.requestPeer ?? false),
    );
  }

  /**
   * Asks the client for a certificate in the middle of the connection (RFC 9846
   * section 4.7.2). Reads on by itself for the answer: up to 64 KiB of data that
   * comes before it are kept for you, beyond that it takes reads. The client
   * has `handshakeTimeout` to answer.
   *
   * @returns The client, as `info` has it from then on.
   * @throws {TlsError} If the client is refused, does not answer in time, or
   * ends the connection.
   * @throws {TypeError} If this is no server, the connection is not of TLS 1.3,
   * or the client did not offer to be asked.
   */
  requestCertificate(): Promise<PeerCertificates> {
    return observed(this.#engine.requestCertificate());
  }

  /**
   * Has another handshake on this connection: TLS 1.2 and below, and only with
   * a peer that ties it to the first one (RFC 5746). The answer comes behind
   * what data the peer has sent: 64 KiB of them are kept for you, beyond that
   * it takes reads. Writes wait. The peer stays the one that it is, on pain of
   * a fatal alert.
   *
   * @param options `clientAuth` is what a server demands of its client from
   * here on.
   * @returns What the handshake settled.
   * @throws {TypeError} If the connection is of TLS 1.3, the peer cannot, or
   * such a handshake is under way.
   * @throws {TlsAlertError} If the peer refuses: the alert is
   * `no_renegotiation`, and the connection goes on as before.
   */
  renegotiate(options: RenegotiationOptions = {}): Promise<ConnectionInfo> {
    return unlessMistaken(
      () => checkArguments(options, "renegotiate()", { clientAuth }),
      () => this.#engine.renegotiate(options).then(() => this.info),
    );
  }

  /**
   * Leaves TLS: close_notify both ways, then the transport is the caller's.
   *
   * @returns The transport, with whatever came behind the peer's close_notify.
   * @throws {TypeError} If data of the peer are unread, or `readable` is locked.
   */
  detach(): Promise<Duplex> {
    return unlessMistaken(() => {
      refuseLocked(this.#inbound, "detach", "readable");
      if (this.#inbound.isUnread) throw unread();
    }, () => this.#engine.detach());
  }
}

/**
 * Checks what a method is given, as options are.
 *
 * @throws {TypeError} If a name is unknown, or a value of a wrong type.
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
