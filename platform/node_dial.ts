/**
 * Connections by `node:net`.
 *
 * @module
 */

import { NodeBufferReader } from "./node_buffer_reader.ts";
import { NodeDuplex } from "./node_duplex.ts";
import type { NodeNet } from "./node_modules.ts";
import type { TcpPlace, UnixPlace } from "./runtime.ts";
import type { SocketConn } from "./socket.ts";

/** Connects; rejects with the error of the socket. */
export async function openNodeSocket(
  net: NodeNet,
  place: TcpPlace | UnixPlace,
): Promise<SocketConn> {
  const signal = "path" in place ? undefined : place.signal;
  signal?.throwIfAborted();
  const target = "path" in place ? { path: place.path } : {
    host: place.hostname,
    port: place.port,
    ...place.local?.address && { localAddress: place.local.address },
    ...place.local?.port && { localPort: place.local.port },
  };
  // As Deno does it: a record waits for no acknowledgement of the one before.
  const reader = readsAtOnce() ? new NodeBufferReader() : undefined;
  const socket = net.connect({
    ...target,
    allowHalfOpen: true,
    noDelay: true,
    ...reader && { onread: reader.onread },
  });
  reader?.attach(socket);
  const abort = () => socket.destroy(signal?.reason);
  signal?.addEventListener("abort", abort);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.on("connect", resolve);
  socket.on("error", reject);
  try {
    await promise;
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    signal?.removeEventListener("abort", abort);
  }
  socket.off("connect", resolve);
  socket.off("error", reject);
  return new NodeDuplex(socket, {
    retains: false,
    ownsChunks: true,
    ...reader && { reader },
    ...("path" in place ? { path: place.path } : {}),
  });
}

/**
 * Whether bytes are read and given out in one step, so that all sockets may use
 * one buffer: Windows may be given the buffer ahead of them. Bun reads into
 * memory of its own first, which its stream gives away as it is.
 */
function readsAtOnce(): boolean {
  const { process } = globalThis as {
    process?: { platform?: string; versions?: { bun?: string } };
  };
  return process?.platform !== "win32" && process?.versions?.bun === undefined;
}
