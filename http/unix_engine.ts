/**
 * `Deno.serve` behind unix sockets: a server for each connection, so that its
 * requests are known to be its own by the server that they come to, and by
 * nothing that a client sends.
 *
 * @module
 */

import type { Answer, Hop, HttpEngine } from "./engine.ts";
import { SocketHop } from "./hop.ts";
import { SocketFolder } from "./socket_folder.ts";

/** Servers on unix sockets that exist for a moment. */
export class UnixEngine implements HttpEngine {
  /** The path of a socket, which begins so, takes the place of a host. */
  readonly ownUrl = "http+unix://%2F";
  readonly #options: EngineServeOptions;
  readonly #servers = new Set<Deno.HttpServer>();
  #isRef = true;
  #shutdown: Promise<void> | undefined;
  readonly #folder = new SocketFolder();

  /** Listens to nothing yet. */
  constructor(options: EngineServeOptions) {
    this.#options = options;
  }

  async open(answer: Answer): Promise<Hop> {
    if (this.#shutdown !== undefined) throw closed();
    const { server, path } = this.#serve(answer);
    try {
      // Without descriptors it fails, and its connection with it.
      server.finished.catch(ignore);
      if (!this.#isRef) server.unref();
      this.#servers.add(server);
      const release = () => this.#release(server);
      try {
        const conn = await Deno.connect({ transport: "unix", path });
        return new SocketHop(conn, release);
      } catch (error) {
        release();
        throw error;
      }
    } finally {
      // From here on nobody else finds it.
      this.#folder.leave(path);
    }
  }

  shutdown(): Promise<void> {
    return this.#shutdown ??= this.#shutDown();
  }

  ref(): void {
    this.#isRef = true;
    for (const server of this.#servers) server.ref();
  }

  unref(): void {
    this.#isRef = false;
    for (const server of this.#servers) server.unref();
  }

  #serve(answer: Answer): { server: Deno.HttpServer; path: string } {
    const options = { ...this.#options, onListen: ignore };
    for (;;) {
      const path = this.#folder.enter();
      try {
        return { server: Deno.serve({ ...options, path }, answer), path };
      } catch (error) {
        this.#folder.leave(path);
        if (!(error instanceof Deno.errors.NotFound)) throw error;
        // Something else has removed the folder: the next socket gets another.
        this.#folder.forget();
      }
    }
  }

  async #shutDown(): Promise<void> {
    this.#folder.end();
    await Promise.all([...this.#servers].map((server) => server.shutdown()));
  }

  /** Its connection has gone: the server waits for its handlers, and ends. */
  #release(server: Deno.HttpServer): void {
    const over = () => void this.#servers.delete(server);
    server.shutdown().then(over, over);
  }
}

/** Options of the server that speaks HTTP. */
export interface EngineServeOptions {
  /** Same as in `Deno.serve`. */
  readonly automaticCompression: boolean;
}

/** The error of a connection to an engine that takes none any more. */
export function closed(): Error {
  return new Deno.errors.BadResource("Server has been closed");
}

function ignore(): void {}
