/**
 * Bytes that were read ahead, given back before the rest of a carrier.
 *
 * @module
 */

import type { ReadAhead, SocketConn } from "./duplex.ts";

/** A socket that gives what was read ahead before the rest of another. */
export class AheadSocket implements SocketConn {
  readonly #socket: SocketConn;
  #bytes: Uint8Array;
  #pending: Promise<Uint8Array | null> | undefined;
  #readable: ReadableStream<Uint8Array> | undefined;

  constructor(socket: SocketConn, { bytes, pending }: ReadAhead) {
    this.#socket = socket;
    this.#bytes = bytes;
    this.#pending = pending;
  }

  get localAddr(): Deno.Addr | undefined {
    return this.#socket.localAddr;
  }

  get remoteAddr(): Deno.Addr | undefined {
    return this.#socket.remoteAddr;
  }

  get retains(): boolean {
    return this.#socket.retains ?? false;
  }

  get readable(): ReadableStream<Uint8Array> {
    return this.#readable ??= withAhead(this.#socket.readable, {
      bytes: this.#bytes,
      pending: this.#pending,
    });
  }

  get writable(): WritableStream<Uint8Array> {
    return this.#socket.writable;
  }

  async read(into: Uint8Array): Promise<number | null> {
    if (this.#bytes.length === 0 && this.#pending !== undefined) {
      const more = await this.#pending;
      this.#pending = undefined;
      if (more === null) return null;
      this.#bytes = more;
    }
    if (this.#bytes.length === 0) return await this.#socket.read(into);
    const part = this.#bytes.subarray(0, into.length);
    into.set(part);
    this.#bytes = this.#bytes.subarray(part.length);
    return part.length;
  }

  write(bytes: Uint8Array): Promise<number> {
    return this.#socket.write(bytes);
  }

  closeWrite(): Promise<void> {
    return this.#socket.closeWrite();
  }

  close(): void | Promise<void> {
    return this.#socket.close();
  }

  abort(reason: unknown): void {
    if (this.#socket.abort === undefined) this.#socket.close();
    else this.#socket.abort(reason);
  }

  ref(): void {
    this.#socket.ref?.();
  }

  unref(): void {
    this.#socket.unref?.();
  }

  setNoDelay(noDelay?: boolean): void {
    this.#socket.setNoDelay?.(noDelay);
  }

  setKeepAlive(keepAlive?: boolean): void {
    this.#socket.setKeepAlive?.(keepAlive);
  }
}

/** A stream that gives what was read ahead before the rest of another. */
export function withAhead(
  readable: ReadableStream<Uint8Array>,
  { bytes, pending }: ReadAhead,
): ReadableStream<Uint8Array> {
  if (bytes.length === 0 && pending === undefined) return readable;
  let waiting = pending;
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  return new ReadableStream({
    type: "bytes",
    start(controller) {
      if (bytes.length > 0) controller.enqueue(new Uint8Array(bytes));
    },
    async pull(controller) {
      const chunk = waiting === undefined
        ? (await (reader ??= readable.getReader()).read()).value
        : await waiting;
      waiting = undefined;
      // Given away: the slice() of a Buffer of Node is no copy, but the same memory.
      if (chunk) return controller.enqueue(new Uint8Array(chunk));
      controller.close();
      controller.byobRequest?.respond(0);
    },
    async cancel(reason) {
      await (reader?.cancel(reason) ?? readable.cancel(reason));
    },
  });
}
