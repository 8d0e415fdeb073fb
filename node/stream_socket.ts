/**
 * A connection as a stream of Node that behaves as a `net.Socket` does.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { nextTick } from "node:process";
import { Duplex } from "node:stream";
import type { TlsConn } from "../connection/conn.ts";
import { TlsTruncatedError } from "../errors.ts";
import { abortBehind, asError, destroyed, unguarded } from "./ends.ts";
import { IdleTimer } from "./idle_timer.ts";
import { ReadBuffer } from "./read_buffer.ts";
import { type NodeSocketSource, Opening } from "./opening.ts";

export type { NodeSocketSource };
import { type AddressInfo, netAddress } from "./views.ts";

/** Options of `toNodeSocket`. */
export interface NodeSocketOptions {
  /**
   * Whether writing goes on when the peer has ended. Otherwise the peer's end
   * ends writing too, as in `net.connect`.
   *
   * @default {false}
   */
  readonly allowHalfOpen?: boolean;
  /**
   * How much may wait in either direction, in bytes.
   *
   * @default {65536}
   */
  readonly highWaterMark?: number;
}

/**
 * What a TLS connection has of a `net.Socket`: streams, events, addresses.
 *
 * @example Half-close
 * ```ts ignore
 * import { connect } from "@x/tls";
 * import { toNodeSocket } from "@x/tls/node";
 *
 * const conn = await connect({ hostname: "example.com", port: 7 });
 * const socket = toNodeSocket(conn, { allowHalfOpen: true });
 * socket.end("echo this");
 * socket.pipe(process.stdout);
 * ```
 */
export class StreamSocket extends Duplex {
  /** Application data that was read, in bytes. */
  bytesRead: number = 0;
  readonly #opening: Opening;
  #hasTold = false;
  readonly #idle: IdleTimer;
  /** bytesWritten of the transport when the timer was last looked at. */
  #progress = 0;
  #timeout: number | undefined;
  readonly #buffer = new ReadBuffer();
  #isPumping = false;
  #isWanted = false;
  #bytesWritten = 0;
  /** Bytes that had been written when the peer ended. */
  #writtenAtEnd: number | undefined;
  /** Bytes that had been read when we ended. */
  #readAtEnd: number | undefined;

