/**
 * What is measured: one function a figure.
 *
 * @module
 */

import process from "node:process";
import { listen } from "../mod.ts";
import { Certificate } from "../x509/mod.ts";
import {
  answers,
  ca,
  close,
  type Conn,
  dial,
  folder,
  type Kind,
  leaf,
  orders,
  port,
} from "./_ends.ts";
import { Command } from "./peer.ts";

const MIB = 2 ** 20;
/** In units of 16 MiB: what one bulk measurement moves. */
const BULK = 16;

/** Runs `work` and gives MiB a second. */
async function rate(work: () => Promise<number>): Promise<number> {
  const start = performance.now();
  const bytes = await work();
  return bytes / MIB / ((performance.now() - start) / 1000);
}

export async function receiveStream(kind: Kind, size = BULK): Promise<number> {
  const conn = await dial(kind);
  await conn.write(Uint8Array.of(Command.send, size));
  const reader = conn.readable.getReader();
  const result = await rate(async () => {
    let total = 0;
    while (total < size * 16 * MIB) {
      const { value } = await reader.read();
      total += value?.length ?? Infinity;
    }
    return total;
  });
  reader.releaseLock();
  await close(conn);
  return result;
}

export async function receiveRead(kind: Kind): Promise<number> {
  const conn = await dial(kind);
  await conn.write(Uint8Array.of(Command.send, BULK));
  const buffer = new Uint8Array(65536);
  const result = await rate(async () => {
    let total = 0;
    while (total < BULK * 16 * MIB) {
      total += await conn.read(buffer) ?? Infinity;
    }
    return total;
  });
  await close(conn);
  return result;
}

export async function sendStream(kind: Kind): Promise<number> {
  const conn = await dial(kind);
  await conn.write(Uint8Array.of(Command.receive, BULK));
  const chunk = new Uint8Array(65536);
  const result = await rate(async () => {
    const writer = conn.writable.getWriter();
    const total = BULK * 16 * MIB;
    for (let sent = 0; sent < total; sent += chunk.length) {
      await writer.ready;
      writer.write(chunk).catch(() => {});
    }
    await writer.ready;
    writer.releaseLock();
    await conn.read(new Uint8Array(1));
    return total;
  });
  await close(conn);
  return result;
}

export async function sendWrite(kind: Kind): Promise<number> {
  const conn = await dial(kind);
  await conn.write(Uint8Array.of(Command.receive, BULK));
  const chunk = new Uint8Array(65536);
  const result = await rate(async () => {
    const total = BULK * 16 * MIB;
    for (let sent = 0; sent < total;) sent += await conn.write(chunk);
    await conn.read(new Uint8Array(1));
    return total;
  });
  await close(conn);
  return result;
}

/** Microseconds there and back, by `read` and `write`. */
export async function echo(kind: Kind): Promise<number> {
  const conn = await dial(kind);
  const message = new Uint8Array(64).fill(Command.echo);
  const buffer = new Uint8Array(128);
  const round = async () => {
    for (let sent = 0; sent < 64;) sent += await conn.write(message);
    for (let read = 0; read < 64;) read += await conn.read(buffer) ?? 64;
  };
  for (let i = 0; i < 300; i++) await round();
  const start = performance.now();
  for (let i = 0; i < 2000; i++) await round();
  const result = (performance.now() - start) / 2;
  await close(conn);
  return result;
}

/** The same over the streams. */
export async function echoStream(kind: Kind): Promise<number> {
  const conn = await dial(kind);
  const message = new Uint8Array(64).fill(Command.echo);
  const [writer, reader] = [
    conn.writable.getWriter(),
    conn.readable.getReader(),
  ];
  const round = async () => {
    await writer.write(message);
    for (let read = 0; read < 64;) {
      read += (await reader.read()).value?.length ?? 64;
    }
  };
  for (let i = 0; i < 300; i++) await round();
  const start = performance.now();
  for (let i = 0; i < 2000; i++) await round();
  const result = (performance.now() - start) / 2;
  writer.releaseLock();
  reader.releaseLock();
  await close(conn);
  return result;
}

/** Handshakes a second. */
async function handshakes(
  open: () => Promise<Conn>,
  count: number,
  inFlight = 1,
): Promise<number> {
  let left = count;
  const work = async () => {
    while (left-- > 0) {
      const conn = await open();
      await handshakeOf(conn);
      await close(conn);
    }
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: inFlight }, work));
  return count / ((performance.now() - start) / 1000);
}

/**
 * The same after a few that do not count: what natively closed connections
 * leave behind holds up Deno's thread pool for 400 ms for the next user.
 */
