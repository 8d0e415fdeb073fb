/**
 * A stream of Node as a transport for TLS.
 *
 * @module
 */

import { Socket } from "node:net";
import type { Duplex as NodeStream } from "node:stream";
import { NodeDuplex } from "../platform/node_duplex.ts";
import type { Duplex } from "../platform/socket.ts";

/**
 * Makes a socket of Node a transport for `client()`, `server()`,
 * `pipeDuplex()` and `peekClientHello()`. Any `stream.Duplex` will do: a
 * `net.Socket`, a `tls.TLSSocket`, one end of a `stream.duplexPair()`. It is
 * read and written without Web Streams in between.
 *
 * The socket belongs to the transport from then on. It may be connecting still.
 * Its `allowHalfOpen` becomes `true`, as TLS decides when to end. What it emits
 * as `error` rejects what is pending.
 *
 * @param socket The socket. Nobody else may read it.
 * @returns The transport.
 * @throws {TypeError} If it is not a stream, is destroyed, has an encoding, is in
 * object mode, or has a listener for `data` or `readable`.
 *
 * @example A client over a socket of node:net
 * ```ts ignore
 * import { client } from "@x/tls";
 * import { fromNodeSocket } from "@x/tls/node";
 * import { connect } from "node:net";
 *
 * const socket = connect(443, "example.com");
 * await using conn = client(fromNodeSocket(socket), {
 *   serverName: "example.com",
 * });
 * await conn.handshake();
 * ```
 */
export function fromNodeSocket(socket: NodeStream): Duplex {
  return new NodeDuplex(socket, { retains: !(socket instanceof Socket) });
}
