/**
 * One measurement of many connections, in a process of its own: prints its
 * figures as JSON.
 *
 * @module
 */

import process from "node:process";
import type * as mod from "../mod.ts";
import type * as x509 from "../x509/mod.ts";
import { Order } from "./connections_peer.ts";

/** What to measure. */
export interface Probe {
  readonly measure: "receive" | "send" | "echo" | "heap" | "idle";
  /** Connections. */
  readonly count: number;
  /** The port of the other end. */
  readonly port: number;
  /** The folder with `ca.pem`. */
  readonly folder: string;
  /** URL of the library's folder, or nothing for the runtime's own TLS. */
  readonly root?: string;
  /** Cipher suites, for our own TLS. */
  readonly suites?: readonly string[];
  /** MiB to move in all. */
  readonly size?: number;
  /** Whether each connection gets `caCerts` instead of a context. */
  readonly caCerts?: boolean;
}

/** What came out. */
export type Figures = Readonly<Record<string, number>>;

type Conn = mod.TlsConn | Deno.TlsConn;
type Dial = () => Promise<Conn>;

async function dialOf(
  { root, folder, port, suites, caCerts }: Probe,
): Promise<Dial> {
  const pem = await Deno.readTextFile(`${folder}/ca.pem`);
  if (root === undefined) {
    return async () => {
      const tcp = await Deno.connect({ hostname: "127.0.0.1", port });
      tcp.setNoDelay(true);
      const conn = await Deno.startTls(tcp, {
        hostname: "localhost",
        caCerts: [pem],
      });
      await conn.handshake();
      return conn;
    };
  }
  const { connect, createContext }: typeof mod = await import(`${root}mod.ts`);
  const { TrustStore }: typeof x509 = await import(`${root}x509/mod.ts`);
  const where = { hostname: "127.0.0.1", serverName: "localhost", port };
  const cipherSuites = suites === undefined
    ? {}
    : { cipherSuites: [...suites] };
  if (caCerts) {
    return () => connect({ ...where, ...cipherSuites, caCerts: [pem] });
  }
  const context = createContext({ trust: TrustStore.of(pem), ...cipherSuites });
  return () => connect({ ...where, context });
}

/** Opens connections, at most 16 at a time. */
async function openAll(dial: Dial, count: number): Promise<Conn[]> {
  const conns: Conn[] = [];
  let left = count;
  const work = async () => {
    while (left-- > 0) conns.push(await dial());
  };
  await Promise.all(Array.from({ length: Math.min(count, 16) }, work));
  return conns;
}

function measure(dial: Dial, probe: Probe): Promise<Figures> {
  switch (probe.measure) {
    case "receive":
      return receive(dial, probe);
    case "send":
      return send(dial, probe);
    case "echo":
      return echo(dial);
    case "heap":
    case "idle":
      return idle(dial, probe);
  }
}

async function receive(dial: Dial, { count, size = 256 }: Probe) {
  const conns = await openAll(dial, count);
  const readers = conns.map((conn) => conn.readable.getReader());
  return await streaming(size * MIB, async (add) => {
    for (const conn of conns) {
      const writer = conn.writable.getWriter();
      writer.write(Uint8Array.of(Order.send)).catch(() => {});
    }
    await Promise.all(readers.map(async (reader) => {
      for (let isOver = false; !isOver;) {
        isOver = add((await reader.read()).value?.length ?? Infinity);
      }
    }));
  });
}

async function send(dial: Dial, { count, size = 256 }: Probe) {
  const conns = await openAll(dial, count);
  const writers = conns.map((conn) => conn.writable.getWriter());
  for (const writer of writers) {
    await writer.write(Uint8Array.of(Order.receive));
  }
  const chunk = new Uint8Array(65536);
  return await streaming(size * MIB, async (add) => {
    await Promise.all(writers.map(async (writer) => {
      for (let isOver = false; !isOver;) {
        await writer.ready;
        writer.write(chunk).catch(() => {});
        isOver = add(chunk.length);
      }
    }));
  });
}

