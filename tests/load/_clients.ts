/**
 * The other end of the load: a process of its own that opens many connections
 * at once, half of them hostile. It tells in JSON what became of them.
 *
 * @module
 */

import { client } from "../../connection/wrap.ts";

/** The orders to this process. */
export interface ClientOrder {
  readonly port: number;
  /** How many connections, half of them hostile. */
  readonly count: number;
  readonly caCert: string;
  /** Bytes of each echo. */
  readonly echo: number;
}

/** What it tells. */
export interface ClientReport {
  /** Good connections whose echoes were right. */
  readonly served: number;
  /** Why others were not. */
  readonly failures: readonly string[];
  /** Hostile connections that the server has ended. */
  readonly ended: number;
  readonly hostile: number;
  /** Milliseconds until the last good client had its first echo. */
  readonly firstEchoes: number;
}

/** What a hostile client does with its socket. */
type Hostility = (socket: Deno.TcpConn, hello: Uint8Array) => Promise<void>;

const hostilities: readonly Hostility[] = [
  async function silent() {},
  async function garbage(socket) {
    await writeAll(socket, crypto.getRandomValues(new Uint8Array(3000)));
  },
  async function slow(socket, hello) {
    for (const byte of hello) {
      await socket.write(Uint8Array.of(byte));
      await pause(50);
    }
  },
  async function closing(socket, hello) {
    await writeAll(socket, hello.subarray(0, hello.length / 2));
    await pause(20);
    socket.close();
  },
  async function leaving(socket, hello) {
    await writeAll(socket, hello);
    socket.close();
  },
  async function huge(socket) {
    // A ClientHello of the greatest length that a header can tell.
    const record = new Uint8Array(5 + 16384);
    record.set([22, 3, 1, 64, 0, 1, 255, 255, 255]);
    for (let left = 20; left > 0; left--) await writeAll(socket, record);
  },
  async function large(socket) {
    // One that may be, but never ends.
    const record = new Uint8Array(5 + 16384);
    record.set([22, 3, 1, 64, 0, 1, 1, 255, 255]);
    await writeAll(socket, record);
    record.set([22, 3, 1, 64, 0, 0, 0, 0, 0]);
    for (let left = 6; left > 0; left--) await writeAll(socket, record);
  },
];

async function writeAll(socket: Deno.TcpConn, bytes: Uint8Array) {
  for (let at = 0; at < bytes.length;) {
    at += await socket.write(bytes.subarray(at));
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** The first flight of our client. */
async function clientHello(): Promise<Uint8Array> {
  const out = new TransformStream<Uint8Array, Uint8Array>();
  const { readable } = new TransformStream<Uint8Array, Uint8Array>();
  const conn = client(
    { readable, writable: out.writable },
    { serverName: "localhost" },
  );
  conn.handshake().catch(() => {});
  const { value } = await out.readable.getReader().read();
  conn.abort();
  return value ?? new Uint8Array();
}

/** Counts what all of a kind have come to. */
class Barrier {
  readonly #reached = Promise.withResolvers<void>();
  #left: number;

  constructor(count: number) {
    this.#left = count;
    if (count === 0) this.#reached.resolve();
  }

  get reached(): Promise<void> {
    return this.#reached.promise;
  }

  arrive(): void {
    if (--this.#left <= 0) this.#reached.resolve();
  }
}

async function runAll(order: ClientOrder): Promise<ClientReport> {
  const hello = await clientHello();
  const good = Math.floor(order.count / 2);
  const barrier = new Barrier(good);
  const failures: string[] = [];
  const counts = { served: 0, ended: 0, firstEchoes: 0 };
  const started = performance.now();
  const goodOnes = Array.from({ length: good }, async () => {
    try {
      await beServed(order, () => {
        barrier.arrive();
        counts.firstEchoes = performance.now() - started;
        return barrier.reached;
      });
      counts.served++;
    } catch (error) {
      barrier.arrive();
      failures.push(String(error));
    }
  });
  const hostile = order.count - good;
  const sockets: Deno.TcpConn[] = [];
  const hostileOnes = Array.from({ length: hostile }, async (_, at) => {
    const socket = await Deno.connect({ port: order.port });
    sockets.push(socket);
    const act = hostilities[at % hostilities.length] as Hostility;
    act(socket, hello).catch(() => {});
    await untilEnd(socket);
    counts.ended++;
  });
  await Promise.all(goodOnes);
  await Promise.race([Promise.all(hostileOnes), pause(HOSTILE_TIME)]);
  for (const socket of sockets) close(socket);
  return { ...counts, failures, hostile };
}

/** Two echoes, the second when all have had the first. */
async function beServed(
  { port, caCert, echo }: ClientOrder,
  firstDone: () => Promise<void>,
): Promise<void> {
  using conn = await Deno.connectTls({
    port,
    hostname: "localhost",
    caCerts: [caCert],
  });
  await expectEcho(conn, echo);
  await firstDone();
  await expectEcho(conn, echo);
}

async function expectEcho(conn: Deno.TlsConn, length: number): Promise<void> {
  const sent = crypto.getRandomValues(new Uint8Array(length));
  const writing = (async () => {
    for (let at = 0; at < length;) at += await conn.write(sent.subarray(at));
  })();
  writing.catch(() => {});
  const received = new Uint8Array(length);
  for (let at = 0; at < length;) {
    const count = await conn.read(received.subarray(at));
    if (count === null) throw new Error(`The end after ${at} bytes`);
    at += count;
  }
  await writing;
  if (received.some((byte, at) => byte !== sent[at])) {
    throw new Error("Another echo");
  }
}

async function untilEnd(socket: Deno.TcpConn): Promise<void> {
  const bytes = new Uint8Array(1000);
  try {
    while (await socket.read(bytes) !== null);
  } catch {
    // Reset, or closed by ourselves.
  }
  close(socket);
}

function close(socket: Deno.TcpConn): void {
  try {
    socket.close();
  } catch {
    // It is closed.
  }
}

/** Milliseconds that hostile clients stay once the good ones are done. */
const HOSTILE_TIME = 30_000;

if (import.meta.main) {
  const order = JSON.parse(Deno.args[0] ?? "") as ClientOrder;
  const report = await runAll(order);
  await Deno.stdout.write(new TextEncoder().encode(JSON.stringify(report)));
  Deno.exit(0);
}
