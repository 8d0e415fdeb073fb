/**
 * HTTP on sockets of TLS, by the runtime's own `node:http`.
 *
 * @module
 */

import type { EventEmitter } from "node:events";
import { Server as HttpServer, type ServerOptions } from "node:http";
import type { TLSSocket } from "../tls/tls_socket.ts";

/** The server that the requests are for. */
export interface HttpTarget extends EventEmitter {
  /** Whether it takes connections. */
  readonly listening: boolean;
}

/** A server of HTTP that has no port: it gets its sockets, and another its events. */
export class HttpEngine extends HttpServer {
  readonly #target: HttpTarget;

  /**
   * Makes one for a server.
   *
   * @param target Gets the events.
   * @param options The options of `http.createServer`.
   */
  constructor(target: HttpTarget, options: ServerOptions) {
    super(options);
    this.#target = target;
    // Deno keeps connections alive while this is true.
    Object.defineProperty(this, "listening", { get: () => target.listening });
    this.#shareSymbols();
  }

  /** Makes properties of this server readable and settable on the other one. */
  lend(names: readonly string[]): void {
    for (const name of names) {
      Object.defineProperty(this.#target, name, {
        get: () => Reflect.get(this, name),
        set: (value) => Reflect.set(this, name, value),
        enumerable: true,
        configurable: true,
      });
    }
  }

  /** Speaks HTTP on a socket. */
  take(socket: TLSSocket): void {
    super.emit("connection", socket);
    // What a handler finds there is the server that it knows.
    Object.assign(socket, { server: this.#target });
  }

  /** Begins to look for requests that take too long. */
  begin(): void {
    super.emit("listening");
    this.#shareSymbols();
  }

  /**
   * The classes of requests, and more, the runtime looks for under symbols of
   * its own on the server of a socket.
   */
  #shareSymbols(): void {
    for (const symbol of Object.getOwnPropertySymbols(this)) {
      if (symbol in this.#target) continue;
      const get = () => Reflect.get(this, symbol);
      Object.defineProperty(this.#target, symbol, { get });
    }
  }

  /** Ends idle connections, and looks no more. */
  stop(): void {
    this.closeIdleConnections();
    this.close();
  }

  /**
   * Emits an event at the other server.
   *
   * @param event The event.
   * @param args Its arguments.
   * @returns Whether somebody listens there.
   */
  override emit(event: string | symbol, ...args: unknown[]): boolean {
    // It never opened, so that it cannot close: the other server does.
    if (event === "close") return false;
    return this.#target.emit(event, ...args);
  }

  /**
   * Counts the listeners of the other server: what nobody listens to, such as
   * `upgrade`, HTTP answers alone.
   *
   * @param event The event.
   * @returns How many there are.
   */
  override listenerCount(event: string | symbol): number {
    return this.#target.listenerCount(event);
  }
}
