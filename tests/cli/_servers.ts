/**
 * Servers on loopback for the command line to connect to.
 *
 * @module
 */

import { listen, type ListenOptions, server, type TlsConn } from "../../mod.ts";
import { issueCertificate } from "../../x509/mod.ts";

/** An authority, and a certificate for "localhost" and 127.0.0.1 of it. */
export const authority = await issueCertificate({
  names: ["Test CA"],
  ca: true,
});
export const identity = await issueCertificate({
  names: ["localhost", "127.0.0.1"],
  issuer: authority,
});

/** The file of the authority, for `--ca-file ca.pem`. */
export const files: Readonly<Record<string, string>> = {
  "ca.pem": authority.cert,
  "cert.pem": identity.cert,
  "key.pem": identity.key,
};

/** A server that is there until it is disposed of. */
export interface Served extends AsyncDisposable {
  readonly port: number;
  /** Host and port, as an argument. */
  readonly at: string;
}

/** A TLS server that sends back what it gets. */
export function echo(
  options: Partial<ListenOptions> = {},
  handle: (conn: TlsConn, disposed: Promise<void>) => Promise<void> = echoed,
): Served {
  const { cert, key } = identity;
  const listener = listen({
    hostname: "127.0.0.1",
    port: 0,
    cert,
    key,
    ...options,
  } as ListenOptions);
  const disposed = Promise.withResolvers<void>();
  const serving = serveEach(listener, (conn) => handle(conn, disposed.promise));
  return servedAt((listener.addr as Deno.NetAddr).port, async () => {
    listener.close();
    disposed.resolve();
    await serving;
  });
}

/** Reads, and neither answers nor ends while the server is there. */
export async function keepOpen(
  conn: TlsConn,
  disposed: Promise<void>,
): Promise<void> {
  const buffer = new Uint8Array(1024);
  while (await conn.read(buffer) !== null);
  await disposed;
  conn.abort();
}

/** A server without TLS, to begin with. */
export function plainServer(
  handle: (socket: Deno.TcpConn) => Promise<void>,
): Served {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const sockets: Deno.TcpConn[] = [];
  const serving = serveEach(listener, (socket) => {
    sockets.push(socket);
    return handle(socket);
  });
  return servedAt(listener.addr.port, async () => {
    listener.close();
    for (const socket of sockets) tryClose(socket);
    await serving;
  });
}

/** TLS on a socket that has spoken something else, with an echo above. */
export async function echoOn(socket: Deno.TcpConn): Promise<void> {
  const { cert, key } = identity;
  await echoed(server(socket, { cert, key }));
}

async function echoed(conn: TlsConn): Promise<void> {
  await conn.readable.pipeTo(conn.writable);
  await conn.close();
}

async function serveEach<T>(
  connections: AsyncIterable<T>,
  handle: (connection: T) => Promise<void>,
): Promise<void> {
  const running: Promise<void>[] = [];
  for await (const connection of connections) {
    // Clients that go are what is tested.
    running.push(handle(connection).catch(() => {}));
  }
  await Promise.all(running);
}

function servedAt(port: number, stop: () => Promise<void>): Served {
  return {
    port,
    at: `127.0.0.1:${port}`,
    [Symbol.asyncDispose]: stop,
  };
}

function tryClose(socket: Deno.TcpConn): void {
  try {
    socket.close();
  } catch {
    // It is closed already.
  }
}