/** Speed, memory and how late timers are while all connections move data. */
async function streaming(
  total: number,
  work: (add: (bytes: number) => boolean) => Promise<void>,
): Promise<Figures> {
  const before = await rss();
  await Deno.writeTextFile("/proc/self/clear_refs", "5").catch(() => {});
  const lags: number[] = [];
  let isOver = false;
  const watch = (async () => {
    while (!isOver) {
      const start = performance.now();
      await new Promise((resolve) => setTimeout(resolve, 5));
      lags.push(performance.now() - start - 5);
    }
  })();
  const start = performance.now();
  const cpu = process.cpuUsage();
  let moved = 0;
  let end = 0;
  await new Promise<void>((resolve, reject) => {
    work((bytes) => {
      moved += bytes;
      if (moved < total) return false;
      end ||= performance.now();
      resolve();
      return true;
    }).catch(reject);
  });
  const { user, system } = process.cpuUsage(cpu);
  isOver = true;
  await watch;
  lags.sort((a, b) => a - b);
  return {
    "MiB/s": moved / MIB / ((end - start) / 1000),
    "CPU, µs/MiB": (user + system) / (moved / MIB),
    "lag p99, ms": lags[Math.floor(lags.length * 0.99)] ?? 0,
    "RSS before, MiB": before / MIB,
    "peak RSS, MiB": await peakRss() / MIB,
  };
}

/** Microseconds there and back. */
async function echo(dial: Dial): Promise<Figures> {
  const [conn] = await openAll(dial, 1);
  if (conn === undefined) return {};
  const message = new Uint8Array(100).fill(Order.echo);
  const buffer = new Uint8Array(128);
  const round = async () => {
    for (let sent = 0; sent < 100;) sent += await conn.write(message);
    for (let read = 0; read < 100;) read += await conn.read(buffer) ?? 100;
  };
  for (let i = 0; i < 500; i++) await round();
  const start = performance.now();
  const cpu = process.cpuUsage();
  for (let i = 0; i < 5000; i++) await round();
  const { user, system } = process.cpuUsage(cpu);
  return {
    "µs": (performance.now() - start) / 5,
    "CPU, µs": (user + system) / 5000,
  };
}

/** Heap, or resident memory, of a connection that waits for its peer. */
async function idle(
  dial: Dial,
  { count, measure }: Probe,
): Promise<Figures> {
  const message = new Uint8Array(64).fill(Order.echo);
  const open = async () => {
    const conn = await dial();
    await conn.write(message);
    await conn.read(new Uint8Array(64));
    conn.read(new Uint8Array(64)).catch(() => {});
    return conn;
  };
  // What the runtime itself keeps of the first keys, a thousand of them.
  const warm = measure === "heap" ? await openAll(dial, WARM) : [];
  for (const conn of warm) conn.close();
  const kept = [];
  for (let i = 0; i < 50; i++) kept.push(await open());
  const before = await settled();
  for (let i = 0; i < count; i++) kept.push(await open());
  const after = await settled();
  const each = (kind: "heapUsed" | "external" | "rss") =>
    (after[kind] - before[kind]) / count / 1024;
  return measure === "heap"
    ? { "heap, KiB": each("heapUsed"), "buffers, KiB": each("external") }
    : { "RSS, KiB": each("rss") };
}

async function settled(): Promise<Deno.MemoryUsage> {
  const { gc } = globalThis as { gc?: () => void };
  for (let i = 0; i < 3; i++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    gc?.();
  }
  return Deno.memoryUsage();
}

function rss(): Promise<number> {
  return status("VmRSS");
}

function peakRss(): Promise<number> {
  return status("VmHWM");
}

/** A line of Linux's account of this process, in bytes; else what V8 knows. */
async function status(name: string): Promise<number> {
  try {
    const text = await Deno.readTextFile("/proc/self/status");
    return Number(new RegExp(`${name}:\\s+(\\d+)`).exec(text)?.[1]) * 1024;
  } catch {
    return Deno.memoryUsage().rss;
  }
}

const MIB = 2 ** 20;

/** Connections before those that count. */
const WARM = 600;

if (import.meta.main) {
  const probe = JSON.parse(Deno.args[0] ?? "{}") as Probe;
  const dial = await dialOf(probe);
  console.log(JSON.stringify(await measure(dial, probe)));
  Deno.exit(0);
}
