/**
 * `node:http` and `node:http2`, by connections in memory.
 *
 * @module
 */

import type { Answer, Hop, HopOptions, HttpEngine } from "./engine.ts";
import { spokenProtocols } from "./spoken_protocols.ts";
import type { EngineServeOptions } from "./unix_engine.ts";
import { closedError } from "../platform/platform.ts";

/** Servers of Node, one for each connection, that listen nowhere. */
export class NodeEngine implements HttpEngine {
  readonly ownUrl = "http://engine.invalid";
  readonly #connections = new Set<Connection>();
  #shutdown: Promise<void> | undefined;

  /** @throws {TypeError} If it would have to compress. */
  constructor({ automaticCompression }: EngineServeOptions) {
    if (automaticCompression) {
      throw new TypeError(
        `Cannot use option "automaticCompression" of serve(): the HTTP server of this runtime does not compress`,
      );
    }
  }

  async open(
    answer: Answer,
    { isHttp2, takeOver }: HopOptions,
  ): Promise<Hop> {
    // No other runtime needs it.
    const { NodeConnection } = await import("./node_connection.ts");
    if (this.#shutdown !== undefined) {
      throw closedError("Server has been closed");
    }
    if (isHttp2 && !spokenProtocols().includes("h2")) {
      throw new TypeError("Cannot serve HTTP/2: this runtime serves HTTP/1.1");
    }
    const connection = new NodeConnection({
      answer,
      isHttp2,
      takeOver,
      ownUrl: this.ownUrl,
    });
    this.#connections.add(connection);
    connection.ended.then(() => this.#connections.delete(connection));
    return connection.hop;
  }

  shutdown(): Promise<void> {
    return this.#shutdown ??= this.#shutDown();
  }

  // The TLS connections and their listener keep the process alive.
  ref(): void {}
  unref(): void {}

  async #shutDown(): Promise<void> {
    const connections = [...this.#connections];
    for (const connection of connections) connection.end();
    await Promise.all(connections.map(({ ended }) => ended));
  }
}

type Connection = import("./node_connection.ts").NodeConnection;
