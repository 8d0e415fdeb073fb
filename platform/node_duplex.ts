/**
 * A stream of Node with the methods of a `Deno.Conn`.
 *
 * @module
 */

import type { NodeStream } from "./node_modules.ts";
import { NodeReader } from "./node_reader.ts";
import type { SocketConn } from "./socket.ts";

/** How a stream is used. */
export interface NodeDuplexOptions {
  /** Whether the stream may keep the bytes of a write that is over. */
  readonly retains: boolean;
  /** Whether nobody else has the memory of what the stream reads. */
  readonly ownsChunks?: boolean;
  /** The path of a unix socket, which the stream does not know. */
  readonly path?: string;
  /** What reads it, if that is not to be its stream. */
  readonly reader?: ByteReader;
}

/** Reads a socket. */
export interface ByteReader {
  /** The error of the socket, if it has failed. */
  readonly error: Error | undefined;
  /** Reads some bytes; returns how many, or `null` at the end. */
  read(into: Uint8Array): Promise<number | null>;
}

/** A stream of Node, with the methods of a `Deno.Conn`. */
export class NodeDuplex implements SocketConn {
  /** The socket itself. */
  readonly socket: NodeStream;
  /** Whether the stream may keep the bytes of a write that is over. */
  readonly retains: boolean;
  readonly #reader: ByteReader;
  readonly #path: string | undefined;
  #readable: ReadableStream<Uint8Array> | undefined;
  #writable: WritableStream<Uint8Array> | undefined;

  /**
   * Takes over a stream.
   *
   * @throws {TypeError} If it cannot carry records, or somebody reads it.
   */
  constructor(
    socket: NodeStream,
    { retains, ownsChunks, path, reader }: NodeDuplexOptions,
  ) {
    refuseUnfit(socket);
    this.socket = socket;
    this.retains = retains;
    this.#path = path;
    socket.allowHalfOpen = true;
    this.#reader = reader ?? new NodeReader(socket, ownsChunks);
  }

  /** Our address, once the socket is connected. */
  get localAddr(): Deno.Addr | undefined {
    if (this.#path !== undefined) return unixAddress(this.#path);
    const { localAddress, localPort } = this.socket;
    return denoAddress(localAddress, localPort);
  }

  /** The peer's address, once the socket is connected. */
  get remoteAddr(): Deno.Addr | undefined {
    if (this.#path !== undefined) return unixAddress(this.#path);
    const { remoteAddress, remotePort } = this.socket;
    return denoAddress(remoteAddress, remotePort);
  }

  /** Bytes from the socket. */
  get readable(): ReadableStream<Uint8Array> {
    return this.#readable ??= new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        const buffer = new Uint8Array(CHUNK_SIZE);
        const length = await this.read(buffer);
        if (length === null) controller.close();
        else controller.enqueue(buffer.subarray(0, length));
      },
      cancel: () => this.close(),
    }, { highWaterMark: 0 });
  }

  /** Bytes for the socket. */
  get writable(): WritableStream<Uint8Array> {
    return this.#writable ??= new WritableStream<Uint8Array>({
      write: async (chunk) => void await this.write(chunk),
      close: () => this.closeWrite(),
      abort: () => this.close(),
    });
  }

  /** Reads into a buffer: gives how many bytes, or `null` at the end. */
  read(into: Uint8Array): Promise<number | null> {
    return this.#reader.read(into);
  }

  /** Writes all the bytes, and waits until the socket has taken them. */
  write(bytes: Uint8Array): Promise<number> {
    return new Promise((resolve, reject) => {
      this.socket.write(bytes, (error) => {
        if (error) reject(this.#reader.error ?? error);
        else resolve(bytes.length);
      });
    });
  }

  /** Ends our direction behind all that was written. */
  closeWrite(): Promise<void> {
    if (this.socket.writableFinished) return Promise.resolve();
    // Node.js may then never call back.
    if (this.socket.destroyed) {
      return Promise.reject(this.#reader.error ?? destroyed());
    }
    return new Promise((resolve, reject) => {
      this.socket.end((error?: Error | null) => {
        if (error) reject(this.#reader.error ?? error);
        else resolve();
      });
    });
  }

  /** Ends both directions at once. */
  close(): void {
    this.socket.destroy();
  }

  /** Keeps the process alive while the socket is open. */
  ref(): void {
    this.socket.ref?.();
  }

  /** Lets the process exit while the socket is open. */
  unref(): void {
    this.socket.unref?.();
  }

  /** Sends small segments at once, or not. */
  setNoDelay(noDelay?: boolean): void {
    this.socket.setNoDelay?.(noDelay);
  }

  /** Turns keep-alive probes on or off. */
  setKeepAlive(keepAlive?: boolean): void {
    this.socket.setKeepAlive?.(keepAlive);
  }
}

/** An address as Deno shows it. */
export function denoAddress(
  hostname: string | undefined,
  port: number | undefined,
): Deno.NetAddr | undefined {
  if (hostname === undefined || port === undefined) return undefined;
  return { transport: "tcp", hostname, port };
}

function unixAddress(path: string): Deno.UnixAddr {
  return { transport: "unix", path };
}

/**
 * @throws {TypeError} If a stream cannot carry records, or somebody reads it.
 */
function refuseUnfit(socket: NodeStream): void {
  const reason = unfitReason(socket);
  if (reason !== undefined) {
    throw new TypeError(`Cannot use the socket: ${reason}`);
  }
}

function unfitReason(socket: NodeStream): string | undefined {
  if (
    typeof socket?.on !== "function" || typeof socket.read !== "function" ||
    typeof socket.write !== "function"
  ) return "expected a stream.Duplex";
  if (socket.destroyed) return "it is destroyed";
  if (socket.readableEncoding) {
    return `it gives text, as its encoding is ${socket.readableEncoding}; do not call setEncoding()`;
  }
  if (socket.readableObjectMode || socket.writableObjectMode) {
    return "it is in object mode";
  }
  for (const event of ["data", "readable"]) {
    if (socket.listenerCount(event) > 0) {
      return `it has a listener for "${event}"; remove it first`;
    }
  }
  return undefined;
}

function destroyed(): Error {
  return Object.assign(
    new Error("Cannot end the socket: it is destroyed"),
    { code: "ERR_STREAM_DESTROYED" },
  );
}

/** Bytes that one read of the stream takes at most. */
const CHUNK_SIZE = 65_536;
