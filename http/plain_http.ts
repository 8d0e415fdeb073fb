/**
 * Plain HTTP on a port for TLS: who sends it gets an answer, and not silence.
 *
 * @module
 */

import { isAuthority } from "./authority.ts";
import type { SocketListener } from "../connection/options/listen_options.ts";
import type { SocketConn } from "../connection/transport/transport.ts";

/**
 * A listener whose sockets answer a plain HTTP request by themselves. The TLS
 * above them sees what came, and fails.
 *
 * @param redirects Whether the answer is a redirect to `https:`.
 */
export function answeringPlainHttp(
  listener: SocketListener,
  redirects: boolean,
): SocketListener {
  return {
    get addr() {
      return listener.addr;
    },
    accept: async () => new GuardedSocket(await listener.accept(), redirects),
    close: () => listener.close(),
    ref: () => listener.ref?.(),
    unref: () => listener.unref?.(),
    ...(listener.ready === undefined ? {} : { ready: listener.ready }),
  };
}

/** A socket of which the first bytes are looked at. */
class GuardedSocket implements SocketConn {
  readonly #socket: SocketConn;
  readonly #redirects: boolean;
  /** Whether nothing has been read yet. */
  #isNew = true;
  /** Whether it is ours to answer and to close. */
  #isPlain = false;

  constructor(socket: SocketConn, redirects: boolean) {
    this.#socket = socket;
    this.#redirects = redirects;
  }

  get readable(): ReadableStream<Uint8Array> {
    return this.#socket.readable;
  }

  get writable(): WritableStream<Uint8Array> {
    return this.#socket.writable;
  }

  get localAddr(): Deno.Addr | undefined {
    return this.#socket.localAddr;
  }

  get remoteAddr(): Deno.Addr | undefined {
    return this.#socket.remoteAddr;
  }

  read(into: Uint8Array): Promise<number | null> {
    if (this.#isNew) return this.#readFirst(into);
    return this.#isPlain ? Promise.resolve(null) : this.#socket.read(into);
  }

  write(bytes: Uint8Array): Promise<number> {
    return this.#isPlain
      ? Promise.resolve(bytes.length)
      : this.#socket.write(bytes);
  }

  async closeWrite(): Promise<void> {
    if (!this.#isPlain) await this.#socket.closeWrite();
  }

  close(): void | Promise<void> {
    if (!this.#isPlain) return this.#socket.close();
  }

  ref(): void {
    this.#socket.ref?.();
  }

  unref(): void {
    this.#socket.unref?.();
  }

  setNoDelay(noDelay?: boolean): void {
    this.#socket.setNoDelay?.(noDelay);
  }

  setKeepAlive(keepAlive?: boolean): void {
    this.#socket.setKeepAlive?.(keepAlive);
  }

  async #readFirst(into: Uint8Array): Promise<number | null> {
    this.#isNew = false;
    let length = 0;
    do {
      const more = await this.#socket.read(into.subarray(length));
      if (more === null) return length === 0 ? null : length;
      length += more;
    } while (
      length < LONGEST_METHOD && MAY_BE_METHOD.test(latin1(into, length))
    );
    const begun = latin1(into, Math.min(length, LONGEST_METHOD));
    if (METHOD.test(begun) && answering < MAX_ANSWERING) {
      this.#isPlain = true;
      answer(this.#socket, latin1(into, length), this.#redirects);
    }
    return length;
  }
}

/** Answers, and closes the socket. Never rejects. */
async function answer(
  socket: SocketConn,
  begun: string,
  redirects: boolean,
): Promise<void> {
  answering++;
  let isOver = false;
  const close = () => {
    if (!isOver) socket.close();
    isOver = true;
  };
  const timer = setTimeout(close, PATIENCE);
  try {
    const location = redirects
      ? secureLocation(await readHead(socket, begun))
      : undefined;
    // RFC 9110 section 9.3.2: no content in a response to HEAD.
    await writeAll(socket, response(location, !begun.startsWith("HEAD ")));
    await socket.closeWrite();
    await drop(socket);
  } catch {
    // The client has gone, or takes too long.
  } finally {
    clearTimeout(timer);
    close();
    answering--;
  }
}

/** The head of the request, as far as there is one of a decent length. */
async function readHead(socket: SocketConn, begun: string): Promise<string> {
  let head = begun;
  const buffer = new Uint8Array(4096);
  while (!head.includes("\r\n\r\n") && head.length < MAX_HEAD) {
    const length = await socket.read(buffer);
    if (length === null) break;
    head += latin1(buffer, length);
  }
  return head;
}

/** The same place by `https:`; `undefined` if the request does not say which. */
function secureLocation(head: string): string | undefined {
  const [requestLine = "", ...fields] = head.split("\r\n");
  const [, target = ""] = requestLine.split(" ");
  const absolute = /^http:\/\/([^/?#]+)(.*)$/i.exec(target);
  const host = absolute?.[1] ??
    fields.find((field) => /^host:/i.test(field))?.slice(5).trim();
  const path = absolute === null ? target : absolute[2] || "/";
  return host !== undefined && isAuthority(host) && PATH.test(path)
    ? `https://${host}${path}`
    : undefined;
}

function response(location: string | undefined, hasContent: boolean): string {
  const [status, text] = location === undefined
    ? ["400 Bad Request", "This port speaks HTTPS: use https://\n"]
    : ["308 Permanent Redirect", `Use ${location}\n`];
  return [
    `HTTP/1.1 ${status}`,
    ...location === undefined ? [] : [`location: ${location}`],
    "content-type: text/plain;charset=utf-8",
    `content-length: ${text.length}`,
    "connection: close",
    "",
    hasContent ? text : "",
  ].join("\r\n");
}

async function writeAll(socket: SocketConn, text: string): Promise<void> {
  let bytes = new TextEncoder().encode(text);
  while (bytes.length > 0) bytes = bytes.subarray(await socket.write(bytes));
}

/** A socket that is closed with bytes unread would take the answer back. */
async function drop(socket: SocketConn): Promise<void> {
  const buffer = new Uint8Array(4096);
  for (let total = 0; total < MAX_DROPPED;) {
    const length = await socket.read(buffer);
    if (length === null) return;
    total += length;
  }
}

function latin1(bytes: Uint8Array, length: number): string {
  return String.fromCharCode(...bytes.subarray(0, length));
}

/** How many are being answered: each may cost `PATIENCE`. */
let answering = 0;
const MAX_ANSWERING = 256;

/** Milliseconds for the request, the answer and the client's end. */
const PATIENCE = 5000;
const MAX_HEAD = 8192;
const MAX_DROPPED = 65536;

const METHOD = /^(GET|HEAD|POST|PUT|DELETE|CONNECT|OPTIONS|TRACE|PATCH) /;
const MAY_BE_METHOD = /^[A-Z]+$/;
/** With the space behind it. */
const LONGEST_METHOD = 8;

/** absolute-path and query (RFC 9112 section 3.2.1). */
const PATH = /^\/[\x21-\x7e]*$/;
