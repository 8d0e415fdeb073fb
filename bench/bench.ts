/**
 * Ours and Deno's native TLS side by side, in one run: interleaved rounds,
 * medians, ratios. The other end is a process of its own with native TLS.
 *
 * ```sh
 * deno task bench                   # all of it, about two minutes
 * deno task bench receive echo      # rows whose name has one of these words
 * deno task bench --rounds=3
 * ```
 *
 * Absolute figures move from machine to machine and run to run: look at the
 * ratios. The table is written as JSON to `bench/results/` as well.
 *
 * @module
 */

import process from "node:process";
import { connect, type ConnectOptions, listen, type TlsConn } from "../mod.ts";
import { Certificate, issueCertificate, TrustStore } from "../x509/mod.ts";
import { CBC_SUITES, Command } from "./peer.ts";

/** What both kinds of connection have. */
type Conn = TlsConn | Deno.TlsConn;

/** One measurement of either kind. */
interface Row {
  readonly name: string;
  readonly unit: string;
  /** Whether more is better. */
  readonly more: boolean;
  /** What PERFORMANCE asks for, of the native figure or absolute. */
  readonly goal: string;
  /** Rounds at the most: for what is slow. */
  readonly rounds?: number;
  /**
   * Measured in a process of its own, where nothing was before, with these
   * flags for V8.
   */
  readonly isolated?: readonly string[];
  /** What is compared. @default {["ours", "native"]} */
  readonly pair?: readonly [Kind, Kind];
  measure(kind: Kind): Promise<number | undefined>;
}

type Kind = "ours" | "native" | keyof typeof variants;

/** Connections of ours that are compared with one another. */
const variants = {
  "1.3 GCM": { cipherSuites: ["TLS_AES_128_GCM_SHA256"] },
  "1.2 GCM": {
    cipherSuites: ["TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"],
  },
  "1.3 ChaCha20": { cipherSuites: ["TLS_CHACHA20_POLY1305_SHA256"] },
  "1.2 ChaCha20": {
    cipherSuites: ["TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"],
  },
  // The group of both, as TLS 1.2 has no hybrids; and the server of ours, as
  // the native one's flights wait for acknowledgements in TLS 1.2.
  "1.3 x25519": {
    ownPeer: true,
    minVersion: "TLSv1.3",
    groups: ["x25519", "secp256r1"],
  },
  "1.2 x25519": {
    ownPeer: true,
    maxVersion: "TLSv1.2",
    groups: ["x25519", "secp256r1"],
  },
  "own peer, GCM": {
    ownPeer: true,
    cipherSuites: ["TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"],
  },
  "own peer, CBC with SHA-1": {
    ownPeer: true,
    cipherSuites: [CBC_SUITES[0]],
  },
  "own peer, CBC with SHA-256": {
    ownPeer: true,
    cipherSuites: [CBC_SUITES[1]],
  },
} as const satisfies Record<
  string,
  Partial<ConnectOptions> & { ownPeer?: boolean }
>;

const MIB = 2 ** 20;
/** In units of 16 MiB: what one bulk measurement moves. */
const BULK = 16;

const folder = await Deno.makeTempDir();
const ca = await issueCertificate({ names: ["Bench CA"], ca: true });
const leaf = await issueCertificate({ names: ["localhost"], issuer: ca });
const trust = TrustStore.of(ca.cert);
await Deno.writeTextFile(`${folder}/ca.pem`, ca.cert);
await Deno.writeTextFile(`${folder}/cert.pem`, leaf.cert);
await Deno.writeTextFile(`${folder}/key.pem`, leaf.key);

const peer = new Deno.Command(Deno.execPath(), {
  args: [
    "run",
    "-A",
    "--quiet",
    new URL("./peer.ts", import.meta.url).href,
    folder,
  ],
  stdin: "piped",
  stdout: "piped",
}).spawn();
const answers = peer.stdout.pipeThrough(new TextDecoderStream()).getReader();
const orders = peer.stdin.getWriter();
const [port = 0, ownPeerPort = 0] = (await answers.read()).value
  ?.split(" ").map(Number) ?? [];

async function dial(kind: Kind): Promise<Conn> {
  if (kind !== "native") {
    const { ownPeer = false, ...variant } = kind === "ours"
      ? {}
      : { ownPeer: false, ...variants[kind] };
    return await connect({
      ...variant,
      hostname: "127.0.0.1",
      serverName: "localhost",
      port: ownPeer ? ownPeerPort : port,
      trust,
    });
  }
  const tcp = await Deno.connect({ hostname: "127.0.0.1", port });
  tcp.setNoDelay(true);
  return await Deno.startTls(tcp, {
    hostname: "localhost",
    caCerts: [ca.cert],
  });
}

/** As `Deno.connectTls` comes: with Nagle's algorithm. */
async function dialAsShipped(): Promise<Conn> {
  const conn = await Deno.connectTls({
    hostname: "localhost",
    port,
    caCerts: [ca.cert],
  });
  await conn.handshake();
  return conn;
}

async function close(conn: Conn): Promise<void> {
  try {
    await conn.close();
  } catch {
    // Native: its stream has closed it already.
  }
}

