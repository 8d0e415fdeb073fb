/**
 * `https.Server`.
 *
 * @module
 */

import type { RequestListener } from "node:http";
import { invalidArgType } from "../tls/errors.ts";
import { Server as TlsServer } from "../tls/server.ts";
import type { TLSSocket } from "../tls/tls_socket.ts";
import { HttpEngine } from "./engine.ts";
import type { HttpsServerOptions } from "./options.ts";

/**
 * A server of HTTP over TLS, as a `tls.Server`. `node:http` speaks the HTTP.
 *
 * @example Hello
 * ```ts ignore
 * import { createServer } from "@x/tls/node/https";
 * import { readFileSync } from "node:fs";
 *
 * const cert = readFileSync("cert.pem");
 * const key = readFileSync("key.pem");
 * createServer({ cert, key }, (_, response) => response.end("hello"))
 *   .listen(8443);
 * ```
 */
export class Server extends TlsServer {
  /** Milliseconds that a connection may be idle in the middle of a request; 0: any. */
  declare timeout: number;
  /** Milliseconds that a client has for its headers. */
  declare headersTimeout: number;
  /** Milliseconds that a client has for a whole request. */
  declare requestTimeout: number;
  /** Milliseconds that a connection waits for its next request. */
  declare keepAliveTimeout: number;
  /** Milliseconds by which it waits longer than it says; since Node.js 24. */
  declare keepAliveTimeoutBuffer: number;
  /** How many headers a request may have; `null`: as many as `node:http` lets. */
  declare maxHeadersCount: number | null;
  /** How many requests a connection may carry; 0: any number. */
  declare maxRequestsPerSocket: number | null;
  readonly #engine: HttpEngine;

  /**
   * Checks options; `listen()` begins.
   *
   * @param options The options of `http.createServer` and of `tls.createServer`.
   * @param listener Called for each request.
   * @throws {TypeError} If an option has a wrong type.
   */
  constructor(
    options?: HttpsServerOptions | RequestListener | null,
    listener?: RequestListener,
  ) {
    const given = readOptions(options);
    super(withDefaults(given));
    this.#engine = new HttpEngine(this, given);
    this.#engine.lend(SETTINGS);
    this.on("secureConnection", (socket) => this.#engine.take(socket));
    this.on("tlsClientError", (error: Error, socket: TLSSocket) => {
      if (!this.emit("clientError", error, socket)) socket.destroy(error);
    });
    this.on("listening", () => this.#engine.begin());
    const called = typeof options === "function" ? options : listener;
    if (called) this.on("request", called);
  }

  /**
   * Sets `timeout`.
   *
   * @param timeout In milliseconds.
   * @param listener Called at the event `timeout`, with the socket, which is
   * destroyed then by nobody else.
   * @returns This server.
   */
  setTimeout(
    timeout: number | ((socket: TLSSocket) => void) = 0,
    listener?: (socket: TLSSocket) => void,
  ): this {
    const called = typeof timeout === "function" ? timeout : listener;
    this.timeout = typeof timeout === "function" ? 0 : timeout;
    if (called) this.on("timeout", called);
    return this;
  }

  /** Ends all connections of HTTP. */
  closeAllConnections(): void {
    this.#engine.closeAllConnections();
  }

  /** Ends the connections that have no request. */
  closeIdleConnections(): void {
    this.#engine.closeIdleConnections();
  }

  /**
   * Takes no more connections, and ends idle ones.
   *
   * @param callback Called when all connections have ended.
   * @returns This server.
   */
  override close(callback?: (error?: Error) => void): this {
    this.#engine.stop();
    return super.close(callback);
  }
}

/**
 * Makes a server.
 *
 * @param options The options of `http.createServer` and of `tls.createServer`.
 * @param listener Called for each request.
 * @returns The server; `listen()` begins.
 * @throws {TypeError} If an option has a wrong type.
 *
 * @example A server on a port that the system chooses
 * ```ts
 * import { createServer } from "@x/tls/node/https";
 * import { issueCertificate } from "@x/tls/x509";
 * import { once } from "node:events";
 *
 * const { cert, key } = await issueCertificate({ names: ["localhost"] });
 * const server = createServer({ cert, key }, (_, response) => response.end());
 * await once(server.listen(0), "listening");
 * server.close();
 * ```
 */
export function createServer(
  options?: HttpsServerOptions | RequestListener | null,
  listener?: RequestListener,
): Server {
  return new Server(options, listener);
}

function readOptions(
  options: HttpsServerOptions | RequestListener | null | undefined,
): HttpsServerOptions {
  if (typeof options === "function") return {};
  if (options === null || options === undefined) return {};
  if (typeof options === "object" && !Array.isArray(options)) return options;
  throw invalidArgType("options", "of type object", options);
}

function withDefaults(given: HttpsServerOptions): HttpsServerOptions {
  const isChosen = given.ALPNProtocols || given.ALPNCallback;
  return {
    noDelay: true,
    ...(!isChosen && { ALPNProtocols: ["http/1.1"] }),
    ...given,
  };
}

/** What is set on a server, and the engine goes by. */
const SETTINGS = [
  "timeout",
  "headersTimeout",
  "requestTimeout",
  "keepAliveTimeout",
  "keepAliveTimeoutBuffer",
  "maxHeadersCount",
  "maxRequestsPerSocket",
] as const;
