/**
 * One connection to a server of Node, and the requests on it.
 *
 * @module
 */

import http from "node:http";
import http2 from "node:http2";
import { emitWarning } from "node:process";
import type { Answer, Hop, TakeOver } from "./engine.ts";
import { NodeHop } from "./node_hop.ts";
import { type Incoming, RefusedRequest, requestOf } from "./node_request.ts";
import {
  checkResponse,
  isGone,
  isSent,
  type Outgoing,
  send,
} from "./node_response.ts";

/** What a connection is for. */
export interface NodeConnectionOptions {
  /** Answers its requests. */
  readonly answer: Answer;
  readonly isHttp2: boolean;
  /** Gets requests to change the protocol, if anything does. */
  readonly takeOver?: TakeOver | undefined;
  /** How the URL of a request begins that names no authority. */
  readonly ownUrl: string;
}

/** A connection of HTTP/1.1 or HTTP/2. */
export class NodeConnection {
  readonly #hop = new NodeHop();
  readonly #options: NodeConnectionOptions;
  /** Requests without a response, or with a part of it. */
  #underWay = 0;
  #isEnding = false;
  #session: http2.ServerHttp2Session | undefined;

  /** Whether it was given away, to speak another protocol. */
  #isUpgraded = false;
  readonly #ended = Promise.withResolvers<void>();

  /** Begins to speak. */
  constructor(options: NodeConnectionOptions) {
    this.#options = options;
    const { socket } = this.#hop;
    socket.once("close", () => this.#ended.resolve());
    const server = options.isHttp2 ? this.#http2() : this.#http1();
    server.emit("connection", socket);
  }

  /** Our end of it. */
  get hop(): Hop {
    return this.#hop;
  }

  /** Resolves when it has ended, or is left to another protocol. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /**
   * Ends it when its responses are sent. Nobody waits for the client of another
   * protocol: it need not read.
   */
  end(): void {
    this.#isEnding = true;
    if (this.#isUpgraded) this.#ended.resolve();
    if (this.#session !== undefined) this.#session.close();
    else this.#endIfIdle();
  }

  #http1(): http.Server {
    const server = http.createServer({
      // A connection is idle for as long as the options of TLS let it be.
      keepAliveTimeout: 0,
      requestTimeout: 0,
    }, (incoming, outgoing) => this.#onRequest(incoming, outgoing));
    // RFC 9112 section 9.6: a client that ends its direction reads on.
    Object.assign(server, { httpAllowHalfOpen: true });
    // Node alone would answer, and go on.
    server.on("checkExpectation", (_incoming, outgoing) => {
      this.#fail(new RefusedRequest(417, "Expectation Failed"), outgoing);
    });
    const { takeOver, ownUrl } = this.#options;
    if (takeOver !== undefined) {
      server.on("upgrade", (incoming, socket, head) => {
        this.#isUpgraded = true;
        if (this.#isEnding) this.#ended.resolve();
        // Few connections need it.
        import("./node_upgrade.ts").then(({ offer }) =>
          offer({ incoming, socket, head }, {
            takeOver,
            ownUrl,
            written: () => this.#hop.written,
          })
        );
      });
    }
    server.on("connect", (_request, socket) => {
      socket.end(NOT_IMPLEMENTED);
    });
    return server;
  }

  #http2(): http2.Http2Server {
    const server = http2.createServer(
      { settings: { maxConcurrentStreams: MAX_STREAMS } },
      (incoming, outgoing) => this.#onRequest(incoming, outgoing),
    );
    server.on("session", (session) => {
      this.#session = session;
      session.on("error", ignore);
      if (this.#isEnding) session.close();
    });
    server.on("sessionError", ignore);
    return server;
  }

  /** Never rejects. */
  async #onRequest(incoming: Incoming, outgoing: Outgoing): Promise<void> {
    this.#underWay++;
    const left = new AbortController();
    const completed = completionOf(outgoing);
    let drop = (): void => void incoming.resume();
    outgoing.once("close", () => {
      this.#underWay--;
      if (!isSent(outgoing)) left.abort();
      drop();
      if (this.#isEnding) this.#endIfIdle();
    });
    try {
      const read = requestOf(incoming, this.#options.ownUrl, left.signal);
      const { request } = read;
      drop = read.drop;
      const response = await this.#options.answer(request, { completed });
      this.#announceEnd(outgoing);
      await send(outgoing, checkResponse(response), incoming.method === "HEAD");
    } catch (error) {
      this.#fail(error, outgoing);
    }
  }

  /** RFC 9112 section 9.6: the last response says that it is. */
  #announceEnd(outgoing: Outgoing, isLast = this.#isEnding): void {
    if (isLast && !this.#options.isHttp2) {
      outgoing.setHeader("connection", "close");
    }
  }

  #fail(error: unknown, outgoing: Outgoing): void {
    const isRefused = error instanceof RefusedRequest;
    // As Deno.serve, which logs it.
    if (!isRefused && !isGone(outgoing)) emitWarning(asError(error));
    if (outgoing.headersSent) return void outgoing.destroy();
    for (const name of outgoing.getHeaderNames()) outgoing.removeHeader(name);
    // Nobody looks at the body of a request that is refused: what comes behind
    // its fields must not be read as another one.
    this.#announceEnd(outgoing, isRefused || this.#isEnding);
    outgoing.statusCode = isRefused ? error.status : 500;
    outgoing.setHeader("content-type", "text/plain;charset=utf-8");
    outgoing.end(`${isRefused ? error.message : "Internal Server Error"}\n`);
  }

  #endIfIdle(): void {
    if (this.#underWay === 0) this.#hop.socket.end();
  }
}

/** Whether and when a response was sent. */
function completionOf(outgoing: Outgoing): Promise<void> {
  const completed = new Promise<void>((resolve, reject) => {
    outgoing.once("close", () => {
      if (isSent(outgoing)) resolve();
      else reject(new TypeError("The client has left"));
    });
  });
  // Not every handler asks.
  completed.catch(ignore);
  return completed;
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

function ignore(): void {}

/** Requests that a client may have under way at once; as many as in Deno. */
const MAX_STREAMS = 200;

const NOT_IMPLEMENTED =
  "HTTP/1.1 501 Not Implemented\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
