/**
 * A listener by `node:net`.
 *
 * @module
 */

import type { NodeNet, NodeServer, NodeStream } from "./node_modules.ts";
import type { TcpListening, UnixPlace } from "./runtime.ts";
import type { SocketConn, SocketListener } from "./socket.ts";

/** A `net.Server` that hands out its sockets when it is asked. */
export class NodeListener implements SocketListener {
  readonly #server: NodeServer;
  readonly #path: string | undefined;
  readonly #most: number;
  readonly #listening = Promise.withResolvers<void>();
  /** Sockets that nobody has asked for yet. */
  readonly #sockets: NodeStream[] = [];
  readonly #waiting: PromiseWithResolvers<NodeStream>[] = [];
  #addr: Deno.NetAddr | undefined;
  #error: Error | undefined;

  /** Listens; an error of that rejects `ready` and `accept()`. */
  constructor(net: NodeNet, place: TcpListening | UnixPlace) {
    const isUnix = "path" in place;
    this.#path = isUnix ? place.path : undefined;
    this.#most = isUnix ? BACKLOG : place.tcpBacklog ?? BACKLOG;
    this.#listening.promise.catch(ignore);
    // Paused: a socket that waits here reads nothing.
    const server = net.createServer({
      allowHalfOpen: true,
      pauseOnConnect: true,
    });
    this.#server = server;
    server.on("listening", () => {
      this.#addr = addressOf(server);
      this.#listening.resolve();
    });
    server.on("error", (error) => this.#fail(error));
    server.on("connection", (socket) => this.#add(socket));
    server.listen(
      isUnix ? { path: place.path } : {
        host: place.hostname ?? "0.0.0.0",
        port: place.port,
        ...(place.ipv6Only === undefined ? {} : { ipv6Only: place.ipv6Only }),
        ...(place.reusePort === undefined
          ? {}
          : { reusePort: place.reusePort }),
        ...(place.tcpBacklog === undefined
          ? {}
          : { backlog: place.tcpBacklog }),
      },
    );
  }

  /**
   * Where it listens.
   *
   * @throws {TypeError} If it does not listen yet.
   */
  get addr(): Deno.Addr {
    if (this.#path !== undefined) {
      return { transport: "unix", path: this.#path };
    }
    // The server forgets it when it is closed.
    if (this.#addr !== undefined) return this.#addr;
    throw new TypeError(
      "Cannot tell where the listener is: await its ready first, as this runtime listens later",
    );
  }

  /** Resolves once it listens. */
  get ready(): Promise<void> {
    return this.#listening.promise;
  }

  async accept(): Promise<SocketConn> {
    const { NodeDuplex } = duplexes ??= await import("./node_duplex.ts");
    const socket = await this.#next();
    socket.off("error", ignore);
    return new NodeDuplex(socket, {
      retains: false,
      ownsChunks: true,
      ...(this.#path === undefined ? {} : { path: this.#path }),
    });
  }

  #next(): NodeStream | Promise<NodeStream> {
    if (this.#error !== undefined) throw this.#error;
    for (;;) {
      const socket = this.#sockets.shift();
      if (socket === undefined) break;
      // Its client may have gone meanwhile.
      if (!socket.destroyed) return socket;
    }
    const waiter = Promise.withResolvers<NodeStream>();
    this.#waiting.push(waiter);
    return waiter.promise;
  }

  close(): void {
    if (this.#error !== undefined) return;
    this.#fail(
      Object.assign(new Error("Listener has been closed"), {
        name: "BadResource",
      }),
    );
    this.#server.close();
    for (const socket of this.#sockets.splice(0)) socket.destroy();
  }

  ref(): void {
    this.#server.ref();
  }

  unref(): void {
    this.#server.unref();
  }

  #fail(error: Error): void {
    this.#error ??= error;
    this.#listening.reject(error);
    for (const waiter of this.#waiting.splice(0)) waiter.reject(error);
  }

  #add(socket: NodeStream): void {
    // Until it has a reader, an error is the socket's own affair.
    socket.on("error", ignore);
    const waiter = this.#waiting.shift();
    if (waiter !== undefined) waiter.resolve(socket);
    else if (this.#sockets.length < this.#most) this.#sockets.push(socket);
    // The kernel's own queue would be full here.
    else socket.destroy();
  }
}

function addressOf(server: NodeServer): Deno.NetAddr | undefined {
  const at = server.address();
  if (at === null || typeof at === "string") return undefined;
  return { transport: "tcp", hostname: at.address, port: at.port };
}

function ignore(): void {}

/** Kept, as an `import()` takes time also for what is loaded. */
let duplexes: typeof import("./node_duplex.ts") | undefined;

/** As Node.js has it for the kernel's own queue. */
const BACKLOG = 511;
