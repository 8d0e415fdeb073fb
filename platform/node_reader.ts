/**
 * Reads of a stream of Node, one after the other.
 *
 * @module
 */

import type { NodeStream } from "./node_modules.ts";

/** Reads a stream that nobody else reads. */
export class NodeReader {
  readonly #stream: NodeStream;
  readonly #ownsChunks: boolean;
  /** The rest of the last chunk, which was larger than the reader's buffer. */
  #rest: Uint8Array = NOTHING;
  /** The last chunk. */
  #chunk: Uint8Array = NOTHING;
  #isOver: boolean;
  #error: Error | undefined;
  #wake: (() => void) | undefined;

  /**
   * Reads from now on. `ownsChunks` says that nobody else has the memory of a
   * chunk, as with a socket of the runtime: then it is freed once it was read.
   */
  constructor(stream: NodeStream, ownsChunks = false) {
    this.#stream = stream;
    this.#ownsChunks = ownsChunks;
    this.#isOver = stream.readableEnded;
    const wake = () => this.#wake?.();
    stream.on("readable", wake);
    stream.on("error", (error: Error) => {
      this.#error ??= error;
      wake();
    });
    const end = () => {
      this.#isOver = true;
      wake();
    };
    stream.on("end", end);
    // Without `end`, when somebody has destroyed it.
    stream.on("close", end);
  }

  /** The error of the stream, if it has failed. */
  get error(): Error | undefined {
    return this.#error;
  }

  /** Reads some bytes; returns how many, or `null` at the end. */
  async read(into: Uint8Array): Promise<number | null> {
    while (this.#rest.length === 0) {
      const chunk: unknown = this.#stream.read();
      if (chunk instanceof Uint8Array) {
        this.#rest = this.#chunk = chunk;
        continue;
      }
      if (chunk !== null) throw noBytes(chunk);
      if (this.#error !== undefined) throw this.#error;
      if (this.#isOver) return null;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    const part = this.#rest.subarray(0, into.length);
    const { length } = part;
    into.set(part);
    if (length < this.#rest.length) this.#rest = this.#rest.subarray(length);
    else this.#endChunk();
    return length;
  }

  /** The collector would be late: such memory comes faster than it runs. */
  #endChunk(): void {
    const { buffer, byteLength } = this.#chunk;
    this.#rest = this.#chunk = NOTHING;
    if (this.#ownsChunks && byteLength === buffer.byteLength) {
      if (buffer instanceof ArrayBuffer) buffer.transfer?.(0);
    }
  }
}

/** The error of a stream whose encoding was set behind our back. */
function noBytes(chunk: unknown): TypeError {
  return new TypeError(
    `Cannot read the socket: expected bytes, got ${
      typeof chunk === "string"
        ? "text; do not call setEncoding()"
        : typeof chunk
    }`,
  );
}

const NOTHING = new Uint8Array();
