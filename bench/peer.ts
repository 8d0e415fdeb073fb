/**
 * The other end of the benchmark, in a process of its own: Deno's native TLS,
 * server and client, so that only the measured side differs. Our server stands
 * beside it for what the native one has not (AES-CBC), or has only with
 * Nagle's algorithm (a server's flight of TLS 1.2 in one piece).
 *
 * ```sh
 * deno run -A bench/peer.ts FOLDER          # prints its three ports
 * ```
 *
 * @module
 */

import { listen, type TlsConn } from "../mod.ts";

/** What a client's first two bytes ask for: a letter, and MiB. */
export const Command = { send: 0x53, receive: 0x52, echo: 0x45 } as const;

/** Suites with AES-CBC that are measured, which must be named on both sides. */
export const CBC_SUITES = [
  "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
  "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
] as const;

const MIB = 2 ** 20;

/** What both kinds of connection have. */
type Conn = Pick<TlsConn | Deno.TlsConn, "read" | "write" | "close">;

if (import.meta.main) {
  const [folder = "."] = Deno.args;
  const [cert, key] = await Promise.all([
    Deno.readTextFile(`${folder}/cert.pem`),
    Deno.readTextFile(`${folder}/key.pem`),
  ]);
  const ca = await Deno.readTextFile(`${folder}/ca.pem`);
  const options = { port: 0, hostname: "127.0.0.1", cert, key };
  const native = Deno.listenTls(options);
  const own = listen({
    ...options,
    cipherSuites: [
      "TLS_AES_128_GCM_SHA256",
      "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
      ...CBC_SUITES,
    ],
  });
  const rsa = Deno.listenTls({
    port: 0,
    hostname: "127.0.0.1",
    cert: await Deno.readTextFile(`${folder}/rsa_cert.pem`),
    key: await Deno.readTextFile(`${folder}/rsa_key.pem`),
  });
  console.log(
    native.addr.port,
    (own.addr as Deno.NetAddr).port,
    rsa.addr.port,
  );
  takeOrders(ca);
  await Promise.all([native, own, rsa].map(serveAll));
}

async function serveAll(listener: AsyncIterable<Conn>): Promise<void> {
  for await (const conn of listener) {
    serve(conn).catch(async () => {
      try {
        await conn.close();
      } catch {
        // It is closed.
      }
    });
  }
}

/** Lines on standard input: how many times to dial our server. */
async function takeOrders(ca: string): Promise<void> {
  const lines = Deno.stdin.readable.pipeThrough(new TextDecoderStream());
  for await (const line of lines) {
    const [port = 0, count = 0, inFlight = 1] = line.split(" ").map(Number);
    let left = count;
    const dial = async () => {
      while (left-- > 0) {
        const tcp = await Deno.connect({ hostname: "127.0.0.1", port });
        tcp.setNoDelay(true);
        const conn = await Deno.startTls(tcp, {
          hostname: "localhost",
          caCerts: [ca],
        });
        await conn.handshake();
        conn.close();
      }
    };
    await Promise.all(Array.from({ length: inFlight }, dial));
    console.log("done");
  }
}

async function serve(conn: Conn): Promise<void> {
  const buffer = new Uint8Array(65536);
  const first = await conn.read(buffer);
  const size = (buffer[1] ?? 0) * 16 * MIB;
  if (first === null) return await conn.close();
  switch (buffer[0]) {
    case Command.send:
      await send(conn, size);
      break;
    case Command.receive:
      await receive(conn, size - (first - 2), buffer);
      break;
    default:
      await echo(conn, first, buffer);
  }
  await conn.close();
}

async function send(conn: Conn, size: number): Promise<void> {
  const chunk = new Uint8Array(262144);
  for (let left = size; left > 0;) {
    left -= await conn.write(chunk.subarray(0, Math.min(left, chunk.length)));
  }
  await conn.read(chunk);
}

async function receive(
  conn: Conn,
  size: number,
  buffer: Uint8Array,
): Promise<void> {
  for (let left = size; left > 0;) {
    const length = await conn.read(buffer);
    if (length === null) return;
    left -= length;
  }
  await conn.write(new Uint8Array(1));
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
