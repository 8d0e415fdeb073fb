/**
 * A connection of HTTP/2: `node:http2` speaks it, and undici's `fetch` hears
 * what it says.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import http2, {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type IncomingHttpHeaders,
} from "node:http2";
import type { NodeSocket } from "./socket.ts";

/** A request, as undici describes it. */
export interface H2Request {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Chunks, if there is a body. */
  readonly body: AsyncIterable<Uint8Array> | undefined;
}

/** What hears of the response: undici's handler. */
export interface H2Handler {
  onConnect?(abort: (error?: Error) => void): void;
  onHeaders?(
    status: number,
    fields: Buffer[],
    resume: () => void,
    text: string,
  ): boolean;
  onData?(chunk: Buffer): boolean;
  onComplete?(trailers: null): void;
  onError?(error: Error): void;
}

/**
 * A connection whose requests share it. Within an event of a session nothing
 * ends the session: that Deno's cannot bear.
 */
export class H2Connection {
  readonly #origin: URL;
  readonly #socket: NodeSocket;
  readonly #session: ClientHttp2Session;
  #error: Error | undefined;
  #isLeaving = false;
  #active = 0;
  readonly #outcomes = new Set<Outcome>();

  /** Takes a socket whose ALPN protocol is h2. */
  constructor(origin: URL, socket: NodeSocket) {
    this.#origin = origin;
    this.#socket = socket;
    socket.on("error", (error) => this.#error ??= error);
    // Before the session hears of it, which then ends all streams alike.
    for (const event of ["error", "end", "close"]) {
      socket.on(event, () => this.#outcomes.forEach((each) => each.cut()));
    }
    this.#session = http2.connect(origin, {
      createConnection: () => socket,
      settings: { enablePush: false },
    });
    this.#session.on("error", (error) => this.#error ??= error);
    this.#session.on("goaway", () => this.#isLeaving = true);
    socket.setTimeout(IDLE_TIME, () => this.#onIdle());
    this.#session.unref();
  }

  /** Whether it takes another request. */
  get isOpen(): boolean {
    return !this.isClosed && !this.#isLeaving && this.#active < this.#limit;
  }

  /** Whether it has ended. */
  get isClosed(): boolean {
    return this.#socket.destroyed || this.#session.closed;
  }

  get #limit(): number {
    const { maxConcurrentStreams = MAX_STREAMS } =
      this.#session.remoteSettings ?? {};
    return Math.min(maxConcurrentStreams, MAX_STREAMS);
  }

  /** Sends a request, and tells its handler what comes. */
  send(request: H2Request, handler: H2Handler): void {
    const { method, path, body } = request;
    const stream = this.#session.request({
      ":method": method,
      ":path": path,
      ":scheme": "https",
      ":authority": this.#origin.host,
      ...fieldsOf(request.headers),
    }, { endStream: body === undefined });
    if (this.#active++ === 0) this.#session.ref();
    const outcome = new Outcome(stream, handler, {
      connectionError: () => this.#error,
      isConnectionClosed: () => this.isClosed,
      isHead: method === "HEAD",
    });
    this.#outcomes.add(outcome);
    stream.once("close", () => {
      this.#outcomes.delete(outcome);
      if (--this.#active === 0) this.#session.unref();
    });
    if (body !== undefined) outcome.sendBody(body);
  }

  /** Ends it when its requests are done. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#socket.destroyed) return resolve();
      this.#socket.once("close", () => resolve());
      this.#session.close();
    });
  }

  /** Ends it now. */
  destroy(error: Error): void {
    this.#error ??= error;
    this.#socket.destroy(error);
  }

  #onIdle(): void {
    if (this.#active === 0 && !this.isClosed) this.#session.close();
    else this.#socket.setTimeout(IDLE_TIME, () => this.#onIdle());
  }
}

/** A stream that ended without a response, or in the middle of one. */
export class EndedEarly extends Error {
  override readonly name = "EndedEarly";
  /** Whether the whole connection has ended. */
  readonly isConnection: boolean;

  /** @param code What the server has reset the stream with, if it has. */
  constructor(isConnection: boolean, code: number | undefined) {
    super(
      isConnection
        ? "The server has ended the connection of HTTP/2"
        : `The stream of HTTP/2 ended early, with code ${code}`,
    );
    this.isConnection = isConnection;
  }
}

/** From a stream to a handler. */
class Outcome {
  readonly #stream: ClientHttp2Stream;
  readonly #handler: H2Handler;
  readonly #connectionError: () => Error | undefined;
  readonly #isConnectionClosed: () => boolean;
  readonly #isHead: boolean;
  #isCut = false;
  /** Bytes of the body that are to come, if that is known. */
  #left: number | undefined;
  #streamError: Error | undefined;
  #isDone = false;

