/**
 * The other end of the measurements of many connections, in a process of its
 * own: a server that sends, swallows or echoes, until its client goes.
 *
 * ```sh
 * deno run -A bench/connections_peer.ts FOLDER native   # prints its port
 * ```
 *
 * @module
 */

import { createServer, type TLSSocket } from "node:tls";
import { listen, type TlsConn } from "../mod.ts";

/** What the first byte of a client asks for. */
export const Order = { send: 0x53, receive: 0x52, echo: 0x45 } as const;

/** Which TLS serves. */
export type PeerKind = "native" | "ours" | "node";

/** What both kinds of connection have. */
type Conn = Pick<TlsConn | Deno.TlsConn, "read" | "write" | "close">;

async function serveAll(listener: AsyncIterable<Conn>): Promise<void> {
  for await (const conn of listener) {
    serve(conn).catch(() => {}).finally(async () => {
      try {
        await conn.close();
      } catch {
        // It is closed.
      }
    });
  }
}

async function serve(conn: Conn): Promise<void> {
  const buffer = new Uint8Array(65536);
  const first = await conn.read(buffer);
  if (first === null) return;
  switch (buffer[0]) {
    case Order.send:
      await send(conn);
      break;
    case Order.receive:
      while (await conn.read(buffer) !== null);
      break;
    default:
      await echo(conn, first, buffer);
  }
}

async function send(conn: Conn): Promise<void> {
  for (;;) {
    for (let at = 0; at < CHUNK.length;) {
      at += await conn.write(CHUNK.subarray(at));
    }
  }
}

async function echo(
  conn: Conn,
  first: number,
  buffer: Uint8Array,
): Promise<void> {
  for (
    let length: number | null = first;
    length !== null;
    length = await conn.read(buffer)
  ) {
    for (let at = 0; at < length;) {
      at += await conn.write(buffer.subarray(at, length));
    }
  }
}

/** The same with `node:tls`, which lets the client choose the suite. */
function serveNode(options: { cert: string; key: string }): void {
  const server = createServer(options, (socket: TLSSocket) => {
    socket.on("error", () => {});
    socket.once("data", (first: Uint8Array) => {
      if (first[0] === Order.send) sendNode(socket);
      else if (first[0] === Order.receive) socket.resume();
      else {
        socket.write(first);
        socket.pipe(socket);
      }
    });
  });
  server.listen(0, "127.0.0.1", () => {
    const address = server.address();
    console.log(typeof address === "object" ? address?.port : address);
  });
}

function sendNode(socket: TLSSocket): void {
  const more = () => {
    while (!socket.destroyed && socket.write(CHUNK));
  };
  socket.on("drain", more);
  more();
}

/** What is sent again and again. */
const CHUNK = new Uint8Array(65536);

if (import.meta.main) {
  const [folder = ".", kind = "native"] = Deno.args;
  const [cert, key] = await Promise.all([
    Deno.readTextFile(`${folder}/cert.pem`),
    Deno.readTextFile(`${folder}/key.pem`),
  ]);
  const options = { port: 0, hostname: "127.0.0.1", cert, key };
  if (kind === "node") {
    serveNode({ cert, key });
  } else {
    const listener = kind === "ours"
      ? listen(options)
      : Deno.listenTls(options);
    console.log((listener.addr as Deno.NetAddr).port);
    await serveAll(listener);
  }
}
