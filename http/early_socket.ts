/**
 * The socket of a request that may leave with the ClientHello: it takes what is
 * written before there is a connection.
 *
 * @module
 */

import { concat } from "@std/bytes";
import type { TlsConn } from "../connection/conn.ts";
import { NodeSocket } from "../node/socket.ts";

/** What speaks over a connection whose first bytes may be early data. */
export type Spoken = "h2" | "http/1.1";

/** A socket that hears late of its connection. */
export class EarlySocket extends NodeSocket {
  readonly #protocol: Spoken;
  readonly #source: PromiseWithResolvers<TlsConn>;
  readonly #whole = Promise.withResolvers<void>();
  #written: Uint8Array<ArrayBuffer> = new Uint8Array();
  /** Whether what is written goes into `#written`. */
  #isCollecting = true;

  /** Its connection comes later, by `open()`. */
  constructor(protocol: Spoken) {
    const source = Promise.withResolvers<TlsConn>();
    super(source.promise);
    this.#protocol = protocol;
    this.#source = source;
    this.once("close", () => this.#whole.resolve());
  }

  /** What speaks over it writes at once. */
  override get connecting(): boolean {
    return false;
  }

  /**
   * What was written, once it has a whole request without a body.
   *
   * @returns `undefined` if there is none: the request was aborted.
   */
  async firstFlight(): Promise<Uint8Array | undefined> {
    for (let turn = 0; turn < MAX_TURNS && !this.#isWhole; turn++) {
      await nextTurn(this.#whole.promise);
    }
    this.#isCollecting = false;
    return this.#isWhole && !this.destroyed ? this.#written : undefined;
  }

  /** Goes on with a connection: what has not arrived early is sent first. */
  async open(conn: TlsConn): Promise<void> {
    this.#isCollecting = false;
    if (conn.info.earlyData !== "accepted" && !this.destroyed) {
      await conn.write(this.#written).catch((error) => this.destroy(error));
    }
    this.#source.resolve(conn);
  }

  /** There will be no connection. */
  fail(reason: unknown): void {
    this.#source.reject(reason);
  }

  /** Called by the stream with one chunk. */
  override _write(
    chunk: Uint8Array,
    encoding: BufferEncoding,
    callback: (error?: Error | null) => void,
  ): void {
    if (!this.#isCollecting) return super._write(chunk, encoding, callback);
    this.#collect([chunk]);
    callback();
  }

  /** Called by the stream with all chunks that wait. */
  override _writev(
    chunks: { chunk: Uint8Array }[],
    callback: (error?: Error | null) => void,
  ): void {
    if (!this.#isCollecting) return super._writev(chunks, callback);
    this.#collect(chunks.map(({ chunk }) => chunk));
    callback();
  }

  #collect(chunks: readonly Uint8Array[]): void {
    this.#written = concat([this.#written, ...chunks]);
    if (this.#isWhole) this.#whole.resolve();
  }

  get #isWhole(): boolean {
    return this.#protocol === "h2"
      ? hasHeaders(this.#written)
      : endsHead(this.#written);
  }
}

/** RFC 9112 section 2.1: an empty line ends the head of a request. */
function endsHead(bytes: Uint8Array): boolean {
  return [13, 10, 13, 10].every((byte, at) =>
    bytes[bytes.length - 4 + at] === byte
  );
}

/** RFC 9113 sections 3.4, 4.1 and 6.2: whether frames end a header section. */
function hasHeaders(bytes: Uint8Array<ArrayBuffer>): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = PREFACE_LENGTH;
  while (at + FRAME_HEADER_LENGTH <= bytes.length) {
    const [type = 0, flags = 0] = bytes.subarray(at + 3, at + 5);
    const end = at + FRAME_HEADER_LENGTH + (view.getUint32(at) >>> 8);
    const isHeader = type === HEADERS || type === CONTINUATION;
    if (isHeader && (flags & END_HEADERS) !== 0) return end <= bytes.length;
    at = end;
  }
  return false;
}

/** Waits for a turn of the event loop, or for something that comes before. */
async function nextTurn(sooner: Promise<void>): Promise<void> {
  const turn = Promise.withResolvers<void>();
  const timer = setTimeout(turn.resolve, 0);
  await Promise.race([sooner, turn.promise]);
  clearTimeout(timer);
}

/** Turns in which a request is written, unless it is aborted. */
const MAX_TURNS = 20;

const PREFACE_LENGTH = 24;
const FRAME_HEADER_LENGTH = 9;
const HEADERS = 1;
const CONTINUATION = 9;
const END_HEADERS = 4;