/** Runs `work` and gives MiB a second. */
async function rate(work: () => Promise<number>): Promise<number> {
  const start = performance.now();
  const bytes = await work();
  return bytes / MIB / ((performance.now() - start) / 1000);
}

async function receiveStream(kind: Kind, size = BULK): Promise<number> {
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

async function receiveRead(kind: Kind): Promise<number> {
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

async function sendStream(kind: Kind): Promise<number> {
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

async function sendWrite(kind: Kind): Promise<number> {
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
async function echo(kind: Kind): Promise<number> {
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
async function echoStream(kind: Kind): Promise<number> {
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
 * leave behind holds up Deno's thread pool for 400 ms, whoever needs it next.
 */
async function handshakeRate(
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

/** Milliseconds of CPU that a client's handshake takes, all threads together. */
async function clientCpu(kind: Kind): Promise<number> {
  await handshakes(() => dial(kind), 20);
  const start = cpu();
  await handshakes(() => dial(kind), 100);
  return (cpu() - start) / 100;
}

/** The same of a server, whose clients are the other process's. */
async function serverCpu(kind: Kind): Promise<number> {
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
async function idleMemory(kind: Kind): Promise<number | undefined> {
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

/** Milliseconds from a process's start to its first handshake, over Deno's own. */
async function coldStart(kind: Kind): Promise<number> {
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
function parseCertificate(kind: Kind): Promise<number | undefined> {
  const [der] = leaf.identity.chain.map(({ raw }) => raw);
  if (kind !== "ours" || der === undefined) return Promise.resolve(undefined);
  for (let i = 0; i < 500; i++) Certificate.parse(der);
  const start = performance.now();
  for (let i = 0; i < 2000; i++) Certificate.parse(der);
  return Promise.resolve((performance.now() - start) / 2);
}

/** MiB that the process has grown by after half a GiB over one connection. */
async function growth(kind: Kind): Promise<number> {
  await receiveStream(kind, 4);
  const before = Deno.memoryUsage().rss;
  await receiveStream(kind, 32);
  return (Deno.memoryUsage().rss - before) / MIB;
}

const rows: readonly Row[] = [
  {
    name: "receive, streams",
    unit: "MiB/s",
    more: true,
    goal: "≥ 0.8, then 1.0 ×",
    measure: receiveStream,
  },
  {
    name: "receive, read()",
    unit: "MiB/s",
    more: true,
    goal: "",
    measure: receiveRead,
  },
  {
    name: "send, streams",
    unit: "MiB/s",
    more: true,
    goal: "≥ 0.4, then 0.55 ×",
    measure: sendStream,
  },
  {
    name: "send, write()",
    unit: "MiB/s",
    more: true,
    goal: "",
    measure: sendWrite,
  },
  {
    name: "echo of 64 bytes, read/write",
    unit: "µs",
    more: false,
    goal: "≤ 2, then 1.4 ×",
    measure: echo,
  },
  {
    name: "echo of 64 bytes, streams",
    unit: "µs",
    more: false,
    goal: "≤ 2 ×",
    measure: echoStream,
  },
  {
    name: "handshakes, one by one",
    unit: "/s",
    more: true,
    goal: "",
    measure: (kind) => handshakeRate(() => dial(kind), 60),
  },
  {
    name: "handshakes, against connectTls as shipped",
    unit: "/s",
    more: true,
    goal: "≥ 10 ×",
    rounds: 3,
    measure: (kind) =>
      handshakeRate(kind === "ours" ? () => dial(kind) : dialAsShipped, 15),
  },
  {
    name: "handshakes, 16 in flight",
    unit: "/s",
    more: true,
    goal: "",
    measure: (kind) => handshakeRate(() => dial(kind), 160, 16),
  },
  {
    name: "CPU of a client handshake",
    unit: "ms",
    more: false,
    goal: "≤ 2.2, then 1.8 ms",
    measure: clientCpu,
  },
  {
    name: "CPU of a server handshake",
    unit: "ms",
    more: false,
    goal: "≤ 1.6 ms",
    measure: serverCpu,
  },
  {
    name: "memory of an idle connection",
    unit: "KiB",
    more: false,
    goal: "≤ 120, then 80 KiB",
    rounds: 3,
    // A young generation that does not grow: up to 48 MiB of garbage, which
    // belong to the process, would count for connections.
    isolated: ["--min-semi-space-size=1", "--max-semi-space-size=1"],
    measure: idleMemory,
  },
  {
    name: "cold start to the first handshake",
    unit: "ms",
    more: false,
    goal: "≤ 90 ms",
    rounds: 3,
    measure: coldStart,
  },
  {
    name: "growth over 0.5 GiB",
    unit: "MiB",
    more: false,
    goal: "none",
    rounds: 1,
    isolated: [],
    measure: growth,
  },
  {
    name: "receive, TLS 1.2 against 1.3, GCM",
    unit: "MiB/s",
    more: true,
    goal: "within 5 %",
    pair: ["1.2 GCM", "1.3 GCM"],
    measure: receiveStream,
  },
  {
    name: "receive, TLS 1.2 against 1.3, ChaCha20",
    unit: "MiB/s",
    more: true,
    goal: "within 5 %",
    pair: ["1.2 ChaCha20", "1.3 ChaCha20"],
    measure: receiveStream,
  },
  {
    name: "send, TLS 1.2 against 1.3, GCM",
    unit: "MiB/s",
    more: true,
    goal: "within 5 %",
    pair: ["1.2 GCM", "1.3 GCM"],
    measure: sendStream,
  },
  {
    name: "send, TLS 1.2 against 1.3, ChaCha20",
    unit: "MiB/s",
    more: true,
    goal: "within 5 %",
    pair: ["1.2 ChaCha20", "1.3 ChaCha20"],
    measure: sendStream,
  },
  ...(["SHA-1", "SHA-256"] as const).flatMap((digest): Row[] => [
    {
      name: `receive, AES-128-CBC with ${digest} against GCM`,
      unit: "MiB/s",
      more: true,
      goal: "≥ 58 MiB/s",
      rounds: 3,
      pair: [`own peer, CBC with ${digest}`, "own peer, GCM"],
      measure: receiveStream,
    },
    {
      name: `send, AES-128-CBC with ${digest} against GCM`,
      unit: "MiB/s",
      more: true,
      goal: "≥ 58 MiB/s",
      rounds: 3,
      pair: [`own peer, CBC with ${digest}`, "own peer, GCM"],
      measure: sendStream,
    },
  ]),
  {
    name: "client CPU, TLS 1.2 against 1.3, x25519",
    unit: "ms",
    more: false,
    goal: "within 10 %",
    pair: ["1.2 x25519", "1.3 x25519"],
    measure: clientCpu,
  },
  {
    name: "parse a certificate",
    unit: "µs",
    more: false,
    goal: "≤ 60 µs",
    measure: parseCertificate,
  },
];

/** A row with what came out. */
interface Result {
  readonly name: string;
  readonly unit: string;
  readonly goal: string;
  readonly ours: number | undefined;
  readonly native: number | undefined;
}

async function run(row: Row, rounds: number): Promise<Result> {
  const [left, right] = row.pair ?? ["ours", "native"];
  const figures: number[][] = [[], []];
  for (let round = 0; round < Math.min(rounds, row.rounds ?? rounds); round++) {
    for (const [column, kind] of [left, right].entries()) {
      const figure = row.isolated === undefined
        ? await row.measure(kind)
        : await isolated(row.name, kind, row.isolated);
      if (figure !== undefined) figures[column]?.push(figure);
    }
  }
  const { name, unit, goal } = row;
  return {
    name,
    unit,
    goal,
    ours: median(figures[0] ?? []),
    native: median(figures[1] ?? []),
  };
}

/** Runs one measurement in a process of its own. */
async function isolated(
  name: string,
  kind: Kind,
  flags: readonly string[],
): Promise<number | undefined> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--quiet",
      `--v8-flags=${["--expose-gc", ...flags].join()}`,
      import.meta.url,
      `--row=${name}`,
      `--kind=${kind}`,
    ],
  }).output();
  const figure = Number(new TextDecoder().decode(stdout).trim() || NaN);
  return Number.isNaN(figure) ? undefined : figure;
}

function median(figures: number[]): number | undefined {
  return figures.sort((a, b) => a - b)[Math.floor(figures.length / 2)];
}

function show({ name, unit, goal, ours, native }: Result): void {
  const figure = (value: number | undefined) =>
    value === undefined ? "–" : value.toFixed(value < 10 ? 2 : 0);
  const ratio = ours === undefined || !native
    ? "–"
    : (ours / native).toFixed(2);
  console.log(
    [
      name.padEnd(45),
      figure(ours).padStart(8),
      figure(native).padStart(8),
      unit.padEnd(6),
      ratio.padStart(6),
      ` ${goal}`,
    ].join(" "),
  );
}

function argument(name: string): string | undefined {
  const prefix = `--${name}=`;
  return Deno.args.find((arg) => arg.startsWith(prefix))?.slice(prefix.length);
}

async function end(): Promise<never> {
  peer.kill();
  await Deno.remove(folder, { recursive: true });
  Deno.exit(0);
}

const only = rows.find((row) => row.name === argument("row"));
if (only !== undefined) {
  console.log(await only.measure(argument("kind") as Kind));
  await end();
}

const words = Deno.args.filter((arg) => !arg.startsWith("--"));
const rounds = Number(argument("rounds") ?? 5);
console.log(
  `${"".padEnd(45)} ${"ours".padStart(8)} ${
    "native".padStart(8)
  }        ratio  goal`,
);
const results: Result[] = [];
for (const row of rows) {
  if (words.length > 0 && !words.some((word) => row.name.includes(word))) {
    continue;
  }
  const result = await run(row, rounds);
  show(result);
  results.push(result);
}
const output = new URL("./results/", import.meta.url);
await Deno.mkdir(output, { recursive: true });
await Deno.writeTextFile(
  new URL("latest.json", output),
  JSON.stringify({ deno: Deno.version, rounds, results }, null, 2),
);
await end();
