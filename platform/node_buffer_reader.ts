/**
 * Reads of a socket that this process has opened, without a stream in between:
 * the runtime reads into a buffer that all such sockets share.
 *
 * @module
 */

import type { NodeOnRead, NodeStream } from "./node_modules.ts";

/** Reads one socket, which must be opened with its `onread`. */
export class NodeBufferReader {
  /** The option of the socket that is to be read. */
  readonly onread: NodeOnRead = {
    buffer: shared ??= new Uint8Array(BUFFER_LENGTH),
    // The bytes are copied before it returns: the next socket may be read then.
    callback: (length, buffer) => this.#take(buffer.subarray(0, length)),
  };
  #socket: NodeStream | undefined;
  /** Bytes that nobody waited for. */
  #rest: Uint8Array = NOTHING;
  #waiting: Waiting | undefined;
  #isPaused = false;
  #isOver = false;
  #error: Error | undefined;

  /** Hears how the socket ends. */
  attach(socket: NodeStream): this {
    this.#socket = socket;
    socket.on("error", (error: Error) => {
      this.#error ??= error;
      this.#end();
    });
    socket.on("end", () => this.#end());
    // Without `end`, when somebody has destroyed it.
    socket.on("close", () => this.#end());
    return this;
  }

  /** The error of the socket, if it has failed. */
  get error(): Error | undefined {
    return this.#error;
  }

  /** Reads some bytes; returns how many, or `null` at the end. */
  read(into: Uint8Array): Promise<number | null> {
    if (this.#rest.length > 0) {
      const part = this.#rest.subarray(0, into.length);
      into.set(part);
      this.#rest = this.#rest.subarray(part.length);
      return Promise.resolve(part.length);
    }
    if (this.#error !== undefined) return Promise.reject(this.#error);
    if (this.#isOver) return Promise.resolve(null);
    const { promise, resolve, reject } = Promise.withResolvers<number | null>();
    this.#waiting = { into, resolve, reject };
    if (this.#isPaused) {
      this.#isPaused = false;
      this.#socket?.resume?.();
    }
    return promise;
  }

  /** Passes bytes to the read that waits, and says whether to go on. */
  #take(bytes: Uint8Array): boolean {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    const count = Math.min(bytes.length, waiting?.into.length ?? 0);
    waiting?.into.set(bytes.subarray(0, count));
    waiting?.resolve(count);
    if (count === bytes.length) return true;
    this.#rest = joined(this.#rest, bytes.subarray(count));
    this.#isPaused = true;
    return false;
  }

  #end(): void {
    this.#isOver = true;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (this.#error === undefined) waiting?.resolve(null);
    else waiting?.reject(this.#error);
  }
}

/** A read that waits for bytes. */
interface Waiting {
  readonly into: Uint8Array;
  resolve(length: number | null): void;
  reject(error: unknown): void;
}

/** A copy of both. */
function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const all = new Uint8Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}

const NOTHING = new Uint8Array();

/**
 * In bytes: as much as the runtime reads at once into buffers of its own, and
 * as much as waits here for a reader that is slow.
 */
const BUFFER_LENGTH = 64 * 1024;

let shared: Uint8Array | undefined;
