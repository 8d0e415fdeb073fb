/**
 * A connection in memory between us and a server of Node: no socket, so that
 * nobody else can find it.
 *
 * @module
 */

import { Duplex } from "node:stream";
import type { Hop } from "./engine.ts";

/** Our end of the connection. The server has the stream. */
export class NodeHop implements Hop {
  /** The server's end. */
  readonly socket: Duplex;
  readonly #end = new ServerEnd();

  constructor() {
    this.socket = this.#end;
  }

  /** Bytes that the server has written so far. */
  get written(): number {
    return this.#end.written;
  }

  read(into: Uint8Array): Promise<number | null> {
    return this.#end.receive(into);
  }

  write(bytes: Uint8Array): Promise<number> {
    return this.#end.deliver(bytes);
  }

  closeWrite(): Promise<void> {
    if (!this.#end.destroyed) this.#end.push(null);
    return Promise.resolve();
  }

  close(): void {
    this.#end.destroy();
  }

  // Nothing in memory keeps a process alive.
  ref(): void {}
  unref(): void {}
}

/** What the server reads and writes as if it were a socket. */
class ServerEnd extends Duplex {
  /** What the server has written and nobody has read yet. */
  readonly #queue: Uint8Array[] = [];
  #queued = 0;
  /** Bytes that the server has written. */
  written = 0;
  /** What is called when something happens, once. */
  readonly #waiting = new Map<Happening, () => void>();
  #isEnded = false;

  constructor() {
    super({ allowHalfOpen: true });
    // The code that destroys it knows why.
    this.on("error", () => {});
  }

  /** Reads what the server has written, also behind its end. */
  async receive(into: Uint8Array): Promise<number | null> {
    while (this.#queue.length === 0) {
      if (this.#isEnded) return null;
      await new Promise<void>((resolve) =>
        this.#waiting.set("change", resolve)
      );
    }
    const length = this.#fill(into);
    this.#queued -= length;
    if (this.#queued < MAX_QUEUED) this.#call("room");
    return length;
  }

  /**
   * Passes some bytes to the server, and waits until it wants more.
   *
   * @throws {Error} If it has gone.
   */
  async deliver(bytes: Uint8Array): Promise<number> {
    if (this.destroyed) throw gone();
    // The connection may use its buffer again.
    if (!this.push(bytes.slice())) {
      await new Promise<void>((resolve) =>
        this.#waiting.set("wanted", resolve)
      );
    }
    return bytes.length;
  }

  override _read(): void {
    this.#call("wanted");
  }

  override _write(
    chunk: Uint8Array,
    _encoding: string,
    callback: () => void,
  ): void {
    this.#add([chunk], callback);
  }

  override _writev(
    chunks: { chunk: Uint8Array }[],
    callback: () => void,
  ): void {
    this.#add(chunks.map(({ chunk }) => chunk), callback);
  }

  override _final(callback: () => void): void {
    this.#setEnded();
    callback();
  }

  override _destroy(
    error: Error | null,
    callback: (error?: Error | null) => void,
  ): void {
    this.#setEnded();
    this.#call("wanted");
    callback(error);
  }

  #add(chunks: readonly Uint8Array[], callback: () => void): void {
    for (const chunk of chunks) {
      if (chunk.length === 0) continue;
      this.#queue.push(chunk);
      this.#queued += chunk.length;
      this.written += chunk.length;
    }
    this.#call("change");
    if (this.#queued < MAX_QUEUED) callback();
    else this.#waiting.set("room", callback);
  }

  #fill(into: Uint8Array): number {
    let length = 0;
    while (length < into.length) {
      const chunk = this.#queue.shift();
      if (chunk === undefined) break;
      const part = chunk.subarray(0, into.length - length);
      into.set(part, length);
      length += part.length;
      if (part.length < chunk.length) {
        this.#queue.unshift(chunk.subarray(part.length));
      }
    }
    return length;
  }

  #setEnded(): void {
    this.#isEnded = true;
    this.#call("change");
  }

  #call(what: Happening): void {
    const callback = this.#waiting.get(what);
    this.#waiting.delete(what);
    callback?.();
  }
}

/**
 * The queue has room for more; there is something to read, or the end; the
 * server reads on, or never will.
 */
type Happening = "room" | "change" | "wanted";

function gone(): Error {
  return new Error("The HTTP server has closed the connection");
}

/** Bytes of a response that wait for the connection: four full records. */
const MAX_QUEUED = 65_536;