export async function handshakeRate(
  open: () => Promise<Conn>,
  count: number,
  inFlight = 1,
): Promise<number> {
  await handshakes(open, 10);
  return await handshakes(open, count, inFlight);
}

async function handshakeOf(conn: Conn): Promise<void> {
  await conn.handshake();
}

function cpu(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/**
 * Milliseconds of CPU that a client's handshake takes, all threads together.
 */
export async function clientCpu(kind: Kind): Promise<number> {
  await handshakes(() => dial(kind), 20);
  const start = cpu();
  await handshakes(() => dial(kind), 100);
  return (cpu() - start) / 100;
}

/** The same of a server, whose clients are the other process's. */
export async function serverCpu(kind: Kind): Promise<number> {
  const options = {
    port: 0,
    hostname: "127.0.0.1",
    cert: leaf.cert,
    key: leaf.key,
  };
  const listener = kind === "ours" ? listen(options) : Deno.listenTls(options);
  const serving = (async () => {
    for await (const conn of listener) {
      (async () => {
        await handshakeOf(conn);
        await conn.read(new Uint8Array(1));
        await close(conn);
      })().catch(() => {});
    }
  })();
  const { port } = listener.addr as Deno.NetAddr;
  const order = async (count: number) => {
    await orders.write(new TextEncoder().encode(`${port} ${count} 1\n`));
    await answers.read();
  };
  await order(20);
  const start = cpu();
  await order(100);
  const result = (cpu() - start) / 100;
  listener.close();
  await serving.catch(() => {});
  return result;
}

/** KiB of resident memory that an idle connection holds, a read pending. */
export async function idleMemory(kind: Kind): Promise<number | undefined> {
  const { gc } = globalThis as { gc?: () => void };
  if (gc === undefined) return undefined;
  const settle = async () => {
    await new Promise((resolve) => setTimeout(resolve, 200));
    gc();
    gc();
    return Deno.memoryUsage().rss / 1024;
  };
  const open = async () => {
    const conn = await dial(kind);
    await conn.write(new Uint8Array(64).fill(Command.echo));
    await conn.read(new Uint8Array(64));
    conn.read(new Uint8Array(64)).catch(() => {});
    return conn;
  };
  const warm = await Promise.all(Array.from({ length: 50 }, open));
  const before = await settle();
  const conns: Conn[] = [];
  for (let i = 0; i < 300; i++) conns.push(await open());
  const after = await settle();
  await Promise.all([...warm, ...conns].map(close));
  return (after - before) / 300;
}

/**
 * Milliseconds from a process's start to its first handshake, over Deno's own.
 */
export async function coldStart(kind: Kind): Promise<number> {
  const time = async (script: string) => {
    const path = `${folder}/${kind}_cold.ts`;
    await Deno.writeTextFile(path, script);
    const start = performance.now();
    await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-A",
        "--quiet",
        "--no-check",
        "--config",
        new URL("../deno.json", import.meta.url).pathname,
        path,
      ],
    }).output();
    return performance.now() - start;
  };
  const pem = JSON.stringify(ca.cert);
  const root = new URL("..", import.meta.url).href;
  const first = kind === "ours"
    ? `import { connect } from "${root}mod.ts";
       import { TrustStore } from "${root}x509/mod.ts";
       await connect({ hostname: "127.0.0.1", port: ${port}, serverName: "localhost", trust: TrustStore.of(${pem}) });
       Deno.exit(0);`
    : `const tcp = await Deno.connect({ hostname: "127.0.0.1", port: ${port} });
       const conn = await Deno.startTls(tcp, { hostname: "localhost", caCerts: [${pem}] });
       await conn.handshake();
       Deno.exit(0);`;
  await time(first);
  return await time(first) - await time("Deno.exit(0);");
}

/** Microseconds; the runtime shows no parser of its own. */
export function parseCertificate(kind: Kind): Promise<number | undefined> {
  const [der] = leaf.identity.chain.map(({ raw }) => raw);
  if (kind !== "ours" || der === undefined) return Promise.resolve(undefined);
  for (let i = 0; i < 500; i++) Certificate.parse(der);
  const start = performance.now();
  for (let i = 0; i < 2000; i++) Certificate.parse(der);
  return Promise.resolve((performance.now() - start) / 2);
}

/**
 * MiB that the process has grown by after half a GiB over one connection,
 * behind as much.
 */
export async function growth(kind: Kind): Promise<number> {
  await receiveStream(kind, 32);
  const before = Deno.memoryUsage().rss;
  await receiveStream(kind, 32);
  return (Deno.memoryUsage().rss - before) / MIB;
}