  constructor(
    stream: ClientHttp2Stream,
    handler: H2Handler,
    { connectionError, isConnectionClosed, isHead }: {
      readonly connectionError: () => Error | undefined;
      readonly isConnectionClosed: () => boolean;
      readonly isHead: boolean;
    },
  ) {
    this.#stream = stream;
    this.#handler = handler;
    this.#connectionError = connectionError;
    this.#isConnectionClosed = isConnectionClosed;
    this.#isHead = isHead;
    stream.on("error", (error) => this.#streamError ??= error);
    // Behind the errors of the connection, which say why.
    stream.once("close", () => setTimeout(() => this.#fail(), 0));
    stream.once("response", (headers) => this.#onResponse(headers));
    handler.onConnect?.((error) => this.#abort(error));
  }

  /** Sends a body as fast as it is taken. */
  async sendBody(body: AsyncIterable<Uint8Array>): Promise<void> {
    const stream = this.#stream;
    try {
      for await (const chunk of body) {
        // RFC 9113 section 8.1: a server may answer before the end of a request.
        if (stream.destroyed || stream.closed) return;
        if (!stream.write(chunk)) await drained(stream);
      }
      stream.end();
    } catch (error) {
      this.#abort(error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** The connection has ended: what has not ended before is not whole. */
  cut(): void {
    // `readableEnded` says when the end was read, not when it came.
    const state: unknown = Reflect.get(this.#stream, "_readableState");
    if (Reflect.get(Object(state), "ended") !== true) this.#isCut = true;
  }

  #onResponse(headers: IncomingHttpHeaders): void {
    if (this.#isDone) return;
    const stream = this.#stream;
    const resume = () => void stream.resume();
    const { ":status": status, ...rest } = headers;
    const length = rest["content-length"];
    if (length !== undefined && !this.#isHead && Number(status) !== 304) {
      this.#left = Number(length);
    }
    stream.on("data", (chunk: Buffer) => {
      if (this.#left !== undefined) this.#left -= chunk.length;
      if (!this.#isDone && this.#handler.onData?.(chunk) === false) {
        stream.pause();
      }
    });
    stream.once("end", () => this.#complete());
    const isWanted = this.#handler.onHeaders?.(
      Number(status),
      rawFields(rest),
      resume,
      "",
    );
    if (isWanted === false) stream.pause();
  }

  #complete(): void {
    // A stream that is reset or cut ends, too.
    if (this.#isDone || this.#isCut || this.#stream.rstCode !== 0) return;
    // RFC 9113 section 8.1.1: a body of another length is malformed.
    if (this.#left !== undefined && this.#left !== 0) {
      return this.#abort(
        new Error("The body has another length than content-length says"),
      );
    }
    this.#isDone = true;
    this.#handler.onComplete?.(null);
  }

  #fail(): void {
    if (this.#isDone) return;
    this.#isDone = true;
    const { rstCode } = this.#stream;
    const error = this.#connectionError() ?? this.#streamError;
    this.#handler.onError?.(
      error ??
        new EndedEarly(this.#isCut || this.#isConnectionClosed(), rstCode),
    );
  }

  #abort(error: Error | undefined): void {
    if (this.#isDone) return;
    this.#streamError ??= error;
    this.#isDone = true;
    this.#handler.onError?.(error ?? new DOMException("Aborted", "AbortError"));
    setTimeout(() => this.#stream.close(http2.constants.NGHTTP2_CANCEL), 0);
  }
}

/** RFC 9113 section 8.2.2: what is about a connection does not go along. */
function fieldsOf(
  headers: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) =>
      !OF_CONNECTIONS.has(name.toLowerCase())
    ),
  );
}

/** Names and values by turns, as undici has them. */
function rawFields(headers: IncomingHttpHeaders): Buffer[] {
  return Object.entries(headers)
    .filter(([name]) => !name.startsWith(":"))
    .flatMap(([name, value]) =>
      [value].flat().filter((value) => value !== undefined)
        .flatMap((value) => [Buffer.from(name), Buffer.from(value, "latin1")])
    );
}

function drained(stream: ClientHttp2Stream): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      stream.off("drain", done).off("close", done);
      resolve();
    };
    stream.on("drain", done).on("close", done);
  });
}

const OF_CONNECTIONS: ReadonlySet<string> = new Set([
  "connection",
  "host",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
]);

/** Requests that share a connection at most. */
const MAX_STREAMS = 100;

/** Milliseconds that a connection is kept without requests. */
const IDLE_TIME = 4_000;
