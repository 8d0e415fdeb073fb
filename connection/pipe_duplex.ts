/**
 * Two duplexes joined into one.
 *
 * @module
 */

import {
  carrierOf,
  type Duplex,
  type Transport,
} from "./transport/transport.ts";

/** Options of {@linkcode pipeDuplex}. */
export interface PipeDuplexOptions {
  /** Aborts both duplexes, with its reason. */
  readonly signal?: AbortSignal;
}

/**
 * Joins two duplexes: what comes from one goes to the other, both ways, with
 * back-pressure. When one direction ends, its end is passed on and the other
 * direction goes on; when both have ended, both duplexes are closed. An error on
 * either aborts both.
 *
 * A `TlsConn`, a socket of Deno, one of `fromNodeSocket` and any other pair of
 * streams can be joined. Both duplexes belong to the call from then on.
 *
 * @param a One duplex.
 * @param b The other.
 * @param options A signal.
 * @returns A promise that resolves when both directions have ended.
 * @throws {TypeError} If a stream is locked, or is no stream; the other duplex is
 * aborted.
 * @throws {TlsError} If a TLS connection fails.
 * @throws {Error} If another transport fails, or with the reason of the signal.
 *
 * @example A proxy that ends TLS in front of a plain back end
 * ```ts ignore
 * import { listen, pipeDuplex } from "@x/tls";
 *
 * const cert = await Deno.readTextFile("cert.pem");
 * const key = await Deno.readTextFile("key.pem");
 * for await (const conn of listen({ port: 8443, cert, key })) {
 *   Deno.connect({ port: 8080 })
 *     .then((backend) => pipeDuplex(conn, backend))
 *     .catch((error) => conn.abort(error));
 * }
 * ```
 */
export async function pipeDuplex(
  a: Duplex,
  b: Duplex,
  options: PipeDuplexOptions = {},
): Promise<void> {
  const { signal } = options;
  const ends = carriersOf(a, b);
  const failed = Promise.withResolvers<never>();
  const fail = (error: unknown) => {
    failed.reject(error);
    for (const end of ends) end.abort(error);
  };
  for (const end of ends) end.onWriteFailure = fail;
  const onAbort = () => fail(signal?.reason);
  signal?.addEventListener("abort", onAbort);
  try {
    if (signal?.aborted) onAbort();
    const both = Promise.all([pump(ends[0], ends[1]), pump(ends[1], ends[0])]);
    await Promise.race([both, failed.promise]);
    await Promise.all(ends.map((end) => end.close()));
  } catch (error) {
    fail(error);
    throw error;
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
}

/** Both, or neither: nobody could close one that is taken already. */
function carriersOf(a: Duplex, b: Duplex): readonly [Transport, Transport] {
  const first = carrierOf(a);
  try {
    return [first, carrierOf(b)];
  } catch (error) {
    first.abort(error);
    throw error;
  }
}

/** One direction, from its first byte to its end. */
async function pump(from: Transport, to: Transport): Promise<void> {
  let buffer = new Uint8Array(BUFFER_SIZE);
  while (true) {
    const length = await from.read(buffer);
    if (length === null) break;
    await to.write(buffer.subarray(0, length));
    if (to.retains) buffer = new Uint8Array(BUFFER_SIZE);
  }
  await to.closeWrite();
}

/** Bytes that are read at once: four records. */
const BUFFER_SIZE = 65_536;
