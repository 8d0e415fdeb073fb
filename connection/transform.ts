/**
 * TLS with no transport at all: a pair of transforms.
 *
 * @module
 */

import { TlsConn } from "./conn.ts";
import { contextOf } from "./options/create_context.ts";
import { requireIdentity } from "./options/option_set.ts";
import { entry, readGiven } from "./options/read.ts";
import type { CloseResult } from "./engine/ending.ts";
import type { ConnectionInfo } from "./info.ts";
import type { ClientOptions, ServerOptions } from "./options/options.ts";
import { type Duplex, transportOf } from "./transport/transport.ts";
import { clientEngine, requireName, serverEngine } from "./wrap.ts";

/** One end of a connection as two transforms, each fit for `pipeThrough`. */
export interface TlsTransform {
  /** Plaintext in, records out; ends after close_notify. */
  readonly encrypt: Duplex;
  /** Records in, plaintext out. */
  readonly decrypt: Duplex;
  /** Runs the handshake; its records come out of `encrypt.readable`. */
  handshake(): Promise<ConnectionInfo>;
  /** The results of the handshake; empty before it is done. */
  readonly info: ConnectionInfo;
  /** Resolves when the connection has ended, and says how. Never rejects. */
  readonly closed: Promise<CloseResult>;
  /** The connection behind the two. */
  readonly conn: TlsConn;
}

/**
 * A pair of transforms: records flow through `decrypt` to plaintext, plaintext
 * through `encrypt` to records, over whatever carries them. The handshake runs
 * when the first of the four streams is used.
 *
 * @param side Which end to be.
 * @param options As for `client` or `server`.
 * @returns The pair.
 * @throws {TypeError} If an option is not as it must be.
 *
 * @example Over a child process's pipes
 * ```ts ignore
 * import { createTransform } from "@x/tls";
 *
 * const { encrypt, decrypt } = createTransform("client", {
 *   serverName: "example.com",
 * });
 * const child = new Deno.Command("nc", {
 *   args: ["example.com", "443"],
 *   stdin: "piped",
 *   stdout: "piped",
 * }).spawn();
 * child.stdout.pipeThrough(decrypt).pipeTo(Deno.stdout.writable);
 * encrypt.readable.pipeTo(child.stdin);
 * ```
 */
export function createTransform(
  side: "client",
  options: ClientOptions,
): TlsTransform;
/** The server's pair; as above. */
export function createTransform(
  side: "server",
  options: ServerOptions,
): TlsTransform;
export function createTransform(
  side: "client" | "server",
  options: ClientOptions | ServerOptions,
): TlsTransform {
  if (side !== "client" && side !== "server") {
    throw new TypeError(
      `Cannot create a transform: side is "client" or "server"`,
    );
  }
  const { name } = ENTRIES[side];
  const { context, own } = contextOf(readGiven(options, ENTRIES[side]), name);
  const each = context.connectionOptions(own);
  const start = () => void conn.handshake().catch(() => {});
  const inbound = new TransformStream<Uint8Array, Uint8Array>();
  const outbound = outboundStream(start, () => engine.fault);
  const transport = transportOf({
    readable: inbound.readable,
    writable: outbound.writable,
  });
  const more = { endsWithCloseNotify: true };
  if (side === "client") requireName(context, each);
  else requireIdentity(context);
  const engine = side === "client"
    ? clientEngine(transport, context, each, more)
    : serverEngine(transport, context, each, more);
  const conn = new TlsConn(engine);
  return {
    encrypt: { readable: outbound.readable, writable: conn.writable },
    decrypt: {
      readable: conn.readable,
      writable: inboundStream(inbound.writable, start, conn),
    },
    handshake: () => conn.handshake(),
    get info() {
      return conn.info;
    },
    closed: conn.closed,
    conn,
  };
}

/**
 * Records on their way out; the first read starts the handshake. The error of
 * the connection follows its alert.
 */
function outboundStream(
  start: () => void,
  fault: () => { readonly error: unknown } | undefined,
): Duplex {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const reader = readable.getReader();
  return {
    writable,
    readable: new ReadableStream<Uint8Array>({
      async pull(controller) {
        start();
        const { done, value } = await reader.read();
        const ended = done ? fault() : undefined;
        if (ended !== undefined) controller.error(ended.error);
        else if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: (reason) => reader.cancel(reason),
    }, { highWaterMark: 0 }),
  };
}

/**
 * Records on their way in; the first starts the handshake. What follows the
 * end of the connection, such as the end of what carried it, is dropped.
 */
function inboundStream(
  writable: WritableStream<Uint8Array>,
  start: () => void,
  { closed }: TlsConn,
): WritableStream<Uint8Array> {
  const writer = writable.getWriter();
  writer.closed.catch(() => {});
  const unlessOver = async (error: unknown) => {
    const { clean } = await closed;
    if (!clean) throw error;
  };
  return new WritableStream<Uint8Array>({
    async write(chunk) {
      start();
      try {
        await writer.ready;
        await writer.write(chunk);
      } catch (error) {
        await unlessOver(error);
      }
    },
    close: () => writer.close().catch(unlessOver),
    abort: (reason) => writer.abort(reason),
  });
}

const ENTRIES = {
  client: entry('createTransform("client")', "client"),
  server: entry('createTransform("server")', "server"),
} as const;
