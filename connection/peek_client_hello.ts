/**
 * The ClientHello of a connection that somebody else may end.
 *
 * @module
 */

import { concat } from "@std/bytes";
import type { ClientHelloInfo } from "../handshake/common/callback_info.ts";
import { serverFlow } from "../handshake/flows.ts";
import { HandshakeIO } from "../handshake/io/message_stream.ts";
import { RecordLayer } from "../record/layer.ts";
import type { ByteSink, ByteSource } from "../record/transport.ts";
import { untilAborted } from "./transport/deadline.ts";
import {
  carrierOf,
  type Duplex,
  releasing,
  type Transport,
} from "./transport/transport.ts";

/** What {@linkcode peekClientHello} has seen. */
export interface PeekedClientHello {
  /** What the client offers. */
  readonly info: ClientHelloInfo;
  /** All bytes that were read: whole records, and perhaps some that follow. */
  readonly bytes: Uint8Array;
  /** The duplex that was given, with those bytes still to be read. */
  readonly duplex: Duplex;
}

/** Options of {@linkcode peekClientHello}. */
export interface PeekClientHelloOptions {
  /**
   * Aborts the duplex, with its reason: a client may send nothing for as long
   * as it likes.
   */
  readonly signal?: AbortSignal;
}

/**
 * Reads a ClientHello, and gives back a duplex that still has it: to pass a
 * connection on by its server name without ending its TLS. Nothing is written.
 *
 * It reads one ClientHello and no more than 150 kB. What it says comes from the
 * network and is not authenticated. With Encrypted Client Hello the server name
 * is that of the outer ClientHello. If it fails, it aborts the duplex.
 *
 * @param duplex The connection with the client. Neither stream may be locked.
 * @param options A signal.
 * @returns What the client offers, its bytes, and the duplex to go on with.
 * @throws {TypeError} If a stream is locked, or is no stream.
 * @throws {TlsError} `not_tls`, if the client does not speak TLS.
 * @throws {TlsProtocolError} If what comes is no well-formed ClientHello.
 * @throws {TlsTruncatedError} If the client ends before its ClientHello does.
 * @throws {Error} If the transport fails, or with the reason of the signal.
 *
 * @example A router by server name
 * ```ts ignore
 * import { peekClientHello, pipeDuplex } from "@x/tls";
 *
 * async function route(socket: Deno.Conn): Promise<void> {
 *   const signal = AbortSignal.timeout(10_000);
 *   const { info, duplex } = await peekClientHello(socket, { signal });
 *   const hostname = info.serverName === "a.example" ? "10.0.0.1" : "10.0.0.2";
 *   await pipeDuplex(duplex, await Deno.connect({ hostname, port: 443 }));
 * }
 *
 * for await (const socket of Deno.listen({ port: 443 })) {
 *   // A client that is silent or wrong holds up and ends none but itself.
 *   route(socket).catch((error) => console.error(error));
 * }
 * ```
 */
export async function peekClientHello(
  duplex: Duplex,
  options: PeekClientHelloOptions = {},
): Promise<PeekedClientHello> {
  const { signal } = options;
  const transport = carrierOf(duplex);
  try {
    return await untilAborted(signal, () => peek(transport));
  } catch (error) {
    // What was read is lost, so that nobody can go on with the rest.
    transport.abort(error);
    throw error;
  }
}

async function peek(transport: Transport): Promise<PeekedClientHello> {
  const source = new KeepingSource(transport);
  const records = new RecordLayer({ source, sink: NO_SINK });
  const io = new HandshakeIO(records, { maxCertificateSize: undefined });
  const { readClientHelloInfo } = await serverFlow.load();
  const info = await readClientHelloInfo(io, transport.socket?.remoteAddr);
  const module = await releasing.load();
  const { pending } = records.reader.detach();
  const { bytes } = source;
  return { info, bytes, duplex: transport.release({ bytes, pending }, module) };
}

/** A source that keeps what was read from it. */
export class KeepingSource implements ByteSource {
  readonly #source: ByteSource;
  readonly #chunks: Uint8Array[] = [];

  constructor(source: ByteSource) {
    this.#source = source;
  }

  get bytes(): Uint8Array {
    return concat(this.#chunks);
  }

  async read(into: Uint8Array): Promise<number | null> {
    const length = await this.#source.read(into);
    if (length !== null) this.#chunks.push(into.slice(0, length));
    return length;
  }
}

/** Nothing is answered. */
const NO_SINK: ByteSink = { write: () => Promise.resolve() };
