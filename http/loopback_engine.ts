/**
 * One `Deno.serve` on loopback, for programs that may not write files. A request
 * is known to be of one of our connections by the address that it comes from:
 * while our socket has it, nobody else on this machine can.
 *
 * @module
 */

import type { Answer, Hop, HttpEngine } from "./engine.ts";
import { SocketHop } from "./hop.ts";
import { closed, type EngineServeOptions } from "./unix_engine.ts";

/** A server on loopback that answers nobody but our own connections. */
export class LoopbackEngine implements HttpEngine {
  readonly #options: EngineServeOptions;
  #server: Deno.HttpServer<Deno.NetAddr>;
  /** Whether the server has failed, as it does without descriptors. */
  #isBroken = false;
  #isRef = true;
  readonly #answers = new Map<number, Answer>();
  readonly #retired = new RetiredPorts();
  #isShutDown = false;

  /** Listens on a port that is free. */
  constructor(options: EngineServeOptions) {
    this.#options = options;
    this.#server = this.#serve();
  }

  /** Where it listens. */
  get addr(): Deno.NetAddr {
    return this.#server.addr;
  }

  get ownUrl(): string {
    // As the server calls loopback.
    return `http://localhost:${this.#server.addr.port}`;
  }

  async open(answer: Answer): Promise<Hop> {
    if (this.#isShutDown) throw closed();
    if (this.#isBroken) this.#server = this.#serve();
    const conn = await this.#dial();
    // Since then the port may be anybody's.
    if (this.#isShutDown) {
      conn.close();
      throw closed();
    }
    conn.setNoDelay(true);
    const { port } = conn.localAddr;
    this.#answers.set(port, answer);
    return new SocketHop(conn, () => {
      // Before the port can be anybody else's.
      this.#answers.delete(port);
      this.#retired.add(port);
    });
  }

  async shutdown(): Promise<void> {
    this.#isShutDown = true;
    await this.#server.shutdown();
  }

  ref(): void {
    this.#isRef = true;
    this.#server.ref();
  }

  unref(): void {
    this.#isRef = false;
    this.#server.unref();
  }

  #serve(): Deno.HttpServer<Deno.NetAddr> {
    const server = Deno.serve(
      { ...this.#options, hostname: LOOPBACK, port: 0, onListen: () => {} },
      (request, info) => {
        const { hostname, port } = info.remoteAddr;
        const answer = hostname === LOOPBACK
          ? this.#answers.get(port)
          : undefined;
        return answer === undefined ? refused() : answer(request, info);
      },
    );
    this.#isBroken = false;
    server.finished.catch(() => {
      // An older one has been replaced.
      if (this.#server === server) this.#isBroken = true;
    });
    if (!this.#isRef) server.unref();
    return server;
  }

  /**
   * A connection from a port that has had none for a while: a request of the
   * one before may have been read and not be answered yet.
   */
  async #dial(): Promise<Deno.TcpConn> {
    const { port } = this.#server.addr;
    const unfit: Deno.TcpConn[] = [];
    try {
      for (;;) {
        const conn = await Deno.connect({ hostname: LOOPBACK, port });
        if (!this.#retired.has(conn.localAddr.port)) return conn;
        unfit.push(conn);
      }
    } finally {
      for (const conn of unfit) conn.close();
    }
  }
}

/** Ports that our connections have had lately. */
class RetiredPorts {
  /** The oldest first. */
  readonly #since = new Map<number, number>();

  /** Keeps a port for a while. */
  add(port: number): void {
    const now = performance.now();
    for (const [old, since] of this.#since) {
      if (now - since < RETIREMENT) break;
      this.#since.delete(old);
    }
    this.#since.delete(port);
    this.#since.set(port, now);
  }

  /** Whether a port may not be used yet. */
  has(port: number): boolean {
    const since = this.#since.get(port);
    return since !== undefined && performance.now() - since < RETIREMENT;
  }
}

/** A stranger learns nothing, not even what is behind this. */
function refused(): Response {
  return new Response(null, {
    status: 403,
    headers: { connection: "close" },
  });
}

const LOOPBACK = "127.0.0.1";

/** Milliseconds in which a request that was read is answered, or never. */
const RETIREMENT = 30_000;
