/**
 * A stream of Node as a transport for TLS.
 *
 * @module
 */

import { Socket } from "node:net";
import type { Duplex as NodeStream } from "node:stream";
import type { Duplex, SocketConn } from "../connection/transport/duplex.ts";
import { NodeReader } from "./node_reader.ts";
import { denoAddress } from "./views.ts";

/**
 * Makes a socket of Node a transport for `client()`, `server()`,
 * `pipeDuplex()` and `peekClientHello()`. Any `stream.Duplex` will do: a
 * `net.Socket`, a `tls.TLSSocket`, one end of a `stream.duplexPair()`. It is
 * read and written without Web Streams in between.
 *
 * The socket belongs to the transport from then on. It may be connecting still.
 * Its `allowHalfOpen` becomes `true`, as TLS decides when to end. What it emits
 * as `error` rejects what is pending.
 *
 * @param socket The socket. Nobody else may read it.
 * @returns The transport.
 * @throws {TypeError} If it is not a stream, is destroyed, has an encoding, is in
 * object mode, or has a listener for `data` or `readable`.
 *
 * @example A client over a socket of node:net
 * ```ts ignore
 * import { client } from "@x/tls";
 * import { fromNodeSocket } from "@x/tls/node";
 * import { connect } from "node:net";
 *
 * const socket = connect(443, "example.com");
 * await using conn = client(fromNodeSocket(socket), {
 *   serverName: "example.com",
 * });
 * await conn.handshake();
 * ```
 */
export function fromNodeSocket(socket: NodeStream): Duplex {
  return new NodeDuplex(socket);
}

/** A stream of Node, with the methods of a `Deno.Conn`. */
class NodeDuplex implements SocketConn {
  /** The socket itself. */
  readonly socket: NodeStream;
  /** Whether the stream may keep the bytes of a write that is over. */
  readonly retains: boolean;
  readonly #reader: NodeReader;
  readonly #members: NodeStream & NodeSocketMembers;
  #readable: ReadableStream<Uint8Array> | undefined;
  #writable: WritableStream<Uint8Array> | undefined;

  constructor(socket: NodeStream) {
    refuseUnfit(socket);
    this.socket = socket;
    this.#members = socket;
    this.retains = !(socket instanceof Socket);
    socket.allowHalfOpen = true;
    this.#reader = new NodeReader(socket);
  }

  /** Our address, once the socket is connected. */
  get localAddr(): Deno.NetAddr | undefined {
    const { localAddress, localPort } = this.#members;
    return denoAddress(localAddress, localPort);
  }

  /** The peer's address, once the socket is connected. */
  get remoteAddr(): Deno.NetAddr | undefined {
    const { remoteAddress, remotePort } = this.#members;
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
    this.#members.ref?.();
  }

  /** Lets the process exit while the socket is open. */
  unref(): void {
    this.#members.unref?.();
  }

  /** Sends small segments at once, or not. */
  setNoDelay(noDelay?: boolean): void {
    this.#members.setNoDelay?.(noDelay);
  }

  /** Turns keep-alive probes on or off. */
  setKeepAlive(keepAlive?: boolean): void {
    this.#members.setKeepAlive?.(keepAlive);
  }
}

/** What a `net.Socket` has and another stream may lack. */
interface NodeSocketMembers {
  readonly localAddress?: string | undefined;
  readonly localPort?: number | undefined;
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  ref?(): void;
  unref?(): void;
  setNoDelay?(noDelay?: boolean): void;
  setKeepAlive?(keepAlive?: boolean): void;
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

/** Bytes that one read of the stream takes at most. */
const CHUNK_SIZE = 65_536;
