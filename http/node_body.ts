/**
 * The content of a request of Node's HTTP server.
 *
 * @module
 */

import type { Readable } from "node:stream";

/** A stream of Node as one of the web, in the pace in which it is read. */
export class IncomingBody {
  /** The content. */
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly #incoming: Readable;
  #controller: Controller | undefined;

  /** Reads nothing until somebody wants to. */
  constructor(incoming: Readable) {
    this.#incoming = incoming.pause();
    this.stream = new ReadableStream({
      start: (controller) => void (this.#controller = controller),
      pull: () => void incoming.resume(),
      cancel: () => this.#end(() => {}),
    }, { highWaterMark: 0 });
    incoming.on("data", (chunk) => this.#add(chunk));
    incoming.on("end", () => this.#end((controller) => controller.close()));
    incoming.on("error", (cause) => this.#fail(LEFT, cause));
    incoming.on("close", () => this.#fail(LEFT));
  }

  /** Drops what nobody has read. */
  drop(): void {
    this.#fail("Cannot read the body: the response has been sent");
  }

  #add({ buffer, byteOffset, length }: Uint8Array<ArrayBuffer>): void {
    if (this.#controller === undefined) return;
    // Until somebody reads again.
    this.#incoming.pause();
    this.#controller.enqueue(new Uint8Array(buffer, byteOffset, length));
  }

  #fail(message: string, cause?: unknown): void {
    this.#end((controller) =>
      controller.error(new TypeError(message, { cause }))
    );
  }

  /** From then on what comes is dropped. */
  #end(how: (controller: Controller) => void): void {
    const controller = this.#controller;
    this.#controller = undefined;
    if (controller !== undefined) how(controller);
    this.#incoming.resume();
  }
}

type Controller = ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>;

const LEFT = "The client has left in the middle of the request";
