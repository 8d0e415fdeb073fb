/**
 * Connections of HTTP/1.1 whose first request may be early data: each takes one
 * request after the other.
 *
 * @module
 */

import { Client, type Dispatcher } from "undici/index.js";
import { EndedEarly } from "../node/h2_connection.ts";
import type { NodeSocket } from "../node/socket.ts";

/** The connections of HTTP/1.1 to one origin. */
export class Http1Connections {
  readonly #origin: URL;
  readonly #options: Client.Options;
  readonly #connections = new Set<Http1Connection>();

  /** @param options How undici speaks; it connects for nothing but the first. */
  constructor(origin: URL, options: Client.Options) {
    this.#origin = origin;
    this.#options = options;
  }

  /** Adds a connection. */
  add(socket: NodeSocket): Http1Connection {
    const connection = new Http1Connection(
      this.#origin,
      socket,
      this.#options,
      () => this.#connections.delete(connection),
    );
    this.#connections.add(connection);
    return connection;
  }

  /** One that waits for a request. */
  get idle(): Http1Connection | undefined {
    return this.#connections.values().find(({ isIdle }) => isIdle);
  }

  /** Ends them, each when its request is done. */
  async close(): Promise<void> {
    await Promise.all([...this.#connections].map((each) => each.close()));
  }

  /** Ends them now. */
  async destroy(error: Error): Promise<void> {
    await Promise.all(
      [...this.#connections].map((each) => each.destroy(error)),
    );
  }
}

/** A connection of HTTP/1.1. */
class Http1Connection {
  readonly #client: Client;
  readonly #socket: NodeSocket;
  /** Resolves when its request is done. */
  #busy: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  constructor(
    origin: URL,
    socket: NodeSocket,
    options: Client.Options,
    onEnd: () => void,
  ) {
    this.#socket = socket;
    let isTaken = false;
    this.#client = new Client(origin, {
      ...options,
      connect: (_, callback) => {
        // It has ended as the request came, which goes by another one then.
        const error = isTaken ? new EndedEarly(true, undefined) : null;
        isTaken = true;
        // undici does not go on with one that is there before it has asked.
        queueMicrotask(() =>
          error === null
            // What undici uses of a socket, ours has.
            ? callback(null, socket.ref() as never)
            : callback(error, null)
        );
      },
    });
    socket.once("close", () => {
      onEnd();
      this.close();
    });
  }

  /** Whether it waits for a request. */
  get isIdle(): boolean {
    return this.#busy === undefined && !this.#socket.destroyed &&
      this.#closing === undefined;
  }

  /** Sends a request. */
  send(
    options: Dispatcher.DispatchOptions,
    handler: Dispatcher.DispatchHandler,
  ): void {
    const done = Promise.withResolvers<void>();
    this.#busy = done.promise;
    const free = () => {
      this.#busy = undefined;
      done.resolve();
    };
    const own: Dispatcher.DispatchHandler = Object.create(handler);
    own.onComplete = function (trailers) {
      free();
      handler.onComplete?.call(this, trailers);
    };
    own.onError = function (error) {
      free();
      handler.onError?.call(this, error);
    };
    this.#client.dispatch(options, own);
  }

  /** Ends it when its request is done. */
  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    await this.#busy;
    // In order: servers may forget the session of a connection that is cut off,
    // and undici cuts it off.
    if (!this.#socket.destroyed) {
      await new Promise<void>((resolve) => this.#socket.end(() => resolve()));
    }
    await this.#client.close();
  }

  /** Ends it now. */
  async destroy(error: Error): Promise<void> {
    this.#closing ??= Promise.resolve();
    await this.#client.destroy(error);
    this.#socket.destroy();
  }
}
