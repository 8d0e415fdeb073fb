/**
 * What a page is made of: the bytes of a connection, and the lines of its key
 * log. It needs nothing else, so that a page shows what was on the wire.
 *
 * @module
 */

import type { SocketConn } from "../../connection/transport/duplex.ts";

/** Who sent something. */
export type Sender = "client" | "server";

/** Bytes that passed at once. */
export interface Chunk {
  readonly sender: Sender;
  readonly bytes: Uint8Array;
}

/** One connection, from its first byte on. */
export class Capture {
  /** What it is called. */
  readonly title: string;
  /** What it shows, in some sentences. */
  readonly story: string;
  /** What passed, in the order in which the client sent and got it. */
  readonly chunks: Chunk[] = [];
  /** The lines of the key log. */
  readonly keyLog: string[] = [];
  #length = 0;

  /** Starts with nothing. */
  constructor(title: string, story: string) {
    this.title = title;
    this.story = story;
  }

  /** Whether there was more than a page can hold. */
  get isCut(): boolean {
    return this.#length > MAX_LENGTH;
  }

  /** Keeps bytes that passed. */
  put(sender: Sender, bytes: Uint8Array): void {
    this.#length += bytes.length;
    if (this.isCut) return;
    this.chunks.push({ sender, bytes: bytes.slice() });
  }

  /** A client's end of the transport, whose bytes are kept. */
  tap(socket: SocketConn): SocketConn {
    return new TappedSocket(socket, this);
  }

  /** A pipe in memory, whose bytes are kept. */
  pipe(sender: Sender): TransformStream<Uint8Array, Uint8Array> {
    return new TransformStream({
      transform: (bytes, controller) => {
        this.put(sender, bytes);
        controller.enqueue(bytes);
      },
    });
  }
}

/** A socket of which a copy of all bytes is kept. */
class TappedSocket implements SocketConn {
  readonly #socket: SocketConn;
  readonly #capture: Capture;

  constructor(socket: SocketConn, capture: Capture) {
    this.#socket = socket;
    this.#capture = capture;
  }

  get localAddr(): SocketConn["localAddr"] {
    return this.#socket.localAddr;
  }

  get remoteAddr(): SocketConn["remoteAddr"] {
    return this.#socket.remoteAddr;
  }

  get retains(): boolean {
    return this.#socket.retains ?? false;
  }

  get readable(): ReadableStream<Uint8Array> {
    return this.#socket.readable;
  }

  get writable(): WritableStream<Uint8Array> {
    return this.#socket.writable;
  }

  async read(into: Uint8Array): Promise<number | null> {
    const length = await this.#socket.read(into);
    if (length !== null) this.#capture.put("server", into.subarray(0, length));
    return length;
  }

  async write(bytes: Uint8Array): Promise<number> {
    // Before the answer can come; so all of it must leave.
    this.#capture.put("client", bytes);
    for (let at = 0; at < bytes.length;) {
      at += await this.#socket.write(bytes.subarray(at));
    }
    return bytes.length;
  }

  closeWrite(): Promise<void> {
    return this.#socket.closeWrite();
  }

  close(): void | Promise<void> {
    return this.#socket.close();
  }
}

/** In bytes: a page is for handshakes, not for what is downloaded behind them. */
const MAX_LENGTH = 262_144;
