/**
 * `Deno.serve` behind unix sockets: a server for each connection, so that its
 * requests are known to be its own by the server that they come to, and by
 * nothing that a client sends.
 *
 * @module
 */

import type { Answer, Hop, HttpEngine } from "./engine.ts";
import { SocketHop } from "./hop.ts";

/** Servers on unix sockets, none of which is still there when `open()` returns. */
export class UnixEngine implements HttpEngine {
  /** The path of a socket, which begins so, takes the place of a host. */
  readonly ownUrl = "http+unix://%2F";
  readonly #options: EngineServeOptions;
  readonly #servers = new Set<Deno.HttpServer>();
  #isRef = true;
  #shutdown: Promise<void> | undefined;
  /** Whether a dial has reached its socket when `Deno.connect()` returns. */
  #dialsAtOnce = true;

  /** Listens to nothing yet. */
  constructor(options: EngineServeOptions) {
    this.#options = options;
  }

  async open(answer: Answer): Promise<Hop> {
    if (this.#shutdown !== undefined) throw closed();
    const socket = new PrivateSocket();
    const { path } = socket;
    // Others that open at the same time may change it.
    const dialsAtOnce = this.#dialsAtOnce;
    try {
      const server = this.#serve(path, answer);
      try {
        const dialled = Deno.connect({ transport: "unix", path });
        // From here on nobody else finds it, nor is it left if the process ends.
        if (dialsAtOnce) socket.remove();
        return new SocketHop(await dialled, () => this.#release(server));
      } catch (error) {
        this.#release(server);
        throw error;
      }
    } catch (error) {
      if (!dialsAtOnce || !(error instanceof Deno.errors.NotFound)) {
        throw error;
      }
      this.#dialsAtOnce = false;
      return this.open(answer);
    } finally {
      socket.remove();
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

  #serve(path: string, answer: Answer): Deno.HttpServer {
    const options = { ...this.#options, path, onListen: ignore };
    const server = Deno.serve(options, answer);
    // Without descriptors it fails, and its connection with it.
    server.finished.catch(ignore);
    if (!this.#isRef) server.unref();
    this.#servers.add(server);
    return server;
  }

  async #shutDown(): Promise<void> {
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

/** A path for a socket, in a folder that only we may enter: its mode is 0700. */
class PrivateSocket {
  readonly #folder = makeFolder();
  readonly path = `${this.#folder}/1`;
  #isThere = true;

  /** Removes both. */
  remove(): void {
    if (!this.#isThere) return;
    this.#isThere = false;
    remove(this.path);
    remove(this.#folder);
  }
}

/** In memory if it can be: a disk takes longer than all else about a connection. */
function makeFolder(): string {
  const prefix = "x-tls-http-";
  if (Deno.build.os === "linux") {
    try {
      return Deno.makeTempDirSync({ dir: "/dev/shm", prefix });
    } catch {
      // It is not there, is full, or may not be written.
    }
  }
  return Deno.makeTempDirSync({ prefix });
}

function remove(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // It was not made, or something else has removed it.
  }
}

/** The error of a connection to an engine that takes none any more. */
export function closed(): Error {
  return new Deno.errors.BadResource("Server has been closed");
}

function ignore(): void {}
