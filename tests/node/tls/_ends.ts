/**
 * A server and clients by Node's names, on loopback.
 *
 * @module
 */

import { once } from "node:events";
import type { AddressInfo, Socket } from "node:net";
import { issueCertificate } from "../../../x509/mod.ts";
import {
  connect,
  type ConnectionOptions,
  createServer,
  type Server,
  type TlsServerOptions,
  type TLSSocket,
} from "../../../node/tls/mod.ts";

/** An authority for the tests of one file. */
export const ca = await issueCertificate({ names: ["Test CA"], ca: true });

/** A certificate of it, in PEM. */
export async function certificateFor(
  ...names: string[]
): Promise<{ cert: string; key: string }> {
  const { cert, key } = await issueCertificate({ names, issuer: ca });
  return { cert, key };
}

/** A server that is closed with the test. */
export interface RunningServer extends AsyncDisposable {
  readonly server: Server;
  /** Options of a client that trusts it. */
  readonly dial: ConnectionOptions;
}

/** Starts a server. */
export async function running(
  options: TlsServerOptions,
  listener?: (socket: TLSSocket) => void,
): Promise<RunningServer> {
  const server = createServer(options, listener);
  const sockets = new Set<Socket>();
  const accepted = new Set<TLSSocket>();
  server.on("secureConnection", (socket: TLSSocket) => accepted.add(socket));
  server.on("connection", (socket: Socket) => sockets.add(socket));
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  return {
    server,
    dial: { port, host: "127.0.0.1", servername: "localhost", ca: ca.cert },
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      // A test that has failed leaves some open.
      for (const socket of sockets) socket.destroy();
      await closed;
      await Promise.all([...accepted].map(({ conn }) => conn?.closed));
    },
  };
}

/** Dials, and waits for the end of the handshake. */
export async function secured(options: ConnectionOptions): Promise<TLSSocket> {
  const socket = connect(options);
  await once(socket, "secureConnect");
  return socket;
}

/** Ends a socket, and waits until it is closed. */
export async function ended(socket: TLSSocket): Promise<void> {
  if (!socket.closed) {
    const closed = once(socket, "close");
    socket.resume().end();
    await closed;
  }
  await socket.conn?.closed;
}

/** The error that a client meets. */
export async function failure(
  options: ConnectionOptions,
): Promise<Error & { code?: string }> {
  const socket = connect(options);
  const closed = once(socket, "close").catch(() => {});
  const [error] = await once(socket, "error");
  await closed;
  return error;
}
