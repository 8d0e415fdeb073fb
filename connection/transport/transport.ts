/**
 * What carries the records: a socket of Deno, or any pair of Web Streams.
 *
 * @module
 */

import { concat } from "@std/bytes";
import { TlsError } from "../../errors.ts";
import { Deadline } from "./deadline.ts";
import type { ByteSink, ByteSource } from "../../record/transport.ts";
import { Lazy } from "../../lazy.ts";
import type { Duplex, ReadAhead, Socket, SocketConn } from "./duplex.ts";

export type { Duplex, ReadAhead, Socket, SocketConn };

/** Carries records. */
export interface Transport extends ByteSource, ByteSink {
  /** Ends our direction behind all that was written. */
  closeWrite(): Promise<void>;
  /** Closes the carrier after both directions have ended. */
  close(): Promise<void>;
  /**
   * Ends our direction, and gives the other end a moment to read what was sent
   * last. Never throws.
   */
  linger(): Promise<void>;
  /** Ends both directions at once; never throws. */
  abort(reason: unknown): void;
  /**
   * Hands the carrier back. `ahead` was read from it and not used.
   *
   * @param module What {@linkcode releasing} loads.
   */
  release(ahead: ReadAhead, module: AheadModule): Duplex;
  /** Called when writing has failed, also if no write is pending. */
  onWriteFailure: ((error: unknown) => void) | undefined;
  /** Grows while the carrier takes bytes, and stays if it has stalled. */
  readonly progress: number;
  /** Keeps the process alive while the carrier is open, or does not. */
  setRef?(isRef: boolean): void;
  /**
   * Says whether somebody waits for reads: a read that only notices how an idle
   * connection ends does not keep the process alive.
   */
  awaitRead?(isAwaited: boolean): void;
  /** The socket, if there is one. */
  readonly socket: Socket | undefined;
}

/** What gives a carrier back: few connections need it. */
export const releasing = new Lazy<AheadModule>(
  "giving back a transport",
  () => import("./ahead.ts"),
);

type AheadModule = typeof import("./ahead.ts");

/** Whether a duplex is a socket of Deno, which is used without its streams. */
function isSocketConn(duplex: Duplex): duplex is SocketConn {
  return "read" in duplex && typeof duplex.read === "function" &&
    "write" in duplex && typeof duplex.write === "function" &&
    "closeWrite" in duplex && "close" in duplex && "localAddr" in duplex;
}

/**
 * The carrier of a duplex that nobody else holds.
 *
 * @throws {TypeError} If it is not a duplex, or a stream is locked.
 */
export function carrierOf(duplex: Duplex): Transport {
  const { readable, writable } = duplex ?? {};
  if (
    !(readable instanceof ReadableStream) ||
    !(writable instanceof WritableStream)
  ) {
    throw new TypeError(
      "Cannot use the transport: expected an object with a ReadableStream and a WritableStream",
    );
  }
  for (const [name, stream] of Object.entries({ readable, writable })) {
    if (stream.locked) {
      throw new TypeError(
        `Cannot use the transport: its ${name} is locked; release its ${
          name === "readable" ? "reader" : "writer"
        } first (releaseLock()), or end its pipe`,
      );
    }
  }
  return transportOf(duplex);
}

/** Makes the carrier for a duplex. */
export function transportOf(duplex: Duplex): Transport {
  return isSocketConn(duplex)
    ? new SocketTransport(duplex)
    : new StreamTransport(duplex);
}

/** A socket, read and written without its streams. */
class SocketTransport implements Transport {
  readonly socket: SocketConn;
  /** Every write is awaited, and rejects itself. */
  onWriteFailure = undefined;
  readonly retains: boolean;
  progress = 0;
  #closed = false;
  /** What the caller has set by ref() and unref(). */
  #isRef = true;
  #isAwaited = true;

  constructor(conn: SocketConn) {
    this.socket = conn;
    this.retains = conn.retains ?? false;
  }

  read(into: Uint8Array): Promise<number | null> {
    return this.socket.read(into);
  }

  async write(bytes: Uint8Array): Promise<void> {
    let written = 0;
    while (written < bytes.length) {
      const rest = written === 0 ? bytes : bytes.subarray(written);
      const count = await this.socket.write(rest);
      written += count;
      this.progress += count;
    }
  }

  async closeWrite(): Promise<void> {
    await this.socket.closeWrite();
  }

