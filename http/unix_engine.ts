/**
 * `Deno.serve` behind unix sockets: a server for each connection, so that its
 * requests are known to be its own by the server that they come to, and by
 * nothing that a client sends.
 *
 * @module
 */

import type { Answer, Hop, HttpEngine } from "./engine.ts";
import { unrefTimer } from "../platform/platform.ts";
import { SocketHop } from "./hop.ts";

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

/**
 * A folder that only we may enter. It stays for a moment behind its last socket:
 * to make one takes longer than all else about a connection to the engine.
 */
class SocketFolder {
  #folder: string | undefined;
  #sockets = 0;
  #last = 0;
  /** Whether there was a socket in it since the last look. */
  #isUsed = false;
  /** Whether it goes with its last socket. */
  #isEnding = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * The path for another socket.
   *
   * @throws What the making of a folder throws.
   */
  enter(): string {
    const folder = this.#folder ??= this.#make();
    this.#sockets++;
    this.#isUsed = true;
    return `${folder}/${++this.#last}`;
  }

  /** Removes a socket. */
  leave(path: string): void {
    remove(path);
    this.#sockets--;
    if (this.#isEnding) this.#close();
  }

  /** There will be no socket more. */
  end(): void {
    this.#isEnding = true;
    this.#close();
  }

  /** It is not there any more. */
  forget(): void {
    clearTimeout(this.#timer);
    removeEventListener("unload", this.#close);
    this.#folder = undefined;
  }

  readonly #close = (): void => {
    const folder = this.#folder;
    if (this.#sockets > 0 || folder === undefined) return;
    this.forget();
    remove(folder);
  };

  #make(): string {
    // Its mode is 0700.
    const folder = Deno.makeTempDirSync({ prefix: "x-tls-http-" });
    // The process may exit before the next look.
    addEventListener("unload", this.#close);
    this.#arm();
    return folder;
  }

  #arm(): void {
    this.#timer = setTimeout(() => this.#look(), MOMENT);
    unrefTimer(this.#timer);
  }

  #look(): void {
    if (!this.#isUsed && this.#sockets === 0) return this.#close();
    this.#isUsed = false;
    this.#arm();
  }
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

/** Milliseconds between two looks: a folder that nobody uses stays for two. */
const MOMENT = 100;
