/**
 * What the peer sends, as the two ways of reading share it: a byte stream, and
 * reads into a buffer that take turns with it.
 *
 * @module
 */

import type { MaybePromise } from "../../crypto/primitives/provider.ts";
import type { Engine } from "./engine.ts";

/** The reading side of a connection. */
export class Incoming {
  readonly #engine: Engine;
  /** What of a chunk did not fit where it was wanted. */
  #rest: Uint8Array | undefined;
  /** Whether a `read` is under way, and those that follow it. */
  #isReading = false;
  readonly #turns: (() => void)[] = [];
  /** The read of the stream that is under way. */
  #pulling: Promise<void> | undefined;
  #controller: ReadableByteStreamController | undefined;
  #readable: ReadableStream<Uint8Array<ArrayBuffer>> | undefined;

  /** Reads nothing before it is asked. */
  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** A byte stream, which BYOB readers are welcome to. */
  get readable(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return this.#readable ??= new ReadableStream({
      type: "bytes",
      start: (controller) => {
        this.#controller = controller;
      },
      pull: (controller) => this.#pull(controller),
      cancel: () => this.#engine.cancelRead(),
    }, { highWaterMark: 0 });
  }

  /** Whether somebody holds the stream. */
  get locked(): boolean {
    return this.#readable?.locked ?? false;
  }

  /**
   * Reads up to as many bytes as there is room for, in the order of the calls;
   * to be called while nobody holds the stream.
   */
  async read(into: Uint8Array): Promise<number | null> {
    if (into.length === 0) return 0;
    // What does not fit of a chunk is for the next read, not for a later chunk.
    if (this.#isReading) {
      await new Promise<void>((resolve) => this.#turns.push(resolve));
    }
    this.#isReading = true;
    try {
      // A reader that was released may have left a chunk behind.
      while (this.#pulling !== undefined) await this.#pulling;
      const bytes = this.#queued()
        ? await this.#takeQueued(into.length)
        : await this.#next();
      if (bytes === null) return null;
      const part = bytes.subarray(0, into.length);
      into.set(part);
      this.#keepRest(bytes, part.length);
      return part.length;
    } finally {
      const next = this.#turns.shift();
      if (next === undefined) this.#isReading = false;
      else next();
    }
  }

  #pull(
    controller: ReadableByteStreamController,
  ): Promise<void> | undefined {
    const bytes = this.#next();
    if (!(bytes instanceof Promise)) {
      this.#deliver(controller, bytes);
      return undefined;
    }
    const pulled = bytes.then((bytes) => this.#deliver(controller, bytes));
    const kept: Promise<void> = pulled.catch(() => {}).finally(() => {
      if (this.#pulling === kept) this.#pulling = undefined;
    });
    this.#pulling = kept;
    return pulled;
  }

  #next(): MaybePromise<Uint8Array | null> {
    const rest = this.#rest;
    this.#rest = undefined;
    return rest ?? this.#engine.reading.next();
  }

  #deliver(
    controller: ReadableByteStreamController,
    bytes: Uint8Array | null,
  ): void {
    const request = controller.byobRequest;
    const view = request?.view;
    if (bytes === null) {
      controller.close();
      request?.respond(0);
    } else if (request && view) {
      const part = bytes.subarray(0, view.byteLength);
      new Uint8Array(view.buffer, view.byteOffset).set(part);
      this.#keepRest(bytes, part.length);
      request.respond(part.length);
    } else {
      controller.enqueue(bytes as Uint8Array<ArrayBuffer>);
    }
  }

  #keepRest(bytes: Uint8Array, used: number): void {
    if (used < bytes.length) this.#rest = bytes.subarray(used);
  }

  /** Whether bytes are there that were taken off the connection and not read. */
  get isUnread(): boolean {
    return this.#rest !== undefined || this.#queued();
  }

  #queued(): boolean {
    return (this.#controller?.desiredSize ?? 0) < 0;
  }

  async #takeQueued(size: number): Promise<Uint8Array | null> {
    const reader = this.readable.getReader({ mode: "byob" });
    const { value, done } = await reader.read(new Uint8Array(size));
    reader.releaseLock();
    return done || value === undefined ? null : value;
  }
}