  /** A TLS connection as transport takes time to close. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.socket.close();
  }

  setRef(isRef: boolean): void {
    this.#isRef = isRef;
    this.#applyRef();
  }

  awaitRead(isAwaited: boolean): void {
    if (isAwaited === this.#isAwaited) return;
    this.#isAwaited = isAwaited;
    if (this.#isRef) this.#applyRef();
  }

  #applyRef(): void {
    if (this.#isRef && this.#isAwaited) this.socket.ref?.();
    else this.socket.unref?.();
  }

  /**
   * A socket that is closed with bytes unread resets the connection: the peer
   * would lose what it has not read, our alert.
   */
  async linger(): Promise<void> {
    const deadline = new Deadline(LINGER_TIME, undefined, () => this.abort());
    const dropped = new Uint8Array(4096);
    try {
      await this.socket.closeWrite();
      for (let total = 0; total < MAX_DROPPED;) {
        const length = await this.socket.read(dropped);
        if (length === null) break;
        total += length;
      }
    } catch {
      // The peer has gone: nobody reads the alert.
    } finally {
      deadline.clear();
      if (!this.#closed) {
        this.#closed = true;
        this.socket.close();
      }
    }
  }

  abort(reason?: unknown): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.socket.abort === undefined) this.socket.close();
    else this.socket.abort(reason);
  }

  release(ahead: ReadAhead, { AheadSocket }: AheadModule): Duplex {
    this.awaitRead(true);
    return new AheadSocket(this.socket, ahead);
  }
}

/** Any pair of streams. */
class StreamTransport implements Transport {
  readonly socket = undefined;
  onWriteFailure: ((error: unknown) => void) | undefined;
  progress = 0;
  /** The reader of the stream may keep the chunk. */
  readonly retains = true;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #duplex: Duplex;
  /** The rest of the last chunk, which was larger than the reader's buffer. */
  #rest: Uint8Array = new Uint8Array();
  #ended: Promise<void> | undefined;
  /** Resolves when what is left need not be taken any more. */
  readonly #givenUp = Promise.withResolvers<void>();

  constructor(duplex: Duplex) {
    this.#duplex = duplex;
    this.#reader = duplex.readable.getReader();
    this.#writer = duplex.writable.getWriter();
    // Reads and writes reject if a stream has failed.
    this.#reader.closed.catch(ignore);
    this.#writer.closed.catch((error) => this.onWriteFailure?.(error));
    this.#writer.ready.catch(ignore);
  }

  async read(into: Uint8Array): Promise<number | null> {
    while (this.#rest.length === 0) {
      const { done, value } = await this.#reader.read();
      if (done) return null;
      this.#rest = bytesOf(value);
    }
    const part = this.#rest.subarray(0, into.length);
    into.set(part);
    this.#rest = this.#rest.subarray(part.length);
    return part.length;
  }

  /** As `pipeTo`: waits for room, not for the chunk to have been taken. */
  async write(bytes: Uint8Array): Promise<void> {
    await this.#writer.ready;
    this.progress += bytes.length;
    this.#writer.write(bytes).then(() => {
      this.progress += bytes.length;
    }, ignore);
  }

  closeWrite(): Promise<void> {
    this.#ended ??= this.#writer.close();
    return this.#ended;
  }

  async close(): Promise<void> {
    // First: a stream over a socket may be cut off by its cancellation.
    await this.closeWrite().catch(ignore);
    this.#reader.cancel(closed()).catch(ignore);
  }

  /** Stops waiting after a moment if nobody takes what is left. */
  async linger(): Promise<void> {
    const deadline = new Deadline(
      LINGER_TIME,
      undefined,
      () => this.#givenUp.resolve(),
    );
    await Promise.race([this.close(), this.#givenUp.promise]);
    deadline.clear();
  }

  abort(reason: unknown): void {
    this.onWriteFailure = undefined;
    this.#givenUp.resolve();
    this.#reader.cancel(reason).catch(ignore);
    this.#writer.abort(reason).catch(ignore);
  }

  release(ahead: ReadAhead, { withAhead }: AheadModule): Duplex {
    const rest = this.#rest;
    this.onWriteFailure = undefined;
    this.#writer.releaseLock();
    if (ahead.pending === undefined) this.#reader.releaseLock();
    const readable = ahead.pending === undefined
      ? this.#duplex.readable
      : this.#stream();
    return {
      readable: withAhead(readable, {
        bytes: join(ahead.bytes, rest),
        pending: ahead.pending,
      }),
      writable: this.#duplex.writable,
    };
  }

  /** What comes behind a read that is under way. */
  #stream(): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        // That read may not have room for all of its chunk.
        const rest = this.#rest;
        this.#rest = new Uint8Array();
        if (rest.length > 0) return controller.enqueue(rest);
        const { done, value } = await this.#reader.read();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: (reason) => this.#reader.cancel(reason),
    }, { highWaterMark: 0 });
  }
}

/** A chunk of a stream, if it is bytes. */
function bytesOf(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  throw new TypeError(
    `Cannot read the transport: expected a Uint8Array, got ${typeof chunk}`,
  );
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array {
  return b.length === 0 ? a : concat([a, b]);
}

function closed(): TlsError {
  return new TlsError("closed", "The other end of the transport was closed");
}

function ignore(): void {}

/** Milliseconds in which the peer must read our alert. */
const LINGER_TIME = 500;

/** Bytes from the peer that are dropped meanwhile. */
const MAX_DROPPED = 2 ** 20;
