/**
 * A WebSocket as two streams.
 *
 * @module
 */

import type { Duplex } from "@x/tls";

/** Carries bytes over a WebSocket, from when it is open. */
export function duplexOf(socket: WebSocket): Duplex {
  socket.binaryType = "arraybuffer";
  const opened = new Promise<void>((resolve, reject) => {
    socket.onopen = () => resolve();
    socket.onerror = () => reject(new Error("The bridge does not answer"));
  });
  return {
    readable: new ReadableStream({
      start(controller) {
        opened.catch((error) => controller.error(error));
        socket.onmessage = ({ data }) =>
          controller.enqueue(new Uint8Array(data));
        socket.onclose = () => {
          try {
            controller.close();
          } catch {
            // It has failed, or nobody reads any more.
          }
        };
      },
      cancel: () => socket.close(),
    }),
    writable: new WritableStream({
      start: () => opened,
      async write(chunk) {
        socket.send(chunk);
        while (socket.bufferedAmount > MOST_WAITING) {
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      },
      close: () => socket.close(),
      abort: () => socket.close(),
    }),
  };
}

/** Bytes that wait for a slow network. */
const MOST_WAITING = 1 << 20;
