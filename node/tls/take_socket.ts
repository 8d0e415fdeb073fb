/**
 * Takes over a stream: nobody else reads it from then on.
 *
 * @module
 */

import type { Duplex } from "node:stream";
import type { Duplex as Transport } from "../../platform/socket.ts";
import { fromNodeSocket } from "../from_node_socket.ts";
import { invalidArgType } from "./errors.ts";

/**
 * Takes a stream as transport. At once: what came from now on would be lost.
 *
 * @throws {TypeError} If it is not a stream.
 */
export function takeSocket(socket: Duplex): Transport {
  if (
    typeof socket?.on !== "function" || typeof socket.write !== "function"
  ) {
    throw invalidArgType("socket", "an instance of Duplex", socket);
  }
  // Node takes the handle from a socket, so that it reads nothing any more.
  for (const event of ["data", "readable"]) socket.removeAllListeners(event);
  return fromNodeSocket(socket);
}
