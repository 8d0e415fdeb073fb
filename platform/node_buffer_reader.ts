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
    buffer: () =>
      this.#readsMuch
        ? large ??= new Uint8Array(LARGE_LENGTH)
        : small ??= new Uint8Array(SMALL_LENGTH),
    // The bytes are copied before it returns: the next socket may be read then.
    callback: (length, buffer) => this.#take(buffer.subarray(0, length)),
  };
  #socket: NodeStream | undefined;
  /** Bytes that nobody waited for. */
  #rest: Uint8Array = NOTHING;
  /** Whether the next read fills the large buffer. */
  #readsMuch = false;
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
    socket.on("close", () => {
      this.#readMuch(false);
      this.#end();
    });
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
      this.#rest = part.length < this.#rest.length
        ? this.#rest.subarray(part.length)
        : NOTHING;
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
    this.#readMuch(bytes.length >= SMALL_LENGTH);
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

  /**
   * What has come is kept until somebody reads it, as much as a buffer holds: so
   * the large one is for streams, and for some of them at once.
   */
  #readMuch(isStream: boolean): void {
    const readsMuch = isStream && (this.#readsMuch || readingMuch < MANY);
    readingMuch += Number(readsMuch) - Number(this.#readsMuch);
    this.#readsMuch = readsMuch;
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
 * In bytes: the largest buffer of a record layer, less a part of a record that
 * may be in it.
 */
const LARGE_LENGTH = (256 - 32) * 1024;

/** In bytes: two records. */
const SMALL_LENGTH = 36 * 1024;

/** How many readers may have the large buffer: 14 MiB, if none is read on. */
const MANY = 64;

/** How many have it. */
let readingMuch = 0;

let large: Uint8Array | undefined;
let small: Uint8Array | undefined;
