/**
 * Connections by `cloudflare:sockets`.
 *
 * @module
 */

import type { TcpPlace } from "./runtime.ts";
import type { SocketConn } from "./socket.ts";

/** The part of `cloudflare:sockets` that is used here. */
export interface WorkerdSockets {
  connect(
    address: { readonly hostname: string; readonly port: number },
    options: {
      readonly secureTransport: "off";
      readonly allowHalfOpen: boolean;
    },
  ): WorkerdSocket;
}

/** A socket of a Worker. */
export interface WorkerdSocket {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
  readonly opened: Promise<{
    readonly remoteAddress?: string;
    readonly localAddress?: string;
  }>;
  readonly closed: Promise<void>;
  close(): Promise<void>;
}

/** Connects; rejects with the error of the socket. */
export async function openWorkerdSocket(
  { connect }: WorkerdSockets,
  { hostname, port, signal }: TcpPlace,
): Promise<SocketConn> {
  signal?.throwIfAborted();
  const socket = connect(
    { hostname, port },
    { secureTransport: "off", allowHalfOpen: true },
  );
  // Reads and writes say the same.
  socket.closed.catch(ignore);
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal?.reason);
  signal?.addEventListener("abort", abort);
  try {
    const { localAddress, remoteAddress } = await Promise.race([
      socket.opened,
      aborted.promise,
    ]);
    return new WorkerdConn(socket, localAddress, remoteAddress);
  } catch (error) {
    socket.close().catch(ignore);
    throw error;
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}

/** A socket of a Worker, with the methods of a `Deno.Conn`. */
class WorkerdConn implements SocketConn {
  readonly localAddr: Deno.Addr | undefined;
  readonly remoteAddr: Deno.Addr | undefined;
  /** Its streams do not say when they are done with a chunk. */
  readonly retains = true;
  readonly #socket: WorkerdSocket;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  /** The rest of the last chunk, which was larger than the reader's buffer. */
  #rest: Uint8Array = new Uint8Array();
  #readable: ReadableStream<Uint8Array> | undefined;
  #writable: WritableStream<Uint8Array> | undefined;

  constructor(
    socket: WorkerdSocket,
    localAddress: string | undefined,
    remoteAddress: string | undefined,
  ) {
    this.#socket = socket;
    this.#reader = socket.readable.getReader();
    this.#writer = socket.writable.getWriter();
    this.#reader.closed.catch(ignore);
    this.#writer.closed.catch(ignore);
    this.localAddr = addressOf(localAddress);
    this.remoteAddr = addressOf(remoteAddress);
  }

  get readable(): ReadableStream<Uint8Array> {
    return this.#readable ??= new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        const { done, value } = this.#rest.length > 0
          ? { done: false, value: this.#rest }
          : await this.#reader.read();
        this.#rest = new Uint8Array();
        if (done || value === undefined) controller.close();
        else controller.enqueue(value);
      },
      cancel: () => this.close(),
    }, { highWaterMark: 0 });
  }

  get writable(): WritableStream<Uint8Array> {
    return this.#writable ??= new WritableStream<Uint8Array>({
      write: (chunk) => this.#writer.write(chunk),
      close: () => this.closeWrite(),
      abort: () => this.close(),
    });
  }

  async read(into: Uint8Array): Promise<number | null> {
    while (this.#rest.length === 0) {
      const { done, value } = await this.#reader.read();
      if (done) return null;
      this.#rest = value;
    }
    const part = this.#rest.subarray(0, into.length);
    into.set(part);
    this.#rest = this.#rest.subarray(part.length);
    return part.length;
  }

  async write(bytes: Uint8Array): Promise<number> {
    await this.#writer.write(bytes);
    return bytes.length;
  }

  async closeWrite(): Promise<void> {
    await this.#writer.close();
  }

  close(): void {
    this.#socket.close().catch(ignore);
  }
}

/** `"192.0.2.1:443"` or `"[2001:db8::1]:443"`. */
function addressOf(text: string | undefined): Deno.NetAddr | undefined {
  const [, bracketed, plain, port] =
    /^(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(text ?? "") ?? [];
  const hostname = bracketed ?? plain;
  return hostname === undefined
    ? undefined
    : { transport: "tcp", hostname, port: Number(port) };
}

function ignore(): void {}