  /**
   * Runs the handshake, if it has not run.
   *
   * @param source The connection, or a promise of it.
   * @param options Whether writing goes on behind the peer's end.
   */
  constructor(source: NodeSocketSource, options: NodeSocketOptions = {}) {
    const { allowHalfOpen = false, highWaterMark = HIGH_WATER_MARK } = options;
    super({
      allowHalfOpen,
      // `net.Socket` emits `close` itself, with whether there was an error.
      emitClose: false,
      highWaterMark,
    });
    this.#idle = new IdleTimer(() => this.#onIdle());
    this.#opening = new Opening(source, () => this.destroyed);
    this.#opening.opened.then(
      () => this.#tellOpen(),
      (error) => this.destroy(asError(error)),
    );
  }

  /** The connection, once there is one. */
  get conn(): TlsConn | undefined {
    return this.#opening.conn;
  }

  /** Whether the connection or its handshake is under way. */
  get connecting(): boolean {
    return !this.#opening.isOpen && !this.destroyed;
  }

  /** The same as `connecting`. */
  get pending(): boolean {
    return this.connecting;
  }

  /** `"opening"`, `"open"`, `"readOnly"`, `"writeOnly"` or `"closed"`. */
  get readyState(): "opening" | "open" | "readOnly" | "writeOnly" | "closed" {
    if (this.connecting) return "opening";
    if (this.readable) return this.writable ? "open" : "readOnly";
    return this.writable ? "writeOnly" : "closed";
  }

  /** Application data that was written, with what waits, in bytes. */
  get bytesWritten(): number {
    return this.#bytesWritten + this.writableLength;
  }

  /**
   * Bytes that wait to be written, as `writableLength` has them; `undefined`
   * when the socket is destroyed.
   */
  get bufferSize(): number | undefined {
    return this.destroyed ? undefined : this.writableLength;
  }

  /** Always empty: the socket dials no address itself. */
  get autoSelectFamilyAttemptedAddresses(): string[] {
    return [];
  }

  /** The time of `setTimeout()` in milliseconds, if it was called. */
  get timeout(): number | undefined {
    return this.#timeout;
  }

  /** Our IP address. */
  get localAddress(): string | undefined {
    return this.#local?.address;
  }

  /** Our port. */
  get localPort(): number | undefined {
    return this.#local?.port;
  }

  /** `"IPv4"` or `"IPv6"`. */
  get localFamily(): string | undefined {
    return this.#local?.family;
  }

  /** The peer's IP address. */
  get remoteAddress(): string | undefined {
    return this.#remote?.address;
  }

  /** The peer's port. */
  get remotePort(): number | undefined {
    return this.#remote?.port;
  }

  /** `"IPv4"` or `"IPv6"`. */
  get remoteFamily(): string | undefined {
    return this.#remote?.family;
  }

  get #local(): AddressInfo | undefined {
    return netAddress(this.conn?.localAddr);
  }

  get #remote(): AddressInfo | undefined {
    return netAddress(this.conn?.remoteAddr);
  }

  /**
   * Our address.
   *
   * @returns It; an object without members if the transport has no IP address.
   */
  address(): AddressInfo | Record<string, never> {
    return this.#local ?? {};
  }

  /**
   * Emits `connect` once the connection is open: in the next turn if it is
   * already. The connection is there or on its way, so that no address is
   * dialled: arguments but the last are for drivers that give them.
   *
   * @param args What a driver gives; a function at the end is called once.
   * @returns This socket.
   */
  connect(...args: unknown[]): this {
    const listener = args.at(-1);
    if (typeof listener === "function") {
      this.once("connect", () => listener.call(this));
    }
    if (this.#hasTold) {
      this.#opening.opened.then(
        () => unguarded(() => this.emitOpen()),
        ignore,
      );
    }
    return this;
  }

  /**
   * Emits `timeout` after a time without reads and writes. It closes nothing.
   *
   * @param timeout In milliseconds; 0 turns it off.
   * @param listener Called once at that event; with 0 it is removed.
   * @returns This socket.
   * @throws {TypeError} If `timeout` is no number.
   * @throws {RangeError} If `timeout` is negative or not finite.
   */
  setTimeout(timeout: number, listener?: () => void): this {
    this.#idle.set(timeout);
    this.#timeout = timeout;
    if (listener === undefined) return this;
    return timeout === 0
      ? this.off("timeout", listener)
      : this.once("timeout", listener);
  }

  /**
   * Sends small segments at once, or not.
   *
   * @param noDelay Whether to do so.
   * @returns This socket.
   */
  setNoDelay(noDelay = true): this {
    return this.#set((conn) => conn.setNoDelay(noDelay));
  }

  /**
   * Turns keep-alive probes on or off.
   *
   * @param enable Whether to send them.
   * @param _initialDelay Not used: the system decides when they begin.
   * @returns This socket.
   */
  setKeepAlive(enable = false, _initialDelay?: number): this {
    return this.#set((conn) => conn.setKeepAlive(enable));
  }

  /**
   * Keeps the process alive while it is open.
   *
   * @returns This socket.
   */
  ref(): this {
    return this.#set((conn) => conn.ref());
  }

  /**
   * Lets the process exit while it is open.
   *
   * @returns This socket.
   */
  unref(): this {
    return this.#set((conn) => conn.unref());
  }

  /** Ends writing, and destroys the socket when all is written. */
  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once("finish", () => this.destroy());
  }

  /**
   * Destroys the socket at once, whatever was written.
   *
   * @returns This socket.
   */
  resetAndDestroy(): this {
    this.conn?.abort(destroyed());
    return this.destroy();
  }

  /** Called by the stream when it has room. */
  override _read(): void {
    this.#isWanted = true;
    if (!this.#isPumping) this.#pump();
  }

  /**
   * Called by the stream with one chunk.
   *
   * @param chunk The bytes.
   * @param _encoding Not used: the stream makes bytes of text.
   * @param callback Called when there is room for more.
   */
  override _write(
    chunk: Uint8Array,
    _encoding: BufferEncoding,
    callback: (error?: Error | null) => void,
  ): void {
    this.#send(chunk).then(() => callback(), callback);
  }

  /**
   * Called by the stream with all chunks that wait: they share records.
   *
   * @param chunks The chunks.
   * @param callback Called when there is room for more.
   */
  override _writev(
    chunks: { chunk: Uint8Array }[],
    callback: (error?: Error | null) => void,
  ): void {
    const all = Buffer.concat(chunks.map(({ chunk }) => chunk));
    this.#send(all).then(() => callback(), callback);
  }

  /**
   * Called by the stream behind the last chunk.
   *
   * @param callback Called when close_notify is with the transport.
   */
  override _final(callback: (error?: Error | null) => void): void {
    this.#end().then(() => callback(), callback);
  }

  /**
   * Called by the stream at its end, whether in order or not.
   *
   * @param error What went wrong, if something did.
   * @param callback Called when the socket is closed.
   */
  override _destroy(
    error: Error | null,
    callback: (error?: Error | null) => void,
  ): void {
    this.#idle.stop();
    const closed = () => {
      callback(error);
      // Behind the event `error`.
      nextTick(() => this.emit("close", error !== null));
    };
    const { conn, isOpen } = this.#opening;
    // Before a connection there is nothing to end: Opening aborts it.
    if (conn === undefined) return closed();
    if (error !== null || !this.writableFinished) {
      if (error === null && isOpen) abortBehind(conn);
      else conn.abort(error ?? destroyed());
      return closed();
    }
    const closing = conn.close();
    if (this.readableEnded) closing.then(closed);
    else {
      // All was sent. The peer gets time to read it, but nobody waits for that.
      conn.unref();
      closed();
    }
  }

  #set(apply: (conn: TlsConn) => void): this {
    if (!this.destroyed) this.#opening.apply(apply);
    return this;
  }

  #tellOpen(): void {
    this.#hasTold = true;
    this.#idle.refresh();
    unguarded(() => this.emitOpen());
    // As `net.Socket` does, to notice an end while nobody reads.
    if (!this.destroyed) this.read(0);
  }

  /** Emits what tells that the connection is open. */
  protected emitOpen(): void {
    for (const event of ["connect", "secureConnect", "ready"]) {
      if (this.destroyed) return;
      this.emit(event);
    }
  }

  /** Reads until there is enough. */
  async #pump(): Promise<void> {
    this.#isPumping = true;
    try {
      const conn = this.#opening.conn ?? await this.#opening.opened;
      while (this.#isWanted && !this.destroyed) {
        const length = await conn.read(this.#buffer.bytes);
        if (this.destroyed) return;
        if (length === null) return this.#onEnd();
        this.#idle.refresh();
        this.bytesRead += length;
        this.#isWanted = false;
        const bytes = this.#buffer.take(length);
        if (unguarded(() => this.push(bytes)) ?? true) this.#isWanted = true;
        // Behind the event "readable" of this chunk: since Node.js 26 read()
        // gives one chunk, and a listener that calls it once would see no more
        // events if several had come at once.
        if (this.readableFlowing !== true) await tick();
      }
    } catch (error) {
      if (this.isEnd(error)) return this.#onEnd();
      this.destroy(asError(error));
    } finally {
      this.#isPumping = false;
    }
  }

  /**
   * Whether an error of a read is the peer's end all the same.
   *
   * @param error The error.
   * @returns `true` if it is.
   */
  protected isEnd(error: unknown): boolean {
    // RFC 5246 section 7.2.1: who has sent close_notify need not wait for the
    // other. What comes behind ours must be whole, though.
    return error instanceof TlsTruncatedError &&
      this.#readAtEnd === this.bytesRead;
  }

  /** Whether both ends are there, the peer's perhaps behind data that waits. */
  protected get endsInOrder(): boolean {
    return this.#writtenAtEnd !== undefined && this.writableEnded;
  }

  #onEnd(): void {
    this.#writtenAtEnd = this.bytesWritten;
    this.push(null);
    // Lets `end` come even if nobody reads, as nothing is left to read.
    this.read(0);
  }

  async #send(bytes: Uint8Array): Promise<void> {
    this.#idle.refresh();
    const conn = this.#opening.conn ?? await this.#opening.opened;
    await conn.write(bytes);
    this.#bytesWritten += bytes.length;
    this.#idle.refresh();
  }

  async #end(): Promise<void> {
    const conn = await this.#opening.opened;
    this.#readAtEnd = this.bytesRead;
    try {
      await conn.closeWrite();
    } catch (error) {
      // The peer has ended and then gone. Nothing was on its way but
      // close_notify, which nobody misses: `net.Socket` tells nothing either.
      if (this.#writtenAtEnd !== this.bytesWritten) throw asError(error);
    }
  }

  #onIdle(): void {
    const progress = this.conn?.stats.bytesWritten ?? 0;
    // A large write that goes on is activity, too.
    if (this.writableLength > 0 && progress !== this.#progress) {
      this.#progress = progress;
      return this.#idle.refresh();
    }
    this.emit("timeout");
  }
}

function tick(): Promise<void> {
  return new Promise((resolve) => nextTick(resolve));
}

function ignore(): void {}

/** Bytes that may wait in either direction. */
const HIGH_WATER_MARK = 65_536;
