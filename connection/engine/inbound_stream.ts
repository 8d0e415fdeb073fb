/**
 * The two ways in which the application reads: a byte stream, and reads into a
 * buffer that take turns with it.
 *
 * @module
 */

import type { MaybePromise } from "../../crypto/primitives/provider.ts";
import { freeOwned } from "../../record/buffers.ts";
import type { Engine } from "./engine.ts";

/** Reads of the application. What one read does not take is left to the next. */
export class InboundStream {
  readonly #engine: Engine;
  /** Whether a `read` is under way, and those that follow it. */
  #isReading = false;
  #turns: (() => void)[] | undefined;
  /** The read of the stream that is under way. */
  #pulling: Promise<void> | undefined;
  #controller: ReadableByteStreamController | undefined;
  #readable: ReadableStream<Uint8Array<ArrayBuffer>> | undefined;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** A byte stream, with BYOB readers or without. */
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

  /** Whether the stream is locked. */
  get locked(): boolean {
    return this.#readable?.locked ?? false;
  }

  /**
   * Whether bytes were taken off a record and not read. The stream's own queue
   * has some if a reader was released before they came.
   */
  get isUnread(): boolean {
    return this.#engine.inbound.hasRest || this.#isQueued();
  }

  /**
   * Reads as many bytes as there are, and as fit. Calls are served in order, and
   * only while the stream is not locked. No promise if they are there already.
   */
  read(into: Uint8Array): MaybePromise<number | null> {
    if (into.length === 0) return 0;
    if (this.#isReading || this.#pulling !== undefined || this.#isQueued()) {
      return this.#readInTurn(into);
    }
    const bytes = this.#engine.inbound.next();
    if (!(bytes instanceof Promise)) return this.#took(into, bytes);
    this.#isReading = true;
    // Not an async function, whose state takes more memory while it waits.
    return bytes.then(
      (bytes) => {
        this.#nextTurn();
        return this.#took(into, bytes);
      },
      (error) => {
        this.#nextTurn();
        throw error;
      },
    );
  }

  async #readInTurn(into: Uint8Array): Promise<number | null> {
    // The rest of a chunk is for the next read, before any later chunk.
    if (this.#isReading) {
      await new Promise<void>((resolve) => (this.#turns ??= []).push(resolve));
    }
    return await this.#readWith(into, async () => {
      // A reader that was released may have left a read behind.
      while (this.#pulling !== undefined) await this.#pulling;
      return this.#isQueued()
        ? await this.#takeQueued(into.length)
        : await this.#engine.inbound.next();
    });
  }

  /** Later reads wait for this one. */
  async #readWith(
    into: Uint8Array,
    next: () => Promise<Uint8Array | null>,
  ): Promise<number | null> {
    this.#isReading = true;
    try {
      return this.#took(into, await next());
    } finally {
      this.#nextTurn();
    }
  }

  #nextTurn(): void {
    const next = this.#turns?.shift();
    if (next === undefined) this.#isReading = false;
    else next();
  }

  #took(into: Uint8Array, bytes: Uint8Array | null): number | null {
    return bytes === null ? null : this.#fill(into, bytes);
  }

  #pull(
    controller: ReadableByteStreamController,
  ): Promise<void> | undefined {
    const bytes = this.#engine.inbound.next();
    if (!(bytes instanceof Promise)) {
      this.#deliver(controller, bytes);
      return undefined;
    }
    const pulled = bytes.then(
      (bytes) => this.#deliver(controller, bytes),
      (error) => this.#leave(error),
    );
    const kept: Promise<void> = pulled.catch(() => {}).finally(() => {
      if (this.#pulling === kept) this.#pulling = undefined;
    });
    this.#pulling = kept;
    return pulled;
  }

  /**
   * A read that rejects ends its stream. Where the connection lives on, as after
   * a deadline, there is another one.
   */
  #leave(error: unknown): never {
    if (this.#engine.fault === undefined) {
      this.#readable = this.#controller = undefined;
    }
    throw error;
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
      const { buffer, byteOffset, byteLength } = view;
      const into = new Uint8Array(buffer, byteOffset, byteLength);
      request.respond(this.#fill(into, bytes));
    } else {
      controller.enqueue(bytes as Uint8Array<ArrayBuffer>);
    }
  }

  /** Copies what fits, and leaves the rest; returns how many bytes fit. */
  #fill(into: Uint8Array, bytes: Uint8Array): number {
    if (bytes.length > into.length) {
      into.set(bytes.subarray(0, into.length));
      this.#engine.inbound.keepRest(bytes.subarray(into.length));
      return into.length;
    }
    into.set(bytes);
    const { length } = bytes;
    freeOwned(bytes);
    return length;
  }

  #isQueued(): boolean {
    return (this.#controller?.desiredSize ?? 0) < 0;
  }

  async #takeQueued(size: number): Promise<Uint8Array | null> {
    const reader = this.readable.getReader({ mode: "byob" });
    const { value, done } = await reader.read(new Uint8Array(size));
    reader.releaseLock();
    return done || value === undefined ? null : value;
  }
}
